/** What shares a claimed device's IOMMU group: bound to vfio-pci for as long as the claim stands, then given back. */

import { type Claim, claimsOf } from "../../libvirt/claim";
import { usersOfDevices } from "../../libvirt/device-users";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import { hostShell } from "../../libvirt/shell";
import type { Virsh } from "../../libvirt/virsh";
import { claimPath, claimPrefix } from "./claim-path";
import { identityOf, isFree, isKept } from "./find";
import { refuseWhere } from "./in-the-way";

/** A device that is held for the group's sake. */
export interface Held {
  /** `8086:100e`: at its address another device may be by now, which is none of ours. */
  readonly identity: string;
  /** The driver that it had; "" where it had none, or where it is not known. */
  readonly driver: string;
}

/** By address. */
export type HeldDevices = ReadonlyMap<string, Held>;

/** As a claim keeps it: `0000:05:02.0=8086:100e/e1000,0000:05:03.0=8086:100e/`. */
export function heldIn(text: string | undefined): HeldDevices {
  return new Map(
    (text ?? "").split(",").flatMap((entry) => {
      const [, address, identity, driver] = /^([^=]+)=([^/]*)\/(.*)$/.exec(entry) ?? [];
      if (address === undefined || identity === undefined || driver === undefined) return [];
      return [[address, { identity, driver }] as const];
    }),
  );
}

/**
 * `known`: what this claim and others say of them already, which rules: by now they are kept for guests, and that is no
 * driver to give them back to.
 */
export function textOfHeld(devices: readonly PciDevice[], ...known: readonly HeldDevices[]): string | undefined {
  const rows = devices.map((device) => {
    const { address, driver = "" } = device;
    const identity = identityOf(device);
    const earlier = known.map((held) => held.get(address)).find((held) => held?.identity === identity);
    return `${address}=${identity}/${earlier?.driver ?? (isKept(device) ? "" : driver)}`;
  });
  return rows.length === 0 ? undefined : rows.join(",");
}

/** What the claims of others hold of the same devices. */
export async function heldByOthers(virsh: Virsh, uuid: string | undefined): Promise<HeldDevices> {
  const others = (await claimsOf(virsh, claimPrefix)).filter((claim) => claim.uuid !== uuid);
  return new Map(others.flatMap(({ drivers }) => [...heldIn(drivers)]));
}

/** Takes them from the host. */
export async function bind(virsh: Virsh, devices: readonly PciDevice[]): Promise<void> {
  for (const { name } of devices.filter((device) => !isFree(device)))
    await virsh.run("nodedev-detach", [name], { lane: "work", timeoutSeconds: 60 });
  inventory(virsh).forget();
}

/**
 * No host driver may come into a group of which a running guest has a device; and no claim is given up (`isEnd`) on what a
 * guest has, running or not.
 */
export async function refuseWhileUsed(virsh: Virsh, { drivers, path }: Claim, isEnd: boolean): Promise<void> {
  const claimed = path.slice(claimPrefix.length);
  const held = heldIn(drivers);
  const users = (await usersOfDevices(virsh)).filter(({ live, address }) =>
    address === claimed ? live || isEnd : live && held.has(address),
  );
  const devices = [claimed, ...held.keys()].join(", ");
  refuseWhere(users, `give ${devices} back to ${virsh.uri}`, ({ address }) => address);
}

/** The claims that stand on a device: its own, and those that hold it with the group of theirs. */
export function standingOn(claims: readonly Claim[], address: string): readonly Claim[] {
  return claims.filter(({ path, drivers }) => path === claimPath(address) || heldIn(drivers).has(address));
}

/**
 * Gives back what is still kept for guests, is the very device that was held, and no other claim holds: whatever else is
 * at its address now has a driver of its own, and keeps it.
 */
export async function giveBack(virsh: Virsh, claim: Claim): Promise<void> {
  const held = heldIn(claim.drivers);
  if (held.size === 0) return;
  const others = await heldByOthers(virsh, claim.uuid);
  const isOurs = (device: PciDevice): boolean =>
    held.get(device.address)?.identity === identityOf(device) && isKept(device) && !others.has(device.address);
  const given = (await pciDevices(virsh)).filter(isOurs);
  for (const { name } of given) await virsh.run("nodedev-reattach", [name], { lane: "work", timeoutSeconds: 60 });
  inventory(virsh).forget();
  const addresses = new Set(given.map(({ address }) => address));
  // The first driver that fits takes it, which need not be the one that it had.
  for (const { address, driver } of (await pciDevices(virsh)).filter((device) => addresses.has(device.address))) {
    const had = held.get(address)?.driver ?? "";
    if (had !== "" && had !== driver) await rebind(virsh, address, had);
  }
}

async function pciDevices(virsh: Virsh): Promise<readonly PciDevice[]> {
  return (await inventory(virsh).devices({ fresh: true })).filter((each) => each.kind === "pci");
}

/**
 * By the kernel's own files (Documentation/ABI/testing/sysfs-bus-pci), which libvirt has no words for. Where the driver
 * does not take it, whichever does has it again, and that is told.
 */
async function rebind(virsh: Virsh, address: string, driver: string): Promise<void> {
  const found = await hostShell(virsh);
  if ("absent" in found || found.doubt !== undefined) throw notGivenBack(virsh, address, driver);
  const { shell } = found;
  const folder = `/sys/bus/pci/devices/${address}`;
  const probe = (): Promise<void> => shell.write("/sys/bus/pci/drivers_probe", address);
  await shell.write(`${folder}/driver_override`, driver);
  try {
    await shell.write(`${folder}/driver/unbind`, address).catch(() => undefined);
    await probe();
  } finally {
    // A new line alone takes it away.
    await shell.write(`${folder}/driver_override`, "\n");
  }
  inventory(virsh).forget();
  const now = (await pciDevices(virsh)).find((device) => device.address === address);
  if (now?.driver === driver) return;
  if (now?.driver === undefined) await probe();
  inventory(virsh).forget();
  throw notGivenBack(virsh, address, driver);
}

function notGivenBack(virsh: Virsh, address: string, driver: string): LibvirtError {
  return new LibvirtError(
    "Refused",
    `The device ${address} on ${virsh.uri} was given back, but its driver ${driver} did not take it.`,
    `On the host: modprobe ${driver}, then echo ${address} > /sys/bus/pci/drivers/${driver}/bind. Then run this again.`,
  );
}
