import { z } from "zod";
import { guest } from "../../../schema/guest";
import { network } from "../../../schema/network";
import { keyOrder } from "../../../schema/order";
import { unknown } from "../../../schema/unknown";

describe("the order of a map's keys (8.12)", () => {
  it("is what the program wrote, for every map of a guest", () => {
    const written = {
      disks: { root: { path: "/a" }, data: {} },
      nics: { wan: { user: true }, lan: {} },
      channels: { z: {}, a: {} },
      memoryDevices: { second: {}, first: {} },
      metadata: { team: "b", cost: "a" },
      xml: { late: {}, early: {} },
      cpu: { mode: "custom", features: { "vmx-exit": "require", aes: "require" } },
    };
    expect(keyOrder(guest, written)).toEqual({
      disks: ["root", "data"],
      nics: ["wan", "lan"],
      channels: ["z", "a"],
      memoryDevices: ["second", "first"],
      metadata: ["team", "cost"],
      xml: ["late", "early"],
      "cpu.features": ["vmx-exit", "aes"],
    });
  });

  it("also of a map deep inside", () => {
    const dhcp = { reservations: { web: {}, db: {} } };
    expect(keyOrder(network, { ipv4: { dhcp } })).toEqual({ "ipv4.dhcp.reservations": ["web", "db"] });
  });

  it("also of a map within a map", () => {
    const nested = z.strictObject({
      outer: z.record(z.string(), z.strictObject({ inner: z.record(z.string(), z.string()) })),
    });
    expect(keyOrder(nested, { outer: { b: { inner: { y: "1", x: "2" } }, a: {} } })).toEqual({
      outer: ["b", "a"],
      "outer.b.inner": ["y", "x"],
    });
  });

  it("says nothing of what is not there, not known, or not a map", () => {
    expect(keyOrder(guest, { disks: undefined, nics: unknown, channels: 5, xml: null })).toEqual({});
  });
});
