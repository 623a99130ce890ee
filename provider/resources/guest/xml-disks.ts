/** Disks and drives (formatdomain, "Hard drives, floppy disks, CDROMs"). Pure. */

import type { GuestDisk } from "../../../schema/guest-devices";
import type { GuestInputs } from "../../../schema/guest";
import type { GuestDefaults } from "../../libvirt/hypervisors";
import { type DesiredElement, element, stated } from "../../reconcile/desired";

export function diskElements(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  return Object.entries(inputs.disks ?? {}).map(([key, disk]) => diskElement(key, disk, defaults));
}

function diskElement(key: string, disk: GuestDisk, defaults: GuestDefaults): DesiredElement {
  const path = `disks.${key}`;
  const device = disk.device ?? "disk";
  const source = disk.disk?.path ?? disk.path;
  const sourcePath = disk.disk === undefined ? `${path}.path` : `${path}.disk`;
  // `volume` would confuse AppArmor's helper and snapshots: a path is what every driver understands.
  const block = source?.startsWith("/dev/") ?? false;
  const writable = device === "disk" && !(disk.readOnly ?? false);
  return element(
    "disk",
    path,
    { type: stated(sourcePath, block ? "block" : "file"), device: stated(`${path}.device`, device) },
    [
      element("driver", path, {
        name:
          defaults.domainType === "kvm" || defaults.domainType === "qemu"
            ? stated(`${path}.format`, "qemu")
            : undefined,
        type: stated(`${path}.format`, disk.format ?? disk.disk?.format ?? "raw"),
        cache: stated(`${path}.cache`, disk.cache ?? (writable ? defaults.cache : undefined)),
        io: stated(`${path}.io`, disk.io),
        discard: stated(`${path}.discard`, disk.discard ?? (writable ? defaults.discard : undefined)),
      }),
      source === undefined ? undefined : element("source", sourcePath, { [block ? "dev" : "file"]: source }),
      element("target", path, {
        dev: stated(`${path}.target`, disk.target),
        bus: stated(`${path}.bus`, busOf(disk, defaults)),
      }),
      disk.shareable === true ? element("shareable", `${path}.shareable`) : undefined,
      (disk.readOnly ?? device === "cdrom") ? element("readonly", `${path}.readOnly`) : undefined,
      serialOf(key, disk, defaults),
      disk.bootOrder === undefined ? undefined : element("boot", `${path}.bootOrder`, { order: disk.bootOrder }),
      element("alias", path, { name: `ua-disk-${key}` }),
    ],
  );
}

function serialOf(key: string, disk: GuestDisk, defaults: GuestDefaults): DesiredElement | undefined {
  const byDefault = defaults.serialNumbers && (disk.device ?? "disk") === "disk" ? key.slice(0, 20) : undefined;
  const serial = disk.serial ?? byDefault;
  return serial === undefined ? undefined : element("serial", `disks.${key}.serial`, {}, serial);
}

export function busOf(
  disk: Pick<GuestDisk, "bus" | "device">,
  defaults: Pick<GuestDefaults, "bus" | "cdromBus">,
): string {
  if (disk.bus !== undefined) return disk.bus;
  if (disk.device === "floppy") return "fdc";
  return disk.device === "cdrom" ? defaults.cdromBus : defaults.bus;
}
