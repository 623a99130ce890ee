/** What a claim keeps of its companions, and what a shell tells of the host's own needs. */

import type { PciDevice } from "../../../../provider/libvirt/node-device";
import { driversIn, textOfDrivers } from "../../../../provider/resources/passthrough-device/group";
import { hostNeedsIn } from "../../../../provider/resources/passthrough-device/host-needs";

const device = (address: string, driver?: string): PciDevice => ({
  kind: "pci",
  name: "",
  address,
  vendor: { id: "8086" },
  product: { id: "100e" },
  ...(driver === undefined ? {} : { driver }),
  isBridge: false,
  mdevTypes: [],
});

it("drivers are kept in one word, and read back", () => {
  const text = textOfDrivers(new Map(), [device("0000:05:01.0", "e1000"), device("0000:05:02.0")]);
  expect(text).toBe("0000:05:01.0=e1000,0000:05:02.0=");
  expect([...driversIn(text)]).toEqual([
    ["0000:05:01.0", "e1000"],
    ["0000:05:02.0", ""],
  ]);
  expect([driversIn(undefined).size, textOfDrivers(new Map(), [])]).toEqual([0, undefined]);
});

it("the driver that was known before rules: by now we have it", () => {
  const earlier = new Map([["0000:05:01.0", "e1000"]]);
  expect(textOfDrivers(earlier, [device("0000:05:01.0", "vfio-pci")])).toBe("0000:05:01.0=e1000");
});

it("needs are rows of an address and a reason", () => {
  const said = "0000:00:02.0 the host's own / is on it (vda)\n0000:00:02.0 the host's own / is on it (vda)\n\n";
  expect(hostNeedsIn(said)).toEqual([{ address: "0000:00:02.0", why: "the host's own / is on it (vda)" }]);
});
