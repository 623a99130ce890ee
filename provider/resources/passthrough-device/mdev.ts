/** Mediated devices: made of their parent when they are claimed, under the UUID of the claim, and removed with it. */

import { same } from "../../../schema/same";
import { type DeviceUser, usersOfDevices } from "../../libvirt/device-users";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { MediatedDevice, NodeDevice } from "../../libvirt/node-device";
import type { Virsh } from "../../libvirt/virsh";
import type { Settings } from "../../reconcile/desired";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import { claimPath } from "./claim-path";
import { refuseWhere } from "./in-the-way";
import type { ClaimedKind, InputsOf, ObservedClaim, Taking, There } from "./kind";
import { mdevParents, mediatedDevice, parentNamed, placeOfParent, sayParent, typeInWords } from "./mdev-find";
import { definitionOf, firstWithAutostart, make, remove } from "./mediated";

type Inputs = InputsOf<"mdev">;

export const mdevKind: ClaimedKind<Inputs> = {
  kind: "mdev",

  problems({ wholeGroup, force }) {
    if (wholeGroup === true) return ["wholeGroup: only PCI devices can only be passed on together."];
    if (force === true) return ["force: a mediated device takes nothing from the host. Leave it out."];
    return [];
  },

  async look(host, { uuid = "" }, devices) {
    const device = mediatedDevice(uuid, devices);
    return device === undefined ? {} : { definition: await definitionOf(host, device) };
  },

  desired({ mdev }, there): Settings {
    // Of what is not there none can be made.
    if (there === undefined || typeof mdev !== "object" || parentNamed(mdev.parent, there.devices) === undefined)
      return {};
    return {
      mdev: `${mdev.type} of ${sayParent(mdev.parent, there.devices)}${mdev.persistent === true ? lasting : ""}`,
    };
  },

  settings(_inputs, there) {
    const device = deviceOf(there);
    return { mdev: device?.isActive === true ? `${madeAs(device, there)}${lastingOf(there)}` : "not there" };
  },

  facts(_inputs, there) {
    const address = there.claim.uuid;
    const device = deviceOf(there);
    if (device?.isActive !== true) return { address, description: "not there" };
    const { driver, iommuGroup } = device;
    return {
      address,
      description: madeAs(device, there),
      ...(driver === undefined ? {} : { driver }),
      ...(iommuGroup === undefined ? {} : { iommuGroup }),
    };
  },

  impact: ({ from }) => ({
    class: "live",
    note:
      from === "not there" ? "the mediated device is made again" : "the mediated device is made anew where it differs",
  }),

  objections,

  claim: async (host, inputs) => takingOf(host, inputs, await inventory(host.virsh).devices({ fresh: true })),

  renew: (host, inputs, { devices }) => Promise.resolve(takingOf(host, inputs, devices)),

  async giveBack(host, { uuid }) {
    const { virsh } = host;
    refuseWhere(await usersOf(virsh, uuid, () => true), `remove the mediated device ${uuid} from ${virsh.uri}`);
    await remove(host, uuid);
  },

  named(uuid, devices) {
    const device = mediatedDevice(uuid, devices);
    if (device === undefined) return { none: `the host has no mediated device ${uuid}.` };
    if (!device.isActive)
      return { none: `the mediated device ${uuid} is only defined: start it (virsh nodedev-start).` };
    const path = claimPath(uuid, "mdev");
    return {
      device,
      wanted: { place: uuid, isHeldBy: (claim) => claim.path === path, isUsedBy: ({ address }) => address === uuid },
    };
  },

  objectionsToUnclaimed: () => Promise.resolve([]),
};

async function objections(
  { virsh, facts }: ConnectedHost,
  { uuid = "", host, mdev }: Inputs,
  observed: ObservedClaim | undefined,
): Promise<readonly Objection[]> {
  const devices = observed?.devices ?? (await inventory(virsh).devices());
  const parent = parentNamed(mdev.parent, devices);
  if (parent === undefined) {
    const rows = mdevParents(devices).map(
      (each) => `${placeOfParent(each)} (${each.mdevTypes.map(typeInWords).join("; ")})`,
    );
    const reason = `no mediated device can be made of ${mdev.parent}. There is: ${rows.join(", ") || "none; a driver of the host makes them, such as that of NVIDIA's vGPU"}.`;
    // One that was made once, of what is not there now: nothing else is made of that.
    return [{ path: "mdev", reason, ...(same(observed?.sought.mdev, mdev) ? { onlyTold: true } : {}) }];
  }
  const type = parent.mdevTypes.find(({ id }) => id === mdev.type);
  if (type === undefined) {
    const rows = parent.mdevTypes.map(typeInWords).join("; ");
    return [{ path: "mdev.type", reason: `${placeOfParent(parent)} has no type "${mdev.type}". There is: ${rows}.` }];
  }
  if (type.deviceApi !== undefined && type.deviceApi !== "vfio-pci") {
    const reason = `devices of the type "${type.id}" are no PCI devices to a guest (${type.deviceApi}), and nothing else is given to one here.`;
    return [{ path: "mdev.type", reason }];
  }
  if (mdev.persistent === true && facts.libvirtVersion < firstWithAutostart)
    return [{ path: "mdev.persistent", reason: "libvirt starts mediated devices with the host from 7.8 on." }];
  const held = mediatedDevice(uuid, devices);
  // Of the same parent, the one that goes may leave room.
  const isElsewhere = held !== undefined && sayParent(held.parent, devices) !== sayParent(mdev.parent, devices);
  if ((held === undefined || isElsewhere) && type.available === 0) {
    const rows = parent.mdevTypes.map(typeInWords).join("; ");
    return [{ path: "mdev", reason: `${placeOfParent(parent)} makes no more of the type "${type.id}" now: ${rows}.` }];
  }
  if (held === undefined || !isOther(held, mdev, devices)) return [];
  const users = await usersOf(virsh, uuid, ({ live }) => live);
  return users.map(({ what, owner }) => ({
    path: "mdev",
    reason: `it is made anew for another type or parent, and ${what} runs with it. Take it away from there first.`,
    ...(owner !== undefined && owner === ownerOf(host) ? { mayPass: true } : {}),
  }));
}

function takingOf(host: ConnectedHost, { uuid = "", mdev }: Inputs, devices: readonly NodeDevice[]): Taking {
  const { virsh } = host;
  const parent = parentNamed(mdev.parent, devices);
  if (parent === undefined)
    throw new LibvirtError(
      "Gone",
      `Unable to make a mediated device of ${mdev.parent} on ${virsh.uri}: it is not there.`,
    );
  const held = mediatedDevice(uuid, devices);
  return {
    parts: { path: claimPath(uuid, "mdev"), stamp: undefined, drivers: undefined },
    async take() {
      if (held !== undefined && isOther(held, mdev, devices)) {
        refuseWhere(
          await usersOf(virsh, uuid, ({ live }) => live),
          `make the mediated device ${uuid} anew on ${virsh.uri}`,
        );
        await remove(host, uuid);
      }
      const persistent = mdev.persistent === true;
      try {
        await make(host, { uuid, type: mdev.type, parent: parent.name, persistent });
      } catch (error) {
        // Guests that have it are to start again, also where the other one cannot be made.
        if (held?.parent !== undefined && isOther(held, mdev, devices))
          await make(host, { uuid, type: held.type, parent: held.parent, persistent }).catch(() => undefined);
        throw error;
      }
    },
  };
}

async function usersOf(
  virsh: Virsh,
  uuid: string,
  counts: (user: DeviceUser) => boolean,
): Promise<readonly DeviceUser[]> {
  return (await usersOfDevices(virsh)).filter((user) => user.address === uuid && counts(user));
}

function deviceOf({ claim, devices }: There): MediatedDevice | undefined {
  return mediatedDevice(claim.uuid, devices);
}

/** Not one that only lasts otherwise. */
function isOther(device: MediatedDevice, { type, parent }: Inputs["mdev"], devices: readonly NodeDevice[]): boolean {
  return device.type !== type || sayParent(device.parent, devices) !== sayParent(parent, devices);
}

function madeAs({ type, parent }: MediatedDevice, { devices }: There): string {
  return `${type} of ${sayParent(parent, devices)}`;
}

const lasting = ", persistent";

function lastingOf({ beside: { definition } }: There): string {
  if (definition?.isPersistent !== true) return "";
  return definition.isStarted ? lasting : `${lasting}, without autostart`;
}
