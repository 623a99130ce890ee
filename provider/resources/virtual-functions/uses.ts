/** Who uses the virtual functions of a device: to change their number, the kernel tears all of them out without a word. */

import { type Claim, claimsOf } from "../../libvirt/claim";
import { type DeviceUser, usersOfDevices } from "../../libvirt/device-users";
import { LibvirtError } from "../../libvirt/errors";
import { functionNetworks } from "../../libvirt/function-networks";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice } from "../../libvirt/node-device";
import type { HostShell } from "../../libvirt/shell";
import type { Virsh } from "../../libvirt/virsh";
import { below, isMeantBy } from "../passthrough-device/below";
import { claimPrefix as passedOn } from "../passthrough-device/claim-path";
import { standingOn } from "../passthrough-device/group";
import { type HostNeeds, whatHostNeeds } from "../passthrough-device/host-needs";
import type { Meant } from "./observe";
import { shellOf, type Sight } from "./sight";

/** Another number of virtual functions for a device. */
export interface Transition extends Meant {
  readonly to: number;
}

export interface Use {
  /** Of the virtual function. */
  readonly address: string;
  /** A sentence without its end: `guest web runs with 0000:03:10.0`. */
  readonly says: string;
  /** It bears no change at all; the others bear all but that their virtual function is there no more. */
  readonly isNow: boolean;
}

/** Why the number cannot change now: one part of a sentence each. Throws where that cannot be seen: it is not "nobody". */
export async function inTheWay(
  virsh: Virsh,
  owner: string | undefined,
  { sight, to }: Transition,
): Promise<readonly string[]> {
  const { addresses } = sight;
  if (addresses.length === 0) return [];
  const shell = await shellOf(virsh);
  const needs = await whatHostNeeds(shell);
  const [users, devices] = await Promise.all([usersOfDevices(virsh), inventory(virsh).devices()]);
  const uses = [
    ...usesByGuests(users, addresses),
    ...usesOfWhatIsBelow(users, devices, addresses),
    ...usesByClaims(await claimsOf(virsh, passedOn), addresses, owner),
    ...(await usesByHost(shell, needs, addresses)),
  ];
  const unseen = sight.interface === undefined ? needs.unseen : [];
  return [...obstacles(uses, addresses.slice(to)), ...unseen.map((why) => `the host may need one (${why})`)];
}

/** `leaving`: the virtual functions that would be there no more. Pure. */
export function obstacles(uses: readonly Use[], leaving: readonly string[]): readonly string[] {
  const counting = uses.filter(({ address, isNow }) => isNow || leaving.includes(address));
  return [...new Set(counting.map(({ says }) => says))];
}

export async function refuseWhileUsed(virsh: Virsh, owner: string | undefined, transition: Transition): Promise<void> {
  const found = await inTheWay(virsh, owner, transition);
  if (found.length === 0) return;
  const { device, sight, to } = transition;
  throw new LibvirtError(
    "InUse",
    `Unable to change the number of virtual functions of ${device.address} on ${virsh.uri} from ${sight.count} to ${to}, since that takes them away: ${found.join("; ")}. Their number was not changed.`,
    "Take them away from there first.",
  );
}

function usesByGuests(users: readonly DeviceUser[], addresses: readonly string[]): Use[] {
  return usersAsTheyRun(users)
    .filter(({ address }) => addresses.includes(address))
    .map((user) => ({ address: user.address, says: hasIt(user), isNow: user.live }));
}

/** Without the definitions of those that run: what runs is defined, too, as a rule. */
function usersAsTheyRun(users: readonly DeviceUser[]): readonly DeviceUser[] {
  const running = new Set(users.flatMap(({ live, uuid, address }) => (live ? [`${uuid} ${address}`] : [])));
  return users.filter(({ live, uuid, address, what, guest }) => {
    const isDefinition = !live && what === `guest ${guest}`;
    return !(isDefinition && running.has(`${uuid} ${address}`));
  });
}

function hasIt({ what, live, address }: DeviceUser): string {
  return `${what} ${live ? "runs with" : "has"} ${address}`;
}

/**
 * What is made of a virtual function, or plugged into it. A mediated device that is there does not come back with its virtual
 * function, whosever it is; one that is only defined can be started again where that is there. Pure.
 */
export function usesOfWhatIsBelow(
  users: readonly DeviceUser[],
  devices: readonly NodeDevice[],
  addresses: readonly string[],
): Use[] {
  return devices
    .filter((each) => each.kind === "pci")
    .filter(({ address }) => addresses.includes(address))
    .flatMap((card) => {
      const { address } = card;
      return below(card, devices).flatMap((each): Use[] => [
        ...(each.kind === "mdev"
          ? [{ address, says: `the mediated device ${each.uuid} is made of ${address}`, isNow: each.isActive }]
          : []),
        ...usersAsTheyRun(users)
          .filter((user) => isMeantBy(user.address, each))
          .map((user) => ({ address, says: `${hasIt(user)}, which is on ${address}`, isNow: user.live })),
      ]);
    });
}

/** This program's own claims bear that a virtual function is away for a moment; of another's nobody knows. Pure. */
export function usesByClaims(claims: readonly Claim[], addresses: readonly string[], owner: string | undefined): Use[] {
  return addresses.flatMap((address) =>
    standingOn(claims, address).map(({ owner: theirs }) => {
      const isOurs = theirs === owner;
      const who = isOurs ? "another resource of this stack" : "another stack";
      return { address, says: `${who} claims ${address}`, isNow: !isOurs };
    }),
  );
}

/**
 * Rows of an address and a reason. A network interface that has addresses or is a part of another one (bridge, bond, VLAN,
 * macvtap, Open vSwitch) is used; one that is in another network namespace is not seen here at all, and its driver is. What
 * VFIO hands out is used while a process has it open, be it a QEMU of which this libvirt knows nothing, or DPDK.
 */
const look = `
PATH=$PATH:/usr/sbin:/sbin
opened=$(find /proc/[0-9]*/fd -lname '/dev/vfio/[0-9]*' -printf '%l %p\\n' 2>/dev/null)
for at; do
  folder=/sys/bus/pci/devices/$at
  seen=
  for way in "$folder"/net/*; do
    [ -e "$way" ] || continue
    name=\${way##*/}
    seen=yes
    for above in "$way"/upper_*; do
      [ -e "$above" ] && printf '%s it is a part of the interface %s of the host (%s)\\n' "$at" "\${above##*/upper_}" "$name"
    done
    ip -o address show dev "$name" up scope global | while read -r _ _ _ own _; do
      printf '%s its interface %s on the host has the address %s\\n' "$at" "$name" "\${own%/*}"
    done
  done
  case $(cat "$folder/class") in
    0x02*) case $(basename "$(readlink "$folder/driver")") in
      ''|*vfio*|pci-stub|pciback|*uio*) ;;
      *) [ -n "$seen" ] || printf '%s its interface is in a network namespace of the host (a container)\\n' "$at" ;;
    esac ;;
  esac
  group=$(basename "$(readlink "$folder/iommu_group")")
  [ -z "$group" ] || printf '%s\\n' "$opened" | while read -r file path; do
    process=\${path#/proc/}
    [ "$file" = "/dev/vfio/$group" ] && printf '%s a process of the host has it (%s)\\n' "$at" "$(cat "/proc/\${process%%/*}/comm")"
  done
done
exit 0`;

async function usesByHost(shell: HostShell, { needs }: HostNeeds, addresses: readonly string[]): Promise<Use[]> {
  const needed = needs.filter(({ address }) => addresses.includes(address));
  const used = usesIn(await shell.run(["sh", "-c", look, "sh", ...addresses]));
  return [...needed.map(({ address, why }) => ({ address, says: `${address}: ${why}`, isNow: true })), ...used];
}

/** Pure. */
export function usesIn(said: string): Use[] {
  return said.split("\n").flatMap((line) => {
    const [, address, why] = /^(\S+) (.+)$/.exec(line) ?? [];
    return address === undefined || why === undefined ? [] : [{ address, says: `${address}: ${why}`, isNow: true }];
  });
}

/** Names of active networks that give these virtual functions out: they know them as they were when the network was started. */
export async function networksOn(virsh: Virsh, { addresses }: Sight): Promise<readonly string[]> {
  const giving = (await functionNetworks(virsh)).filter(({ active }) => active);
  return giving.filter(({ functions }) => addresses.some((each) => functions.has(each))).map(({ name }) => name);
}
