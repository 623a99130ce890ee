/** What a machine says of itself to a shell, where libvirt has no words for it: read by one command, then taken apart. */

import type { GuestUser } from "../../libvirt/local-files";
import type { Permissions } from "../../libvirt/permissions";
import type { HostShell } from "../../libvirt/shell";

export interface Machine {
  /** The words of the kernel's command line. */
  readonly commandLine: ReadonlySet<string>;
  readonly cpuFlags: ReadonlySet<string>;
  /** Modules of the kernel that are loaded or built in, of those that matter here. */
  readonly modules: ReadonlySet<string>;
  readonly kvmDevice: Permissions | undefined;
  /** Whether guests can run guests; undefined where KVM does not say. */
  readonly nested: boolean | undefined;
  /** The ACPI tables by which firmware offers an IOMMU (`DMAR` of Intel, `IVRS` of AMD); undefined where none can be seen. */
  readonly iommuTables: ReadonlySet<string> | undefined;
  readonly iommuUnits: number;
  readonly iommuGroups: number;
  /** Whether the kernel has the module that passes devices on; undefined where that cannot be told. */
  readonly vfio: boolean | undefined;
  readonly virtualFunctions: readonly VirtualFunctions[];
  /** What Xen can (`virt_caps` of `xl info`); undefined where there is no Xen, or it does not say. */
  readonly xenCapabilities: ReadonlySet<string> | undefined;
  /** Of the user that guests run as: libvirt gives them all of its groups. */
  readonly groups: ReadonlySet<number>;
  /** Only where a folder was asked for. */
  readonly folder: FolderLook | undefined;
}

/** Of one network card: how many virtual functions it has, and how many of them are switched on. */
export interface VirtualFunctions {
  readonly card: string;
  readonly total: number;
  readonly enabled: number;
}

export interface FolderLook {
  /** From the folder up to the root. */
  readonly way: readonly (readonly [path: string, is: Permissions | "absent" | "hidden"])[];
  /** What is free in its file system. */
  readonly freeKiB: number | undefined;
}

/** Lines of a key and a value. What is not there has no line. */
const look = `
PATH=$PATH:/usr/sbin:/sbin
say() { printf '%s %s\\n' "$1" "$2"; }
say command-line "$(cat /proc/cmdline)"
say cpu-flags "$(sed -n -e '/^flags/{s/.*: //p;q;}' /proc/cpuinfo)"
for module in kvm kvm_intel kvm_amd; do [ -d /sys/module/$module ] && say module $module; done
kvm=$(stat -L -c '%u %g %a' /dev/kvm 2>/dev/null) && say kvm-device "$kvm"
for vendor in intel amd; do nested=$(cat /sys/module/kvm_$vendor/parameters/nested 2>/dev/null) && say nested "$nested"; done
if [ -d /sys/firmware/acpi/tables ]; then
  say acpi-tables readable
  for table in DMAR IVRS; do [ -e /sys/firmware/acpi/tables/$table ] && say iommu-table $table; done
fi
for unit in /sys/class/iommu/*; do [ -e "$unit" ] && say iommu-unit "\${unit##*/}"; done
for group in /sys/kernel/iommu_groups/*; do [ -e "$group" ] && say iommu-group "\${group##*/}"; done
if [ -d /sys/module/vfio_pci ] || modprobe -n -q vfio-pci 2>/dev/null; then say vfio yes
elif command -v modprobe >/dev/null; then say vfio no; fi
for total in /sys/class/net/*/device/sriov_totalvfs; do
  [ -e "$total" ] || continue
  card=\${total%/device/*}
  say virtual-functions "$(cat "$total") $(cat "\${total%totalvfs}numvfs") \${card##*/}"
done
capabilities=$(xl info 2>/dev/null | sed -n 's/^virt_caps *: //p')
[ -n "$capabilities" ] && say xen-capabilities "$capabilities"
name=$(getent passwd "$2" | cut -d: -f1)
[ -n "$name" ] && say groups "$(id -G "$name")"
[ -n "$1" ] || exit 0
path=$1 nearest=
while :; do
  if row=$(stat -L -c '%u %g %a' "$path" 2>/dev/null); then
    say folder "$row $path"
    [ -n "$nearest" ] || nearest=$path
  elif [ -x "$(dirname "$path")" ]; then say absent "$path"
  else say hidden "$path"; fi
  [ "$path" = / ] && break
  path=$(dirname "$path")
done
say free "$(df -Pk "$nearest" 2>/dev/null | awk 'NR == 2 {print $4}')"
exit 0`;

/** `user`: who guests run as. */
export async function lookAtMachine(shell: HostShell, folder?: string, user?: GuestUser): Promise<Machine> {
  return machineIn(await shell.run(["sh", "-c", look, "sh", folder ?? "", String(user?.uid ?? 0)]));
}

/** Pure. */
export function machineIn(said: string): Machine {
  const rows = said.split("\n").map((line) => {
    const at = line.indexOf(" ");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  });
  const all = (key: string): string[] => rows.filter(([name]) => name === key).map(([, value = ""]) => value);
  const first = (key: string): string | undefined => all(key)[0];
  const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter((word) => word !== "");
  const kvm = first("kvm-device");
  const nested = first("nested");
  const vfio = first("vfio");
  const free = first("free");
  const way = rows.flatMap(([key = "", value = ""]) => wayRow(key, value));
  return {
    commandLine: new Set(words(first("command-line"))),
    cpuFlags: new Set(words(first("cpu-flags"))),
    modules: new Set(all("module")),
    kvmDevice: kvm === undefined ? undefined : permissionsIn(kvm),
    nested: nested === undefined ? undefined : /^[Y1]/.test(nested),
    iommuTables: first("acpi-tables") === undefined ? undefined : new Set(all("iommu-table")),
    iommuUnits: all("iommu-unit").length,
    iommuGroups: all("iommu-group").length,
    vfio: vfio === undefined ? undefined : vfio === "yes",
    virtualFunctions: all("virtual-functions").map((row) => {
      const [total = "", enabled = "", card = ""] = row.split(" ");
      return { card, total: Number(total), enabled: Number(enabled) };
    }),
    xenCapabilities: first("xen-capabilities") === undefined ? undefined : new Set(words(first("xen-capabilities"))),
    groups: new Set(words(first("groups")).map(Number)),
    folder:
      way.length === 0 ? undefined : { way, freeKiB: free === undefined || free === "" ? undefined : Number(free) },
  };
}

/** `0 104 660`, as stat(1) prints them. */
function permissionsIn(row: string): Permissions {
  const [uid = "", gid = "", mode = ""] = row.split(" ");
  return { uid: Number(uid), gid: Number(gid), mode: parseInt(mode, 8) };
}

function wayRow(key: string, value: string): FolderLook["way"][number][] {
  if (key === "absent" || key === "hidden") return [[value, key]];
  const [, row, path] = (key === "folder" ? /^(\d+ \d+ \d+) (.*)$/.exec(value) : null) ?? [];
  return row === undefined || path === undefined ? [] : [[path, permissionsIn(row)]];
}
