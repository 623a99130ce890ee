/** The rules of each kind of device that need no host. */

import type { NodeDevice } from "../../../../provider/libvirt/node-device";
import type { ConnectedHost } from "../../../../provider/resources/resource";
import type { There } from "../../../../provider/resources/passthrough-device/kind";
import { kindOf, kindOfAddress, kindOfClaim } from "../../../../provider/resources/passthrough-device/kinds";
import { problems } from "../../../../provider/resources/passthrough-device/problems";
import { serialsIn } from "../../../../provider/resources/passthrough-device/usb-serials";
import type { PassthroughDeviceInputs } from "../../../../schema/passthrough-device";
import { devicesOf } from "../../../support/machines";

type Stated = Omit<PassthroughDeviceInputs, "host">;

const host = { uri: "qemu:///system" };
const mdev = { type: "nvidia-230", parent: "82:00.0" };

it.each<readonly [Stated, RegExp]>([
  [{}, /^pci: say which device it is: by pci, usb or mdev\.$/],
  [
    { pci: { address: "01:00.0" }, usb: { bus: 1, port: "1" } },
    /^usb: a resource claims one device: say one of pci, usb/,
  ],
  [{ pci: {} }, /^pci: say which/],
  [{ usb: {} }, /^usb: say which device it is: by vendor and product, or by bus and port/],
  [{ usb: { vendor: "046d" } }, /^usb: vendor and product go together/],
  [{ usb: { port: "1" } }, /^usb: bus and port go together/],
  [{ usb: { bus: 1, port: "1", serial: "1" } }, /^usb\.serial: goes with vendor and product/],
  [{ usb: { bus: 1, port: "1" }, wholeGroup: true }, /^wholeGroup: only PCI/],
  [{ mdev, wholeGroup: true }, /^wholeGroup: only PCI/],
  [{ mdev, force: true }, /^force: a mediated device takes nothing/],
])("%j is refused", (stated, says) => {
  expect(problems({ host, ...stated })).toEqual([expect.stringMatching(says)]);
});

it.each<Stated>([
  { usb: { vendor: "046d", product: "c52b", serial: "1" }, force: true },
  { usb: { bus: 1, port: "1.2" } },
  { mdev: { ...mdev, persistent: true } },
])("%j is taken", (stated) => {
  expect(problems({ host, ...stated })).toEqual([]);
});

it("claims and addresses tell their kind", () => {
  expect(["pci/0000:01:00.0", "usb/1-1.2", "mdev/1", "/srv/a"].map((path) => kindOfClaim({ path })?.kind)).toEqual([
    "pci",
    "usb",
    "mdev",
    undefined,
  ]);
  const addresses = ["0000:01:00.0", "046d:c52b", "6ac6ab91-4ec5-46d3-9ec4-7b43bd6d1e2c"];
  expect(addresses.map((address) => kindOfAddress(address).kind)).toEqual(["pci", "usb", "mdev"]);
});

const there = (uuid: string, path: string, devices: readonly NodeDevice[], more: Partial<There> = {}): There => ({
  claim: { uuid, owner: "o", state: "finished", path },
  claimed: path.slice(path.indexOf("/") + 1),
  devices,
  sought: { host },
  beside: {},
  ...more,
});

it("a USB device that was plugged in again has another address, and one that was pulled out keeps it", () => {
  const inputs: PassthroughDeviceInputs = { host, usb: { vendor: "046d", product: "c52b" } };
  const devices = devicesOf("desktop-usb");
  const { claim } = there("u", "usb/1-7", devices);
  const seen = there("u", "usb/1-7", devices, { claim: { ...claim, stamp: "046d:c52b@001:011" } });
  const kind = kindOf(inputs);
  expect(kind.desired(inputs, seen)).toEqual({ usb: "046d:c52b@001:012 in 1-7" });
  expect(kind.settings(inputs, seen)).toEqual({ usb: "046d:c52b@001:011 in 1-7" });
  expect(kind.facts(inputs, seen)).toEqual({ address: "046d:c52b@001:012", description: "Logitech, Inc. (046d:c52b)" });
  const pulled = { ...seen, devices: [] };
  expect(kind.desired(inputs, pulled)).toEqual({});
  expect(kind.facts(inputs, pulled)).toEqual({ address: "046d:c52b@001:011", description: "not there" });
});

it("a device is one and the same in whichever words it is asked for", async () => {
  const on = { virsh: {} } as ConnectedHost;
  const place = async (stated: Stated, machine: string): Promise<string | undefined> => {
    const inputs = { host, ...stated };
    return (await kindOf(inputs).sought?.(on, inputs, devicesOf(machine)))?.place;
  };
  const named = (address: string, machine: string): string | undefined => {
    const found = kindOfAddress(address).named(address, devicesOf(machine));
    return "none" in found ? undefined : found.wanted.place;
  };
  const usb = await place({ usb: { vendor: "046d", product: "c52b" } }, "desktop-usb");
  expect([await place({ usb: { bus: 1, port: "7" } }, "desktop-usb"), named("046d:c52b", "desktop-usb")]).toEqual([
    usb,
    usb,
  ]);
  expect([usb, named("@001:012", "desktop-usb")]).toEqual(["1-7", "1-7"]);
  const card = devicesOf("server-i350").find((each) => each.kind === "net" && each.parent !== undefined);
  const pci = devicesOf("server-i350")
    .filter((each) => each.kind === "pci")
    .find(({ name }) => name === card?.parent);
  if (card?.kind !== "net" || pci === undefined) throw new Error("no card");
  const address = pci.address;
  expect([await place({ pci: { address } }, "server-i350"), named(address, "server-i350")]).toEqual([address, address]);
  // Another card may have the name while a guest has this one.
  expect(await place({ pci: { interface: card.interface } }, "server-i350")).toBeUndefined();
  // Each claim makes one of its own.
  expect(await place({ mdev }, "server-vgpu")).toBeUndefined();
});

it("two USB devices of one sort that were plugged in crosswise are told apart by their serial numbers", () => {
  const devices = devicesOf("desktop-usb");
  const beside = { serials: serialsIn("4-1 A  B\n4-2 000000000001\n") };
  const claimedBy = (serial: string, path: string, stamp: string): [PassthroughDeviceInputs, There] => {
    const { claim, ...seen } = there("u", path, devices, { beside });
    return [
      { host, usb: { vendor: "11b0", product: "a012", serial } },
      { ...seen, claim: { ...claim, stamp } },
    ];
  };
  // Their numbers on the bus happen to be the same again: as after a start of the host.
  const [inputs, seen] = claimedBy("A  B", "usb/4-2", "11b0:a012/A%20%20B@004:003");
  const kind = kindOf(inputs);
  expect(kind.settings(inputs, seen)).toEqual({
    usb: '11b0:a012@004:003 with the serial number "A  B" in 4-2',
  });
  expect(kind.desired(inputs, seen)).toEqual({
    usb: expect.stringMatching(/^11b0:a012@004:\d{3} with the serial number "A {2}B" in 4-1$/) as string,
  });
  expect(kind.facts(inputs, seen)).toMatchObject({ address: expect.stringMatching(/^11b0:a012@004:\d{3}$/) as string });
  expect(kind.facts(inputs, { ...seen, devices: [] })).toMatchObject({ address: "11b0:a012@004:003" });
  // A program that goes by the place keeps no serial number.
  const byPlace: PassthroughDeviceInputs = { host, usb: { bus: 4, port: "1" } };
  expect(kind.desired(byPlace, seen)).toEqual({ usb: expect.stringMatching(/^11b0:a012@004:\d{3} in 4-1$/) as string });
});

describe("a mediated device", () => {
  const devices = devicesOf("server-vgpu");
  const [active, defined] = ["6ac6ab91-4ec5-46d3-9ec4-7b43bd6d1e2c", "0f3c8f4e-8c0d-4ae4-a0a3-2d3e1c5b6a77"];
  const inputs: PassthroughDeviceInputs = { host, mdev };
  const kind = kindOf(inputs);

  it("is as it was made, however its parent is spelled", () => {
    const seen = there(active, `mdev/${active}`, devices);
    expect(kind.settings(inputs, seen)).toEqual({ mdev: "nvidia-230 of 0000:82:00.0" });
    for (const parent of ["82:00.0", "0000:82:00.0", "pci_0000_82_00_0"]) {
      expect(kind.desired({ host, mdev: { ...mdev, parent } }, seen)).toEqual({ mdev: "nvidia-230 of 0000:82:00.0" });
    }
    expect(kind.facts(inputs, seen)).toMatchObject({ address: active, iommuGroup: 140 });
    const lasting = { ...seen, beside: { definition: { isPersistent: true, isStarted: true } } };
    expect(kind.settings(inputs, lasting)).toEqual({ mdev: "nvidia-230 of 0000:82:00.0, persistent" });
    expect(kind.desired({ host, mdev: { ...mdev, persistent: true } }, seen)).toEqual(kind.settings(inputs, lasting));
  });

  it("is not there where it is only defined, or its host has started", () => {
    expect(kind.settings(inputs, there(defined, `mdev/${defined}`, devices))).toEqual({ mdev: "not there" });
    expect(kind.settings(inputs, there("x", "mdev/x", devices))).toEqual({ mdev: "not there" });
    // Nothing can be made of a parent that is not there.
    expect(kind.desired(inputs, there("x", "mdev/x", []))).toEqual({});
  });
});
