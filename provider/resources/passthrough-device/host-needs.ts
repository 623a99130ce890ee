/** Which devices the host itself cannot do without: its disks, the ways to it, and its screen. */

import type { HostShell } from "../../libvirt/shell";

export interface HostNeed {
  /** `0000:00:1f.2`, or the place of a USB device: `1-1.2`. */
  readonly address: string;
  /** The rest of the sentence: `the host's own / is on it (sda)`. */
  readonly why: string;
}

export interface HostNeeds {
  readonly needs: readonly HostNeed[];
  /** What could not be seen, in words: that is not "nothing" (law 7). */
  readonly unseen: readonly string[];
}

/**
 * Rows of an address and a reason; `?` where something cannot be seen. Disks: whatever is mounted, swapped to, or held by
 * LVM, RAID, encryption or btrfs, down to the disks themselves. Interfaces: those of default routes in any table, of the
 * address that this connection came in by, and of Open vSwitch, through bridges, bonds and VLANs. All addresses on the way to
 * a device count, since a controller may be behind another (Intel's volume management), and places of USB devices; bridges and
 * hubs among them do no harm.
 */
const look = `
PATH=$PATH:/usr/sbin:/sbin
for tool in lsblk ip awk readlink grep tr; do command -v $tool >/dev/null || printf '? the host has no command %s\\n' $tool; done
addresses() {
  readlink -f "$1" | grep -o '[0-9a-f]\\{4,8\\}:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]\\.[0-7]'
  readlink -f "$1" | tr / '\\n' | grep -x '[0-9]\\{1,\\}-[0-9][0-9.]*'
}
need() { addresses "$1" | while read -r at; do printf '%s %s\\n' "$at" "$2"; done; }
disk() { # NAME WHY
  path=$(readlink -f "/sys/class/block/$1")
  case $path in
    # With several ways to an NVMe disk the disk is below none of them.
    */nvme-subsystem/*)
      subsystem=\${path#*/nvme-subsystem/}
      for way in /sys/class/nvme-subsystem/"\${subsystem%%/*}"/nvme*; do need "$way" "$2"; done ;;
    */virtual/*) ;;
    *) need "$path" "$2"
      case $path in
        */session*|*/rbd*|*/nbd*) printf '? %s, which is on the network (%s)\\n' "$2" "$1" ;;
      esac ;;
  esac
}
lsblk -r -n -o KNAME,MOUNTPOINT 2>/dev/null | while read -r name place; do
  why=
  [ -z "$place" ] || why="the host's own $place is on it"
  for holder in /sys/class/block/"$name"/holders/*; do [ -e "$holder" ] && why=\${why:-"the host uses it for \${holder##*/}"}; done
  [ -z "$why" ] || lsblk -n -s -r -o KNAME "/dev/$name" 2>/dev/null | sort -u | while read -r below; do disk "$below" "$why ($below)"; done
done
for part in /sys/fs/btrfs/*/devices/*; do [ -e "$part" ] && disk "\${part##*/}" "a btrfs of the host is on it (\${part##*/})"; done
awk '$2 == "/" || $2 == "/usr" || $2 == "/boot" { print $1, $2, $3 }' /proc/mounts 2>/dev/null | while read -r source place type; do
  case $source$type in
    *rootfs|*tmpfs|*overlay|*btrfs) ;;
    *) [ -b "$source" ] || printf '? the host%ss own %s is on %s (%s)\\n' "'" "$place" "$source" "$type" ;;
  esac
done
below() {
  need "/sys/class/net/$1/device" "$2"
  for link in "/sys/class/net/$1"/lower_*; do [ -e "$link" ] && below "\${link##*/lower_}" "$2"; done
}
for family in -4 -6; do
  previous=
  for way in $(ip -o $family route show table all 2>/dev/null | grep '^default'); do
    [ "$previous" = dev ] && below "$way" "the host's default route goes through it ($way)"
    previous=$way
  done
done
here=$(printf '%s' "$SSH_CONNECTION" | cut -d ' ' -f 3)
here=\${here%%%*}
[ -z "$here" ] || ip -o address 2>/dev/null | while read -r _ name _ own _; do
  [ "\${own%/*}" = "$here" ] && below "$name" "this connection comes in through it ($name)"
done
for port in /sys/class/net/*/master; do
  [ "$(basename "$(readlink -f "$port")")" = ovs-system ] || continue
  name=\${port%/master}
  below "\${name##*/}" "Open vSwitch of the host is on it (\${name##*/})"
done
for card in /sys/bus/pci/devices/*/boot_vga; do
  [ -e "$card" ] && [ "$(cat "$card")" = 1 ] && printf '%s %s\\n' "$(basename "\${card%/boot_vga}")" "it is the graphics card of the host's console"
done
exit 0`;

export async function whatHostNeeds(shell: HostShell): Promise<HostNeeds> {
  return hostNeedsIn(await shell.run(["sh", "-c", look]));
}

/** Pure. */
export function hostNeedsIn(said: string): HostNeeds {
  const rows = [...new Set(said.split("\n"))].flatMap((line) => {
    const [, address, why] = /^(\S+) (.+)$/.exec(line) ?? [];
    return address === undefined || why === undefined ? [] : [{ address, why }];
  });
  return {
    needs: rows.filter(({ address }) => address !== "?"),
    unseen: rows.filter(({ address }) => address === "?").map(({ why }) => why),
  };
}
