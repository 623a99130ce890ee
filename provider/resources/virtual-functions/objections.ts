/** Why a device of the host cannot be divided as it is wanted, as far as the host can tell now. */

import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { same } from "../../../schema/same";
import { holdsUnknown } from "../../../schema/unknown";
import { claimsOf } from "../../libvirt/claim";
import { hostShell } from "../../libvirt/shell";
import { claimPrefix as passedOn } from "../passthrough-device/claim-path";
import { inWords, isKept } from "../passthrough-device/find";
import { standingOn } from "../passthrough-device/group";
import { whatHostNeeds } from "../passthrough-device/host-needs";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import { claimPath, claimPrefix } from "./claim-path";
import { formerOf, lookAround, type Meant, meantBy, type ObservedFunctions } from "./observe";
import { noShell, shellOf } from "./sight";
import { inTheWay, networksOn, type Transition } from "./uses";

export async function objections(
  host: ConnectedHost,
  inputs: VirtualFunctionsInputs,
  observed: ObservedFunctions | undefined,
): Promise<readonly Objection[]> {
  if (holdsUnknown([inputs.host, inputs.pci])) return [];
  const { virsh, profile } = host;
  if (!profile.isMachine) return [{ path: "host", reason: `${profile.inWords} has no devices to divide.` }];
  const found = await hostShell(virsh);
  const without = "absent" in found ? found.absent : found.doubt;
  if (without !== undefined) return [{ path: "host", reason: noShell(without) }];
  const there = observed ?? (await lookAround(virsh));
  const meant = meantBy(inputs, there);
  if ("none" in meant) {
    // One that was found once may be pulled out: nothing else is made of that.
    const isLost = same(observed?.recorded.pci, inputs.pci);
    return [{ path: "pci", reason: meant.none, ...(isLost ? { onlyTold: true } : {}) }];
  }
  const own = [...ofItself(meant), ...ofNumber(inputs, meant), ...ofTools(inputs, meant, there.look.lacks)];
  if (own.length > 0) return own;
  return [...(await claimedByOthers(host, inputs, meant)), ...(await ofChange(host, inputs, meant, observed))];
}

function ofItself({ device, sight }: Meant): Objection[] {
  const { address, physicalFunction, driver } = device;
  const objection = (reason: string): Objection[] => [{ path: "pci", reason: `${address} ${reason}` }];
  if (physicalFunction !== undefined)
    return objection(`is itself a virtual function, of ${physicalFunction}: that one can be divided.`);
  if (sight.maximum === 0)
    return objection(
      `(${inWords(device)}) cannot be divided: it offers no SR-IOV. Where the card could, its own settings or the firmware's have it switched off.`,
    );
  if (driver === undefined || isKept(device))
    return objection(
      `has ${driver === undefined ? "no driver" : `the driver ${driver}, which keeps it for guests`}: only a driver of the host can divide it.`,
    );
  return [];
}

function ofNumber({ count, functions }: VirtualFunctionsInputs, { device, sight }: Meant): Objection[] {
  const most = holdsUnknown(count) || count <= sight.maximum ? undefined : sight.maximum;
  const isNamed = typeof functions === "object" && Object.keys(functions).length > 0;
  return [
    ...(most === undefined
      ? []
      : [{ path: "count", reason: `${device.address} can have ${most} virtual functions at the most.` }]),
    ...(isNamed && sight.interface === undefined
      ? [
          {
            path: "functions",
            reason: `${device.address} (${inWords(device)}) has no network interface, by which they are set. Leave them out.`,
          },
        ]
      : []),
  ];
}

function ofTools(
  { persistent }: VirtualFunctionsInputs,
  { device, sight }: Meant,
  lacks: readonly string[],
): Objection[] {
  const missing = lacks.filter((command) =>
    command === "udevadm" ? persistent === true : sight.interface !== undefined,
  );
  return [
    ...missing.map((command) => ({
      path: command === "udevadm" ? "persistent" : "host",
      reason: `the host has no command ${command}.`,
    })),
    ...(sight.mayWrite
      ? []
      : [
          {
            path: "host",
            reason: `the user of the connection may not write /sys/bus/pci/devices/${device.address}/sriov_numvfs on the host: connect as root.`,
          },
        ]),
  ];
}

async function claimedByOthers(
  { virsh }: ConnectedHost,
  { host, uuid }: VirtualFunctionsInputs,
  { device }: Meant,
): Promise<Objection[]> {
  const { address } = device;
  const [divided, given] = await Promise.all([claimsOf(virsh, claimPrefix), claimsOf(virsh, passedOn)]);
  const rivals = [
    ...divided
      .filter((claim) => claim.uuid !== uuid && claim.path === claimPath(address))
      .map((claim) => ({ claim, does: "divides it" })),
    ...standingOn(given, address).map((claim) => ({ claim, does: "claims it for a guest" })),
  ];
  return rivals.slice(0, 1).map(({ claim, does }) => {
    const isOurs = claim.owner === ownerOf(host);
    const who = isOurs ? "another resource of this stack" : "another stack";
    const reason = `${address}: ${who} ${does}. Let that one give it up first.`;
    // It may be gone before this one's turn comes.
    return { path: "pci", reason, ...(isOurs ? { mayPass: true } : {}) };
  });
}

/** What would become of those who use one. */
async function ofChange(
  host: ConnectedHost,
  inputs: VirtualFunctionsInputs,
  meant: Meant,
  observed: ObservedFunctions | undefined,
): Promise<Objection[]> {
  const { count } = inputs;
  const found: Objection[] = [];
  if (!holdsUnknown(count) && meant.sight.count !== count)
    found.push(...(await ofTransition(host, inputs, "count", { ...meant, to: count })));
  const former = observed && formerOf(observed);
  const before = Number(observed?.claim.before ?? Number.NaN);
  if (former !== undefined && former.device.address !== meant.device.address && former.sight.count !== before)
    found.push(...(await ofTransition(host, inputs, "pci", { ...former, to: before })));
  return found;
}

async function ofTransition(
  { virsh }: ConnectedHost,
  { host }: VirtualFunctionsInputs,
  path: string,
  transition: Transition,
): Promise<Objection[]> {
  const { device, sight, to } = transition;
  const obstacles = await inTheWay(virsh, ownerOf(host), transition);
  const change = `the number of virtual functions of ${device.address}`;
  const refused =
    obstacles.length === 0
      ? []
      : [
          {
            path,
            reason: `${change} cannot change from ${sight.count} to ${to}, since that takes them away: ${obstacles.join("; ")}. Take them away from there first.`,
          },
        ];
  const { needs } = sight.interface === undefined ? { needs: [] } : await whatHostNeeds(await shellOf(virsh));
  const told = [
    ...needs
      .filter(({ address }) => address === device.address)
      .map(({ why }) => `${why}: some cards lose their link for a moment when ${change} changes.`),
    ...(sight.count === 0 ? [] : await networksOn(virsh, sight)).map(
      (name) =>
        `network "${name}" gives out virtual functions as they were when it was started: restart it when ${change} has changed.`,
    ),
  ];
  return [...refused, ...told.map((reason) => ({ path, reason, onlyTold: true }))];
}
