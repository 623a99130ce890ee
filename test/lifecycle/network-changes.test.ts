/** Networks that change under running guests: what is said before, what happens then, and that the guests run on. */

import { writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { cutAfter } from "../support/cut";
import { installGuestImage, type PrivateHost, startPrivateHost } from "../support/private-host";
import { until } from "../support/until";
import { WatchedGuest } from "../support/watched-guest";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
const guests = ["web", "db"];
let runs: unknown[];

const ipv4 = { gateway: "10.41.0.1/24", dhcp: { from: "10.41.0.100", to: "10.41.0.200" } };
const args = (more: Values = {}): Values => ({ host: stack.host(), mode: "nat", bridge: "br-lan", ipv4, ...more });
let current: Values;

beforeAll(async () => {
  host = startPrivateHost();
  installGuestImage(host.data);
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  current = args();
  await stack.up("network", "lan", current);
  for (const name of guests) await stack.up("guest", name, guestArgs(name));
  await until(() => guests.every((name) => new WatchedGuest(host, name).address?.startsWith("10.41.0.")));
  runs = guests.map((name) => new WatchedGuest(host, name).run);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

function guestArgs(name: string): Values {
  return {
    host: stack.host(),
    vcpus: 1,
    memoryMiB: 160,
    boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
    console: { logFile: new WatchedGuest(host, name).log },
    nics: { lan: { network: stack.network("lan") } },
  };
}

const macOf = (name: string): string =>
  ((stack.get(name).outputs.nics as Record<string, { mac: string }>).lan as { mac: string }).mac;

const live = (): string => host.virsh("net-dumpxml", "lan");
const defined = (): string => host.virsh("net-dumpxml", "--inactive", "lan");

/** The guests run on as if nothing had been, and can be reached. */
async function linked(): Promise<void> {
  const bridge = /<bridge name='([^']+)'/.exec(live())?.[1] ?? "";
  for (const name of guests) await until(() => new WatchedGuest(host, name).answersOn(bridge));
  expect(guests.map((name) => new WatchedGuest(host, name).run)).toEqual(runs);
}

/** Law 9, with the guests: an `up` has nothing to do, `check` sees no drift, and `read` finds what was recorded. */
async function settled(): Promise<void> {
  await nextRun();
  expect(await stack.up("network", "lan", current)).toBe("same");
  const { drift, impact, ...recorded } = stack.get("lan").inputs;
  expect([drift, impact]).toEqual([undefined, undefined]);
  expect(await stack.refresh("lan")).toMatchObject(recorded);
  for (const name of guests) expect(await stack.up("guest", name, guestArgs(name))).toBe("same");
}

const said = async (next: Values): Promise<Values> => (await stack.check("network", "lan", next)).impact as Values;

describe("What net-update does", () => {
  const reservation = (name: string, ip: string, more: Values = {}): Values => ({ mac: macOf(name), ip, ...more });
  const dhcp = (more: Values): Values => ({ ...ipv4, dhcp: { ...ipv4.dhcp, ...more } });

  it.each<[string, () => Values, Values, RegExp, RegExp | undefined]>([
    [
      "a reservation is added",
      () => ({ ipv4: dhcp({ reservations: { web: reservation("web", "10.41.0.10", { hostname: "web" }) } }) }),
      { "ipv4.dhcp.reservations.web": "live: absent → { mac: MAC, ip: 10.41.0.10, hostname: web }" },
      /name='web' ip='10.41.0.10'/,
      undefined,
    ],
    [
      "it gets another address, and a second one takes the first one's",
      () => ({
        ipv4: dhcp({
          reservations: {
            web: reservation("web", "10.41.0.11", { hostname: "web" }),
            db: reservation("db", "10.41.0.10"),
          },
        }),
      }),
      {
        "ipv4.dhcp.reservations.web.ip": "live: 10.41.0.10 → 10.41.0.11",
        "ipv4.dhcp.reservations.db": "live: absent → { mac: MAC, ip: 10.41.0.10 }",
      },
      /name='web' ip='10.41.0.11'[^]*ip='10.41.0.10'/,
      /name='web' ip='10.41.0.10'/,
    ],
    [
      "it loses its name, the other one goes",
      () => ({ ipv4: dhcp({ reservations: { web: reservation("web", "10.41.0.11") } }) }),
      {
        "ipv4.dhcp.reservations.web.hostname": "live: web → absent",
        "ipv4.dhcp.reservations.db": "live: { mac: MAC, ip: 10.41.0.10 } → absent",
      },
      /ip='10.41.0.11'/,
      /name='web'|10.41.0.10'/,
    ],
    [
      "the range grows at its end",
      () => ({ ipv4: dhcp({ to: "10.41.0.220" }) }),
      {
        "ipv4.dhcp.to": "live: 10.41.0.200 → 10.41.0.220",
        "ipv4.dhcp.reservations.web": expect.stringMatching(/^live: { mac.* } → absent$/) as string,
      },
      /start='10.41.0.100' end='10.41.0.220'/,
      /<host|10.41.0.200/,
    ],
    [
      "the range begins elsewhere",
      () => ({ ipv4: dhcp({ from: "10.41.0.90" }) }),
      { "ipv4.dhcp.from": "live: 10.41.0.100 → 10.41.0.90", "ipv4.dhcp.to": "live: 10.41.0.220 → 10.41.0.200" },
      /start='10.41.0.90' end='10.41.0.200'/,
      /10.41.0.100/,
    ],
    ["no addresses are given any more", () => ({ ipv4: { gateway: ipv4.gateway } }), {}, /<ip /, /<dhcp>/],
    [
      "they are again, and names are told",
      () => ({ dns: { hosts: { "10.41.0.9": ["nine.example", "neun.example"] } } }),
      {
        "ipv4.dhcp": expect.stringMatching(/^live: absent/) as string,
        "dns.hosts": "live: absent → { 10.41.0.9: nine.example, neun.example }",
      },
      /neun.example/,
      undefined,
    ],
    [
      "names change",
      () => ({ dns: { hosts: { "10.41.0.9": ["nine.example"], "10.41.0.8": ["eight.example"] } } }),
      {},
      /eight.example/,
      /neun/,
    ],
    ["names go", () => ({}), {}, /<dhcp>/, /<dns>/],
  ])("%s", async (_what, more, impacts, shows, hides) => {
    const next = args(more());
    const impact = await said(next);
    const withoutMacs = Object.fromEntries(
      Object.entries(impact).map(([path, words]) => [path, String(words).replace(/(..:){5}../, "MAC")]),
    );
    expect(withoutMacs).toMatchObject(impacts);
    for (const words of Object.values(impact)) expect(words).toMatch(/^live: /);
    const started = host.enter("stat", "-c", "%Y", "/sys/class/net/br-lan");
    expect(await stack.up("network", "lan", next)).toBe("updated");
    current = next;
    expect(host.enter("stat", "-c", "%Y", "/sys/class/net/br-lan")).toBe(started);
    for (const xml of [live(), defined()]) {
      expect(xml).toMatch(shows);
      if (hides !== undefined) expect(xml).not.toMatch(hides);
    }
    await linked();
    await settled();
  });

  it("leaves what others gave the running network, and mends what they took", async () => {
    current = args({ dns: { hosts: { "10.41.0.9": ["nine.example"] } } });
    await stack.up("network", "lan", current);
    host.virsh("net-update", "lan", "add", "ip-dhcp-host", "<host mac='52:54:00:77:77:77' ip='10.41.0.77'/>", "--live");
    host.virsh("net-update", "lan", "delete", "dns-host", "<host ip='10.41.0.9'/>", "--live");
    await nextRun();
    expect(await stack.check("network", "lan", current)).toMatchObject({
      drift: { running: "not as defined (dns.hosts) on the host, true wanted" },
      impact: { running: "live: not as defined (dns.hosts) → true" },
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    expect(live()).toMatch(/10.41.0.77[^]*|nine.example/);
    expect(live()).toContain("10.41.0.77");
    expect(live()).toContain("nine.example");
    expect(defined()).not.toContain("10.41.0.77");
    await linked();
    await settled();
  });
});

describe("After a refresh", () => {
  const reserved = (db: string): Values => ({
    ipv4: {
      ...ipv4,
      dhcp: {
        ...ipv4.dhcp,
        reservations: { web: { mac: macOf("web"), ip: "10.41.0.10" }, db: { mac: macOf("db"), ip: db } },
      },
    },
  });
  async function refreshed(): Promise<Values> {
    await nextRun();
    const inputs = (await stack.refresh("lan")) as Values;
    stack.kept.set("lan", { ...stack.get("lan"), inputs, outputs: inputs });
    await nextRun();
    return inputs;
  }
  const byHand = (where: string, command: string, xml: string): unknown =>
    host.virsh("net-update", "lan", command, "ip-dhcp-host", xml, where);

  it("what runs with one entry less has not been stopped (8.21)", async () => {
    current = args(reserved("10.41.0.11"));
    await stack.up("network", "lan", current);
    byHand("--live", "delete", `<host mac='${macOf("web")}'/>`);
    byHand("--config", "modify", `<host mac='${macOf("db")}' ip='10.41.0.22'/>`);
    expect(await refreshed()).toMatchObject({ running: true, ...reserved("10.41.0.22") });
    expect((await stack.check("network", "lan", current)).drift).toEqual({
      running: "not as defined (ipv4.dhcp.reservations.web) on the host, true wanted",
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await settled();
  });

  it("what runs as the program wants it has no drift of its own (8.21)", async () => {
    byHand("--config", "modify", `<host mac='${macOf("db")}' ip='10.41.0.22'/>`);
    await refreshed();
    const { drift, impact } = await stack.check("network", "lan", current);
    expect(drift).toBeUndefined();
    expect(impact).toEqual({ "ipv4.dhcp.reservations.db.ip": "live: 10.41.0.22 → 10.41.0.11" });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await settled();
  });
});

describe("What needs another start", () => {
  const note = "(guests lose their link: db, web)";

  it.each<[string, () => Values, Values, RegExp]>([
    [
      "domain",
      () => ({ domain: "lan.example" }),
      { domain: `interrupts: absent → lan.example ${note}` },
      /lan.example/,
    ],
    ["bridge", () => ({ bridge: "br-other" }), { bridge: `interrupts: br-lan → br-other ${note}` }, /br-other/],
    ["mode", () => ({ mode: "route" }), { mode: `interrupts: nat → route ${note}` }, /mode='route'/],
    ["mode, away", () => ({ mode: "isolated" }), { mode: `interrupts: route → isolated ${note}` }, /./],
    ["mtu", () => ({ mtu: 1400 }), { mtu: `interrupts: absent → 1400 ${note}` }, /mtu size='1400'/],
    [
      "forwarders",
      () => ({ dns: { forwarders: ["192.0.2.1"] } }),
      { dns: `interrupts: absent → { forwarders: 192.0.2.1 } ${note}` },
      /forwarder addr='192.0.2.1'/,
    ],
    [
      "gateway, with a name that could be had at once",
      () => ({
        ipv4: { gateway: "10.43.0.1/24", dhcp: { from: "10.43.0.100", to: "10.43.0.200" } },
        dns: { hosts: { "10.43.0.9": ["nine.example"] } },
      }),
      { "ipv4.gateway": "interrupts: 10.41.0.1/24 → 10.43.0.1/24 (guests lose their link: db, web)" },
      /10.43.0.1/,
    ],
  ])("%s", async (_what, more, impacts, shows) => {
    const next = args(more());
    expect(await said(next)).toMatchObject(impacts);
    expect(await stack.up("network", "lan", next)).toBe("updated");
    current = next;
    for (const xml of [live(), defined()]) expect(xml).toMatch(shows);
    await linked();
    await settled();
  });

  it("is touched by nothing where the definition is refused, and runs as before where it does not start", async () => {
    const before = [live(), defined()];
    const theirs = "<network><name>theirs</name><bridge name='br-theirs'/></network>";
    writeFileSync(`${host.data}/theirs.xml`, theirs);
    host.virsh("net-define", `${host.data}/theirs.xml`);
    await expect(stack.up("network", "lan", { ...current, bridge: "br-theirs" })).rejects.toThrow(
      /bridge: "br-theirs" is the bridge of network "theirs" already/,
    );
    expect([live(), defined()]).toEqual(before);
    host.virsh("net-undefine", "theirs");
    host.enter("ip", "link", "add", "taken", "type", "bridge");
    host.enter("ip", "address", "add", "10.99.0.1/24", "dev", "taken");
    host.enter("ip", "link", "set", "taken", "up");
    const clash = { ...current, ipv4: { gateway: "10.99.0.1/24" }, dns: undefined };
    await expect(stack.up("network", "lan", clash)).rejects.toThrow(
      /already in use by interface taken; it runs again as it did before/,
    );
    host.enter("ip", "link", "delete", "taken");
    await linked();
    await settled();
  });

  it("is not interrupted by what was changed in the definition only, by hand", async () => {
    writeFileSync(`${host.data}/lan.xml`, defined().replace("</uuid>", "</uuid><domain name='by.hand'/>"));
    current = { ...current, domain: "lan.example" };
    await stack.up("network", "lan", current);
    writeFileSync(`${host.data}/lan.xml`, defined().replace("lan.example", "by.hand"));
    host.virsh("net-define", `${host.data}/lan.xml`);
    await nextRun();
    expect(await stack.check("network", "lan", current)).toMatchObject({
      drift: { domain: "by.hand on the host, lan.example wanted" },
      impact: { domain: "live: by.hand → lan.example" },
    });
    const bridge = host.enter("cat", "/sys/class/net/br-lan/ifindex");
    expect(await stack.up("network", "lan", current)).toBe("updated");
    expect(host.enter("cat", "/sys/class/net/br-lan/ifindex")).toBe(bridge);
    expect(defined()).toContain("lan.example");
    await linked();
    await settled();
  });
});

describe("Guests that lost their link", () => {
  beforeAll(async () => {
    current = args({ domain: "lan.example" });
    await stack.up("network", "lan", current);
    await linked();
  });

  it("get it back where somebody stopped the network under them", async () => {
    host.virsh("net-destroy", "lan");
    await nextRun();
    expect(await stack.check("network", "lan", current)).toMatchObject({
      drift: { running: "false on the host, true wanted" },
      impact: { running: "start: false → true (guests get their link back: db, web)" },
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await linked();
    await settled();
  });

  it("get it back where somebody removed the network under them", async () => {
    host.virsh("net-destroy", "lan");
    host.virsh("net-undefine", "lan");
    await nextRun();
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await linked();
    await settled();
  });

  it("get it back where somebody started it again, or an `up` died at that point", async () => {
    host.virsh("net-destroy", "lan");
    host.virsh("net-start", "lan");
    await nextRun();
    expect(await stack.check("network", "lan", current)).toMatchObject({
      drift: { running: "without a link to db, web on the host, true wanted" },
      impact: { running: "live: without a link to db, web → true (guests get their link back: db, web)" },
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await linked();
    await settled();
  });

  it("get it back where connecting them was cut short half-way", async () => {
    host.virsh("net-destroy", "lan");
    host.virsh("net-start", "lan");
    const xml = /<interface[^]*<\/interface>/.exec(host.virsh("dumpxml", "web"))?.[0] ?? "";
    const bridge = xml
      .replace("type='network'", "type='bridge'")
      .replace(/<source [^>]*>/, "<source bridge='br-lan'/>");
    writeFileSync(`${host.data}/card.xml`, bridge);
    host.virsh("update-device", "web", `${host.data}/card.xml`, "--live");
    await nextRun();
    expect((await stack.check("network", "lan", current)).drift).toEqual({
      running: "without a link to db, web on the host, true wanted",
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await linked();
    await settled();
  });

  it("get it back on a bridge that they name themselves", async () => {
    const xml = /<interface[^]*<\/interface>/.exec(host.virsh("dumpxml", "--inactive", "db"))?.[0] ?? "";
    const bridge = xml
      .replace("type='network'", "type='bridge'")
      .replace(/<source [^>]*>/, "<source bridge='br-lan'/>");
    writeFileSync(`${host.data}/card.xml`, bridge);
    host.virsh("update-device", "db", `${host.data}/card.xml`, "--live", "--config");
    await nextRun();
    current = { ...current, domain: undefined };
    expect(await said(current)).toEqual({
      domain: expect.stringContaining("(guests lose their link: db, web)") as string,
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await linked();
    expect(host.virsh("dumpxml", "db")).toContain("<source bridge='br-lan'/>");
    writeFileSync(`${host.data}/card.xml`, xml);
    host.virsh("update-device", "db", `${host.data}/card.xml`, "--live", "--config");
    await settled();
  });

  it("lose it where that is asked for, are named, and hold the network against its deletion", async () => {
    expect(await said({ ...current, running: false })).toEqual({
      running: "interrupts: true → false (guests lose their link: db, web)",
    });
    expect(await stack.up("network", "lan", { ...current, running: false })).toBe("updated");
    await nextRun();
    expect(await stack.up("network", "lan", { ...current, running: false })).toBe("same");
    await expect(stack.destroy("lan")).rejects.toThrow(/guests use it \(db, web\)/);
    expect(await said(current)).toEqual({
      running: "start: false → true (guests get their link back: db, web)",
    });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    await expect(stack.destroy("lan")).rejects.toThrow(/guests use it \(db, web\)/);
    await linked();
    await settled();
  });

  it("get it back where the change was cut short between any two of its calls", async () => {
    const document = defined()
      .replace("</uuid>", "</uuid><domain name='cut.short' localOnly='yes'/>")
      .replace('"finished"', '"unfinished"');
    writeFileSync(`${host.data}/lan.xml`, document);
    host.virsh("net-define", `${host.data}/lan.xml`);
    await nextRun();
    const next = { ...current, domain: "cut.short" };
    expect(await said(next)).toEqual({
      running: "interrupts: not as defined (domain) → true (guests lose their link: db, web)",
    });
    host.virsh("net-destroy", "lan");
    await nextRun();
    expect(await stack.up("network", "lan", next)).toBe("updated");
    expect(live()).toContain("cut.short");
    current = next;
    await linked();
    await settled();
    const added = "<host mac='52:54:00:88:88:88' ip='10.41.0.88'/></dhcp>";
    writeFileSync(`${host.data}/lan.xml`, defined().replace("</dhcp>", added).replace('"finished"', '"unfinished"'));
    host.virsh("net-define", `${host.data}/lan.xml`);
    await nextRun();
    expect(await said(current)).toEqual({ running: "live: not as defined (a change was cut short) → true" });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    expect(live()).toContain("52:54:00:88:88:88");
    await linked();
    await settled();
  });
});

describe("A change that is cut short at any of its calls", () => {
  it.each<[string, (round: number) => Values, number]>([
    ["one that interrupts", (round) => ({ domain: `round${round}.example` }), 6],
    ["one that does not", (round) => ({ dns: { hosts: { "10.41.0.9": [`round${round}.example`] } } }), 4],
  ])(
    "%s",
    async (what, more, calls) => {
      current = args();
      await stack.up("network", "lan", current);
      let round = 0;
      for (let wasCut = true; wasCut; round += 1) {
        const next = args(more(round));
        wasCut = await cutAfter(host.uri, round, () => stack.up("network", "lan", next));
        if (wasCut) {
          await nextRun();
          const preview = await stack.check("network", "lan", next);
          if (what === "one that does not") expect(JSON.stringify(preview.impact ?? {})).not.toContain("interrupts");
          await stack.up("network", "lan", next);
        }
        current = next;
        for (const xml of [live(), defined()]) {
          expect(xml).toContain(`round${round}.example`);
          expect(xml).not.toContain(`round${round - 1}.example`);
        }
        await linked();
        expect(await stack.up("network", "lan", current)).toBe("same");
      }
      expect(round).toBeGreaterThan(calls);
      await settled();
    },
    400_000,
  );
});

describe("A change that was cut short before what runs had it, and is taken back, interrupts nobody (8.34)", () => {
  beforeAll(async () => {
    // Without what others gave it above: of what differs after a change that was cut short nobody knows whose it is.
    for (const command of ["net-destroy", "net-undefine"]) host.virsh(command, "lan");
    await nextRun();
    current = args();
    await stack.up("network", "lan", current);
    await linked();
  });

  it.each<[string, Values, Values]>([
    ["a domain", {}, { domain: "never.ran" }],
    ["another domain", { domain: "it.runs" }, { domain: "never.ran" }],
    ["a domain less", { domain: "it.runs" }, {}],
    ["another gateway", {}, { ipv4: { gateway: "10.43.0.1/24" } }],
    ["another mode and more DNS", {}, { mode: "isolated", dns: { enabled: false } }],
    ["an entry besides", {}, { mtu: 1400, dns: { hosts: { "10.41.0.9": ["never.ran"] } } }],
  ])("%s", async (_what, before, after) => {
    current = args(before);
    await stack.up("network", "lan", current);
    const bridge = host.enter("cat", "/sys/class/net/br-lan/ifindex");
    const ran = live();
    expect(await cutAfter(host.uri, 1, () => stack.up("network", "lan", args(after)))).toBe(true);
    expect(defined()).toContain("unfinished");
    await nextRun();
    expect(JSON.stringify((await said(current)) ?? {})).not.toMatch(/interrupts|running/);
    expect(await stack.up("network", "lan", current)).toBe("updated");
    expect(host.enter("cat", "/sys/class/net/br-lan/ifindex")).toBe(bridge);
    expect(live()).toBe(ran);
    await linked();
    await settled();
  });

  it("a third change brings what it says, and nothing of the second", async () => {
    current = args({ domain: "it.runs" });
    await stack.up("network", "lan", current);
    expect(await cutAfter(host.uri, 1, () => stack.up("network", "lan", args({ domain: "never.ran" })))).toBe(true);
    await nextRun();
    current = args();
    expect(await said(current)).toMatchObject({ domain: expect.stringMatching(/^interrupts: /) as string });
    expect(await stack.up("network", "lan", current)).toBe("updated");
    for (const xml of [live(), defined()]) expect(xml).not.toMatch(/it\.runs|never\.ran/);
    await linked();
    await settled();
  });
});
