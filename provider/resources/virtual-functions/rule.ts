/** The rule of udev by which a host divides a device by itself when it starts (udev(7)). Pure. */

import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import type { PciDevice } from "../../libvirt/node-device";
import { settingWords } from "./function-settings";

export function rulePath(address: string): string {
  return `/etc/udev/rules.d/70-pulumi-virt-${address}.rules`;
}

/**
 * `bind` comes when a driver takes the device, `add` once more for what had its driver before udev was there (from the
 * initramfs). It writes only what the kernel takes without harm: another number is refused while there is one already. At
 * the address another card may be by then: it has to be of the same vendor and product.
 */
export function ruleFor(inputs: VirtualFunctionsInputs, { address, vendor, product }: PciDevice): string {
  const { uuid = "", count } = inputs;
  const matches = [
    `ACTION=="add|bind"`,
    `SUBSYSTEM=="pci"`,
    `KERNEL=="${address}"`,
    `DRIVER=="?*"`,
    `ATTR{vendor}=="0x${vendor.id}"`,
    `ATTR{device}=="0x${product.id}"`,
  ];
  const commands = linkCommands(inputs);
  const run =
    commands.length === 0
      ? []
      : [
          `RUN+="/bin/sh -c 'PATH=/usr/sbin:/usr/bin:/sbin:/bin; for way in /sys%p/net/*; do [ -e $$way ] || continue; ${commands.map((command) => `ip link set dev $\${way##*/} ${command}; `).join("")}done'"`,
        ];
  return [
    `# Made by pulumi-virt for the resource VirtualFunctions of the claim ${uuid}, which rewrites it, and removes it in the end.`,
    [...matches, `ATTR{sriov_numvfs}="${count}"`, ...run].join(", "),
    "",
  ].join("\n");
}

function linkCommands({ up, functions = {} }: VirtualFunctionsInputs): string[] {
  const settings = Object.entries(functions).flatMap(([number, wanted]) =>
    settingWords(wanted).map((words) => `vf ${number} ${words.join(" ")}`),
  );
  return [...(up === false ? [] : ["up"]), ...settings];
}
