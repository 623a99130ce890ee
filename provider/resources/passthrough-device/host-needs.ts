/** Which PCI devices the host itself cannot do without: its own disks, the way to it, and its screen. */

import type { HostShell } from "../../libvirt/shell";

export interface HostNeed {
  /** `0000:00:1f.2`. */
  readonly address: string;
  /** The rest of the sentence: `the host's own / is on it (sda)`. */
  readonly why: string;
}

/**
 * Rows of an address and a reason. Disks by the mounted file systems of the system and swap, through LVM, encryption and
 * RAID; interfaces by the default routes and the address that a connection by ssh came to, through bridges, bonds and VLANs.
 */
const look = `
PATH=$PATH:/usr/sbin:/sbin
address() { readlink -f "$1" | grep -o '[0-9a-f]\\{4,8\\}:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]\\.[0-7]' | tail -n 1; }
need() { at=$(address "$1"); [ -z "$at" ] || printf '%s %s\\n' "$at" "$2"; }
{
  for place in / /boot /boot/efi /usr /var /home; do findmnt -n -v -o SOURCE,TARGET --target "$place"; done
  awk 'NR > 1 { print $1, "swap" }' /proc/swaps
} 2>/dev/null | sort -u | while read -r source target; do
  [ -b "$source" ] || continue
  lsblk -n -s -l -o KNAME "$source" 2>/dev/null | sort -u | while read -r name; do
    need "/sys/class/block/$name" "the host's own $target is on it ($name)"
  done
done
below() {
  need "/sys/class/net/$1/device" "$2"
  for link in "/sys/class/net/$1"/lower_*; do [ -e "$link" ] && below "\${link##*/lower_}" "$2"; done
}
for way in $(ip -o route show default; ip -o -6 route show default) NO; do
  [ "$previous" = dev ] && below "$way" "the host's default route goes through it ($way)"
  previous=$way
done
here=$(printf '%s' "$SSH_CONNECTION" | cut -d ' ' -f 3)
[ -z "$here" ] || ip -o address | while read -r _ name _ own _; do
  [ "\${own%/*}" = "$here" ] && below "$name" "this connection comes in through it ($name)"
done
for card in /sys/bus/pci/devices/*/boot_vga; do
  [ -e "$card" ] && [ "$(cat "$card")" = 1 ] && need "\${card%/boot_vga}" "it is the graphics card of the host's console"
done
exit 0`;

export async function whatHostNeeds(shell: HostShell): Promise<readonly HostNeed[]> {
  return hostNeedsIn(await shell.run(["sh", "-c", look]));
}

/** Pure. */
export function hostNeedsIn(said: string): readonly HostNeed[] {
  return [...new Set(said.split("\n"))].flatMap((line) => {
    const [, address, why] = /^(\S+) (.+)$/.exec(line) ?? [];
    return address === undefined || why === undefined ? [] : [{ address, why }];
  });
}
