/**
 * What a change of a running guest is: where it stands in the domain XML, the virsh command that does it, and the libvirt
 * version that can. The rows are handed in: those of devices are each device's own (provider/resources/guest/devices), all
 * others each hypervisor's (provider/hypervisors).
 */

import type { Element } from "../reconcile/tree";

export type LiveMethod =
  | "setvcpus"
  | "setmem"
  | "update-memory-device"
  | "desc"
  | "metadata"
  | "set-lifecycle-action"
  | "schedinfo"
  | "vcpupin"
  | "emulatorpin"
  | "blkdeviotune"
  | "update-device"
  | "attach-device"
  | "detach-device"
  /** Out and in again: QEMU does not take another one in the place of a device that it has. */
  | "replug-device";

export interface LiveChange {
  /** Element names below `<domain>`, `@` before an attribute; `+` at the end: the element comes, `-`: it goes. */
  readonly place: RegExp;
  readonly method: LiveMethod;
  /** First libvirt version that can, as the host counts it (`9000000`); every one that is supported where none is named. */
  readonly since?: number;
  /** Which devices can, where not all of the name can. */
  readonly device?: DeviceRule;
  /** It does not happen without the guest's help, so never in one that is paused or asleep. */
  readonly guestHelps?: boolean;
  /** Where libvirt says so. */
  readonly page: string;
}

/** Attribute of the device, or of a child element (`target@bus`), and the values for which the row holds. */
export type DeviceRule = readonly { readonly at: string; readonly is: readonly (string | undefined)[] }[];

/** What running guests of one type of domain can take at once. What is in no row needs a start of the guest. */
export interface LiveRules {
  readonly changes: readonly LiveChange[];
  /**
   * Whether vCPUs can be taken away again: `plugged` means those that came while it runs. Those that it was started with
   * stay until it is started again (formatdomain, `vcpus`: hotpluggable), unless the hypervisor only asks the guest.
   */
  readonly vcpusCanGo: "never" | "plugged" | "all";
  /** Whether a device that comes takes a PCI slot that its XML shows. */
  readonly showsSlots: boolean;
  /**
   * Where the guest's XML says that it was started to be given devices of the host (`features/xen/passthrough`: libxl sets
   * its access to the IOMMU up with the domain; formatdomain, "Hypervisor features"). Undefined where any can be given one.
   */
  readonly startedForDevices: readonly string[] | undefined;
  /** What a device needs that is plugged. */
  needs(this: void, device: Element): Needs;
}

/** What a device takes of the room that the running guest has. */
export interface Needs {
  /**
   * A PCI slot, where its definition gives it none (formatdomain, "Device Addresses"). Conventional PCI devices do not go
   * into a PCIe port: on q35 they need a bridge, which cannot be plugged.
   */
  readonly slot?: "express" | "conventional";
  /** A controller of this type, on which it is. */
  readonly controller?: string;
  /** One of the slots for memory. */
  readonly memorySlot?: boolean;
  /** A device of the host that it is. */
  readonly passedOn?: boolean;
}

/** The two rows of devices that can be plugged in and out. */
export function plugged(name: string, device?: DeviceRule): LiveChange[] {
  const row = device === undefined ? {} : { device };
  return [
    {
      place: new RegExp(`^devices/${name}\\+$`),
      method: "attach-device",
      page: "manpages/virsh.html#attach-device",
      ...row,
    },
    {
      place: new RegExp(`^devices/${name}-$`),
      method: "detach-device",
      guestHelps: true,
      page: "manpages/virsh.html#detach-device",
      ...row,
    },
  ];
}
