import { assume } from "../../../provider/lifecycle/assumed";
import { worstOf, worstOfAdoption } from "../../../provider/lifecycle/worst";
import { guest } from "../../../schema/guest";
import { network } from "../../../schema/network";
import { unknown } from "../../../schema/unknown";

const host = { uri: "qemu:///system", id: "qemu:///system#host=1&owner=2" };
const root = { host, pool: "p", name: "root.qcow2", path: "/p/root.qcow2", format: "qcow2" };
const recorded = {
  host,
  vcpus: 1,
  memoryMiB: 64,
  title: "old",
  disks: { root: { disk: { ...root, id: "p/root.qcow2" }, target: "vda" } },
  nics: { lan: { network: { name: "lan" }, mac: "52:54:00:00:00:01" } },
};

describe("what is known is compared although something else is not (8.27)", () => {
  it.each<[string, object, string[], object]>([
    [
      "the id of a new disk changes nothing",
      { disks: { ...recorded.disks, data: { disk: { ...root, id: unknown } } } },
      [],
      {},
    ],
    [
      "what a disk is called by, where its file is known: its pool is being replaced",
      {
        disks: {
          root: { disk: { ...root, host: unknown, pool: unknown, format: unknown, id: unknown }, target: "vda" },
        },
      },
      [],
      { disks: recorded.disks },
    ],
    ["a number", { memoryMiB: unknown }, ["memoryMiB"], { memoryMiB: 64 }],
    ["a text that was not there", { description: unknown }, ["description"], { description: undefined }],
    ["a whole map", { nics: unknown }, ["nics"], { nics: recorded.nics }],
    ["a whole device", { nics: { ...recorded.nics, two: unknown } }, ["nics.two"], { nics: recorded.nics }],
    [
      "a field of a device that is there",
      { disks: { root: { disk: { ...root, path: unknown }, target: "vda", cache: "none" } } },
      ["disks.root.disk"],
      { disks: { root: { ...recorded.disks.root, cache: "none" } } },
    ],
    [
      "a field of a new device",
      { nics: { ...recorded.nics, two: { network: { name: unknown }, model: "e1000" } } },
      ["nics.two"],
      { nics: recorded.nics },
    ],
    ["a host that is to be made", { host: { uri: "qemu:///system", id: unknown } }, ["host"], { host }],
  ])("%s", (_what, more, unknowns, expected) => {
    const assumed = assume(guest, { ...recorded, ...more }, recorded);
    expect(assumed.unknowns).toEqual(unknowns);
    expect(assumed.inputs).toMatchObject(
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    );
    expect(JSON.stringify(assumed.inputs)).not.toContain(unknown);
  });

  it("a host that is to be recorded is known by its address, also inside of references", () => {
    const made = { uri: "qemu:///system", id: unknown };
    const { inputs, unknowns } = assume(
      guest,
      { host: made, vcpus: 1, memoryMiB: 64, disks: { root: { disk: { ...root, host: made, id: unknown } } } },
      undefined,
    );
    expect(unknowns).toEqual([]);
    expect(inputs).toMatchObject({
      host: { uri: "qemu:///system" },
      disks: { root: { disk: { name: "root.qcow2" } } },
    });
    expect(JSON.stringify(inputs)).not.toContain(unknown);
  });

  it("lists and maps that hold something unknown are kept apart from what is beside them", () => {
    const addresses = { gateway: "10.0.0.1/24", dhcp: { from: "10.0.0.100", to: "10.0.0.200" } };
    const before = { host, mode: "nat" as const, ipv4: addresses, dns: { forwarders: ["192.0.2.1"] } };
    const news = {
      ...before,
      dns: { forwarders: [unknown] },
      ipv4: { ...addresses, dhcp: { ...addresses.dhcp, to: unknown } },
    };
    const { inputs, unknowns } = assume(network, news, before);
    expect([...unknowns].sort()).toEqual(["dns.forwarders", "ipv4.dhcp.to"]);
    expect(inputs).toEqual(before);
  });
});

describe("the worst, where no host was asked (8.15, 8.29)", () => {
  const worst = (more: object, unknowns: string[] = []): object =>
    Object.fromEntries(
      worstOf({ schema: guest, recreatable: true }, recorded, { ...recorded, ...more }, unknowns, {
        recorded,
        wanted: { ...recorded, ...more },
        drifted: new Set(),
        isSecret: () => false,
      }).map(({ path, class: is, atMost }) => [path, atMost === true ? `at most ${is}` : is]),
    );

  it.each<[string, object, object]>([
    ["nothing changes", {}, {}],
    ["a field, without a restart", { vcpus: 2 }, { vcpus: "at most nextStart" }],
    [
      "a field, with one",
      { vcpus: 2, restart: "ifNeeded" },
      { vcpus: "at most powerCycle", restart: "at most powerCycle" },
    ],
    ["what has no effect on the host", { shutdownTimeoutSeconds: 3 }, {}],
    [
      "autostart",
      { autostart: true, restart: "ifNeeded" },
      { autostart: "at most live", restart: "at most powerCycle" },
    ],
    ["stopping", { running: false }, { running: "at most stop" }],
    ["a device more", { nics: { ...recorded.nics, two: { user: true } } }, { "nics.two": "at most nextStart" }],
    ["another address of the host", { host: { ...host, uri: "qemu+ssh://a/system" } }, {}],
    ["another host", { host: { uri: "qemu+ssh://a/system", id: "x#host=9&owner=2" } }, { host: "at most replace" }],
  ])("%s", (_what, more, expected) => expect(worst(more)).toEqual(expected));

  it("what is not known", () => {
    expect(worst({}, ["title"])).toEqual({ title: "at most nextStart" });
    expect(worst({ vcpus: 2 }, ["restart"])).toEqual({ vcpus: "at most powerCycle", restart: "at most powerCycle" });
    expect(worst({}, ["host"])).toEqual({ host: "at most replace" });
  });

  it("of an adoption (8.28)", () => {
    expect(worstOfAdoption(guest, { restart: "ifNeeded" })).toMatchObject({ class: "powerCycle", atMost: true });
    expect(worstOfAdoption(guest, {})).toMatchObject({ class: "nextStart", atMost: true });
    expect(worstOfAdoption(network, {})).toMatchObject({ class: "interrupts", atMost: true });
  });
});
