/** What shares a claimed device's IOMMU group: bound to vfio-pci for as long as the claim stands, then given back. */

import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import { hostShell } from "../../libvirt/shell";
import type { Virsh } from "../../libvirt/virsh";
import { isFree } from "./find";

/** By address, the driver that the device had; "" where it had none. */
export type Drivers = ReadonlyMap<string, string>;

/** As a claim keeps it: `0000:05:02.0=e1000,0000:05:03.0=`. */
export function driversIn(text: string | undefined): Drivers {
  return new Map(
    (text ?? "").split(",").flatMap((entry) => {
      const [address = "", driver = ""] = entry.split("=");
      return address === "" ? [] : [[address, driver] as const];
    }),
  );
}

/** What was known before rules: by now the device may have been moved. */
export function textOfDrivers(earlier: Drivers, bound: readonly PciDevice[]): string | undefined {
  const all = new Map([...bound.map(({ address, driver = "" }) => [address, driver] as const), ...earlier]);
  if (all.size === 0) return undefined;
  return [...all].map(([address, driver]) => `${address}=${driver}`).join(",");
}

/** Takes them from the host. */
export async function bind(virsh: Virsh, devices: readonly PciDevice[]): Promise<void> {
  for (const { name } of devices.filter((device) => !isFree(device)))
    await virsh.run("nodedev-detach", [name], { lane: "work", timeoutSeconds: 60 });
  inventory(virsh).forget();
}

/** Gives them back to the drivers that they had; what is not there any more needs none. */
export async function giveBack(virsh: Virsh, drivers: Drivers): Promise<void> {
  const before = await devicesAt(virsh, drivers);
  for (const { name } of before.filter(({ address, driver }) => drivers.get(address) !== (driver ?? "")))
    await virsh.run("nodedev-reattach", [name], { lane: "work", timeoutSeconds: 60 });
  inventory(virsh).forget();
  // The first driver that fits takes it, which need not be the one that it had.
  const wrong = (await devicesAt(virsh, drivers)).filter(({ address, driver }) => {
    const had = drivers.get(address) ?? "";
    return had !== "" && had !== driver;
  });
  for (const { address } of wrong) await rebind(virsh, address, drivers.get(address) ?? "");
  inventory(virsh).forget();
}

async function devicesAt(virsh: Virsh, drivers: Drivers): Promise<readonly PciDevice[]> {
  if (drivers.size === 0) return [];
  const devices = await inventory(virsh).devices({ fresh: true });
  return devices.filter((each) => each.kind === "pci").filter(({ address }) => drivers.has(address));
}

/** By the kernel's own files (Documentation/ABI/testing/sysfs-bus-pci), which libvirt has no words for. */
async function rebind(virsh: Virsh, address: string, driver: string): Promise<void> {
  const found = await hostShell(virsh);
  if ("absent" in found || found.doubt !== undefined) throw notGivenBack(virsh, address, driver);
  const { shell } = found;
  const folder = `/sys/bus/pci/devices/${address}`;
  await shell.write(`${folder}/driver_override`, driver);
  try {
    await shell.write(`${folder}/driver/unbind`, address).catch(() => undefined);
    await shell.write("/sys/bus/pci/drivers_probe", address);
  } finally {
    // A new line alone takes it away.
    await shell.write(`${folder}/driver_override`, "\n");
  }
}

function notGivenBack(virsh: Virsh, address: string, driver: string): LibvirtError {
  return new LibvirtError(
    "Refused",
    `The device ${address} on ${virsh.uri} was given back, but its driver ${driver} did not take it.`,
    `On the host: modprobe ${driver}, then echo ${address} > /sys/bus/pci/drivers/${driver}/bind. Then run this again.`,
  );
}
