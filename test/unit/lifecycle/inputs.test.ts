import { asFound, sameInputs, withDropped } from "../../../provider/lifecycle/inputs";

it("compares values, not the order of keys", () => {
  expect(sameInputs({ a: { x: 1, y: [1] } }, { a: { y: [1], x: 1 } }, ["a"])).toBe(true);
  expect(sameInputs({ a: { x: 1 } }, { a: { x: 1, y: 2 } }, ["a"])).toBe(false);
});

it("puts what was found into the inputs, in the input's own type", () => {
  const inputs = { memoryMiB: 64, autostart: true, title: "a", disks: { root: { cache: "none" } } };
  expect(
    asFound(inputs, {
      changes: [
        { path: "memoryMiB", from: "128", to: "64", requiresRestart: false },
        { path: "autostart", from: "false", to: "true", requiresRestart: false },
        { path: "title", from: undefined, to: "a", requiresRestart: false },
        { path: "disks.root.cache", from: "writeback", to: "none", requiresRestart: false },
      ],
      gone: ["title"],
    }),
  ).toEqual({ memoryMiB: 128, autostart: false, disks: { root: { cache: "writeback" } } });
});

it("takes the size of a disk, which is written in whole sectors", () => {
  const changes = [{ path: "sizeGiB", from: "0.02", to: "0.010000228881835938", requiresRestart: false }];
  expect(asFound({ sizeGiB: 0.01 }, { changes, gone: [] })).toEqual({ sizeGiB: 0.02 });
});

it("takes nothing of what only follows from the input: what a card is plugged into is no name of a bridge", () => {
  const inputs = { nics: { lan: { bridge: "br0" } }, disks: { root: { path: "/a.img" } }, video: { vramMiB: 16 } };
  const changes = [
    { path: "nics.lan.bridge", from: "network", to: "bridge", requiresRestart: false },
    { path: "disks.root.path", from: "block", to: "file", requiresRestart: false },
    { path: "video.vramMiB", from: "8192", to: "16384", requiresRestart: false },
  ];
  expect(asFound(inputs, { changes, gone: [] })).toEqual(inputs);
});

it("takes no sentence for a value: a network that runs otherwise than defined is not stopped (8.21)", () => {
  const from = "not as defined (ipv4.dhcp.reservations.a)";
  const changes = [{ path: "running", from, to: "true", requiresRestart: false }];
  expect(asFound({ running: true }, { changes, gone: [] })).toEqual({ running: true });
});

it("keeps what a definition or a running guest still has, so that the program can take it away (8.11)", () => {
  const inputs = { disks: { cd: { path: "/iso" } } };
  const change = { path: "disks.cd.path", from: undefined, to: "/iso", requiresRestart: false };
  expect(asFound(inputs, { changes: [change], gone: [] })).toEqual(inputs);
  expect(asFound(inputs, { changes: [change], gone: ["disks.cd.path"] })).toEqual({ disks: { cd: {} } });
});

it("keeps what an update that failed has dropped, so that the next one can take it away (8.4)", () => {
  const before = { title: "a", disks: { root: { cache: "none" }, data: {} }, hosts: { "10.0.0.9": ["old", "both"] } };
  const wanted = { disks: { root: { io: "native" } }, hosts: { "10.0.0.9": ["new", "both"] } };
  expect(withDropped(wanted, before)).toEqual({
    title: "a",
    disks: { root: { cache: "none", io: "native" }, data: {} },
    hosts: { "10.0.0.9": ["new", "both", "old"] },
  });
});
