/**
 * What an update has brought is known afterwards, though it failed, or nobody recorded it: a program that is taken back,
 * goes on, or says a third thing, finds it and takes it away; and never what other people have.
 */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { cutAfter } from "../support/cut";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  for (const name of ["root", "more", "third", "theirs"]) run("truncate", "-s", "1M", `${host.data}/${name}.img`);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** Our process dies after so many commands that change something, or at the end: what it did is recorded nowhere. */
async function killedAfter(commands: number, kind: Kind, name: string, args: Values): Promise<void> {
  const kept = stack.get(name);
  await cutAfter(host.uri, commands, () => stack.up(kind, name, args));
  stack.kept.set(name, kept);
  await nextRun();
}

async function settled(kind: Kind, name: string, args: Values): Promise<void> {
  await nextRun();
  const { drift, impact } = await stack.check(kind, name, args);
  expect([drift, impact]).toEqual([undefined, undefined]);
  expect(await stack.up(kind, name, args)).toBe("same");
}

const unrecorded = "brought by an update that was not recorded";

describe("a network", () => {
  const dhcp = (from: string, more: Values = {}): Values => ({ from, to: "10.41.0.200", ...more });
  const args = (from: string, reservations: Values = {}, more: Values = {}): Values => ({
    host: stack.host(),
    mode: "isolated",
    ipv4: { gateway: "10.41.0.1/24", dhcp: dhcp(from, { reservations }) },
    ...more,
  });
  const xmls = (): string[] => [host.virsh("net-dumpxml", "lan"), host.virsh("net-dumpxml", "--inactive", "lan")];
  /** All that it hands out, and nothing else. */
  const hands = (...entries: string[]): void => {
    for (const xml of xmls())
      expect([...xml.matchAll(/<(?:range|host) .*/g)].map(([each]) => each).sort()).toEqual(entries.sort());
  };
  const range = (from: string): string => `<range start='${from}' end='10.41.0.200'/>`;
  const entry = (mac: string, ip: string, name: string): string => `<host mac='${mac}' name='${name}' ip='${ip}'/>`;
  const one = { mac: "52:54:00:00:00:01", ip: "10.41.0.11", hostname: "one" };
  const two = { mac: "52:54:00:00:00:02", ip: "10.41.0.22", hostname: "two" };
  const three = { mac: "52:54:00:00:00:03", ip: "10.41.0.33", hostname: "three" };

  beforeEach(() => stack.up("network", "lan", args("10.41.0.100", { a: one })));

  describe.each([
    ["the connection was lost before it was defined", 0],
    ["the connection was lost after it was defined", 1],
  ])("where %s, and nothing could be seen any more", (_what, commands) => {
    it.each<[string, () => Values]>([
      ["the same again", () => args("10.41.0.90", { a: two })],
      ["a third thing", () => args("10.41.0.80", { a: three })],
      ["what was before", () => args("10.41.0.100", { a: one })],
    ])("and the program says %s", async (_says, next) => {
      const tried = args("10.41.0.90", { a: two });
      expect(await cutAfter(host.uri, commands, () => stack.up("network", "lan", tried), { blind: true })).toBe(true);
      await nextRun();
      await stack.up("network", "lan", next());
      const { from, reservations } = (next().ipv4 as { dhcp: { from: string; reservations: { a: typeof one } } }).dhcp;
      const { mac, ip, hostname } = reservations.a;
      hands(range(from), entry(mac, ip, hostname));
      await settled("network", "lan", next());
    });
  });

  describe.each([
    ["after it was defined", 1],
    ["after the first step of what runs", 2],
    ["before it was marked as finished", 5],
    ["before it was recorded", 99],
  ])("whose update was killed %s", (_when, commands) => {
    it.each<[string, () => Values]>([
      ["what was before", () => args("10.41.0.100", { a: one })],
      ["a third thing", () => args("10.41.0.80", { a: three })],
    ])("and the program says %s", async (_says, next) => {
      await killedAfter(commands, "network", "lan", args("10.41.0.90", { a: two, b: one }));
      expect(await stack.up("network", "lan", next())).toBe("updated");
      const { from, reservations } = (next().ipv4 as { dhcp: { from: string; reservations: { a: typeof one } } }).dhcp;
      const { mac, ip, hostname } = reservations.a;
      hands(range(from), entry(mac, ip, hostname));
      await settled("network", "lan", next());
    });
  });

  it("what such an update brought is drift in the preview, and what others have is none", async () => {
    host.virsh(
      "net-update",
      "lan",
      "add",
      "ip-dhcp-host",
      "<host mac='52:54:00:00:00:77' ip='10.41.0.77'/>",
      "--live",
      "--config",
    );
    const before = args("10.41.0.100", { a: one });
    await killedAfter(
      1,
      "network",
      "lan",
      args("10.41.0.100", { a: one, b: two }, { dns: { hosts: { "10.41.0.9": ["nine"] } } }),
    );
    expect((await stack.check("network", "lan", before)).drift).toMatchObject({
      "ipv4.dhcp.reservations.b": unrecorded,
      "dns.hosts": unrecorded,
    });
    expect(await stack.up("network", "lan", before)).toBe("updated");
    hands(range("10.41.0.100"), entry(one.mac, one.ip, "one"), "<host mac='52:54:00:00:00:77' ip='10.41.0.77'/>");
    for (const xml of xmls()) expect(xml).not.toContain("nine");
    await settled("network", "lan", before);
  });
});

describe("a guest", () => {
  const disk = (name: string): Values => ({ path: `${host.data}/${name}.img`, format: "raw" });
  const args = (more: Values = {}): Values => ({
    host: stack.host(),
    vcpus: { current: 1, max: 4 },
    memoryMiB: 64,
    disks: { root: disk("root") },
    shutdownTimeoutSeconds: 1,
    forceOff: true,
    ...more,
  });
  const added = (): Values => ({
    vcpus: { current: 2, max: 4 },
    title: "added",
    metadata: { of: "added" },
    cputune: { shares: 2000 },
    disks: { root: disk("root"), more: disk("more") },
    nics: { out: { user: true } },
    watchdog: { model: "i6300esb", action: "reset" },
    channels: { extra: { name: "org.example.added" } },
    xml: { sound: { fragment: "<devices><sound model='ich9'/></devices>" } },
  });
  /** Without the controllers that libvirt adds for devices by itself, and keeps. */
  const definition = (): string =>
    host
      .virsh("dumpxml", "--inactive", "--security-info", "web")
      .replaceAll(/<controller type='pci'[^]*?<\/controller>\s*/g, "");
  const parts = (): string => definition().replace(/<metadata>[^]*<\/metadata>/, "");
  const foreign = [/theirs\.img/, /<t:info/, /<description>theirs</];
  const none = /added|more\.img|<interface|i6300esb|ich9|<cputune>/;

  beforeAll(async () => {
    await stack.up("guest", "web", args());
    host.virsh("desc", "web", "--config", "--live", "theirs");
    host.virsh("metadata", "web", "urn:theirs", "--key", "t", "--set", "<info>theirs</info>", "--config");
    host.virsh("attach-disk", "web", `${host.data}/theirs.img`, "vdx", "--config", "--alias", "ua-theirs");
  });

  it.each([
    ["off", 1, "what was before"],
    ["off", 1, "a third thing"],
    ["running", 2, "what was before"],
    ["running", 2, "a third thing"],
    ["running", 4, "what was before"],
  ])(
    "that is %s, whose update was killed after %d commands, and the program says %s",
    async (state, commands, says) => {
      const power = { running: state === "running" };
      const before = args(power);
      await nextRun();
      await stack.up("guest", "web", before);
      await settled("guest", "web", before);
      const defined = definition();
      await killedAfter(commands, "guest", "web", args({ ...power, ...added() }));
      expect(definition()).toMatch(/more\.img/);
      const next =
        says === "what was before" ? before : args({ ...power, disks: { root: disk("root"), third: disk("third") } });
      expect((await stack.check("guest", "web", before)).drift).toEqual({
        "vcpus.current": "2 on the host, 1 wanted",
        ...Object.fromEntries(
          ["title", "metadata.of", "cputune", "disks.more", "nics.out", "watchdog", "channels.extra", "xml.sound"].map(
            (path) => [path, unrecorded],
          ),
        ),
      });
      // It has no system that would let go of a device.
      if (state === "running" && commands > 2) host.virsh("destroy", "web");
      await nextRun();
      expect(await stack.up("guest", "web", next)).toBe("updated");
      if (says === "what was before") expect(definition()).toBe(defined);
      else expect(parts()).toContain("third.img");
      expect(parts()).not.toMatch(none);
      expect(definition()).not.toContain("<pulumi-virt:entry");
      for (const theirs of foreign) expect(definition()).toMatch(theirs);
      await settled("guest", "web", next);
      // For the next row: what a running guest has no system to let go of.
      if (state === "running") host.virsh("destroy", "web");
    },
  );
});
