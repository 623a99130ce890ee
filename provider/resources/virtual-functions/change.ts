/** Divides a device, and sets its virtual functions, by the kernel's files and `ip` on the host. */

import { setTimeout as delay } from "node:timers/promises";
import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import type { HostShell } from "../../libvirt/shell";
import type { Virsh } from "../../libvirt/virsh";
import { functionSettings, type SettingName, settingNames, settingWords } from "./function-settings";
import type { Meant } from "./observe";
import { ruleFor, rulePath } from "./rule";
import { lookAt, shellOf, type Sight } from "./sight";
import { refuseWhileUsed, type Transition } from "./uses";

type Functions = NonNullable<VirtualFunctionsInputs["functions"]>;

/** All as it is wanted, whatever of it is so already: what a killed predecessor began is finished by it. */
export async function bringAbout(
  virsh: Virsh,
  owner: string | undefined,
  inputs: VirtualFunctionsInputs,
  functions: Functions,
  meant: Meant,
): Promise<void> {
  const { device, sight } = meant;
  const { count, up, persistent } = inputs;
  const shell = await shellOf(virsh);
  // First: drivers of virtual functions ask the card for what they are, which a card that is down does not answer.
  if (up !== false && sight.interface !== undefined && !sight.isUp) await ip(shell, [sight.interface, "up"]);
  if (sight.count !== count) await changeCount(virsh, owner, { ...meant, to: count });
  await setFunctions(virsh, device, functions);
  if (persistent === true) await writeRule(shell, sight, device, ruleFor(inputs, device));
  else await removeRule(shell, sight, device.address);
}

/**
 * Asks once more, right before it is done, whether nobody uses one. The kernel takes no other number while there is one:
 * each change goes by way of none.
 */
export async function changeCount(virsh: Virsh, owner: string | undefined, transition: Transition): Promise<void> {
  const { device, sight, to } = transition;
  await refuseWhileUsed(virsh, owner, transition);
  const shell = await shellOf(virsh);
  // Some cards take a second for each.
  const set = (count: number): Promise<void> =>
    shell.write(`/sys/bus/pci/devices/${device.address}/sriov_numvfs`, String(count), 600);
  try {
    if (sight.count !== 0) await set(0);
    if (to !== 0) await set(to);
  } catch (error) {
    const now = await look(virsh, device).catch(() => undefined);
    if (now?.count === 0 && sight.count !== 0) await set(sight.count).catch(() => undefined);
    throw withAdvice(error);
  } finally {
    inventory(virsh).forget();
  }
  await untilListed(virsh, (await look(virsh, device)).addresses);
}

/** What the kernel refuses for want of room, the firmware can give (Documentation/PCI/pci-iov-howto). */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof LibvirtError) || !/Cannot allocate memory|No space left/.test(error.message)) return error;
  const [said = ""] = error.message.split("\nHint: ");
  return new LibvirtError(
    "NoSpace",
    said,
    "The firmware left no room for so many: switch on SR-IOV and memory above 4 GiB (Above 4G Decoding) there, or try pci=realloc on the kernel's command line; dmesg says more.",
  );
}

/** libvirt hears of devices from udev, a moment later; guests that come next ask it for them. */
async function untilListed(virsh: Virsh, addresses: readonly string[]): Promise<void> {
  const names = addresses.map((address) => `pci_${address.replaceAll(/[:.]/g, "_")}`);
  for (let tries = 0; tries < 40; tries += 1) {
    const listed = new Set((await virsh.run("nodedev-list", ["--cap", "pci"])).split(/\s+/));
    if (names.every((name) => listed.has(name))) break;
    await delay(250);
  }
  inventory(virsh).forget();
}

async function setFunctions(virsh: Virsh, device: PciDevice, functions: Functions): Promise<void> {
  const shell = await shellOf(virsh);
  const hasRate = Object.values(functions).some(({ maxMbit = 0 }) => maxMbit > 0);
  const sight = await (hasRate ? lookWithLink(virsh, device) : look(virsh, device));
  if (sight.interface === undefined) return;
  for (const [number, wanted] of Object.entries(functions)) {
    const seen = sight.functions.get(Number(number));
    for (const name of settingNames.filter((each) => wanted[each] !== undefined && wanted[each] !== seen?.[each])) {
      const words = settingWords({ [name]: wanted[name] }).flat();
      await ip(shell, [sight.interface, "vf", number, ...words], `functions.${number}.${name}`);
    }
  }
}

/** Some cards measure a rate by the speed of their link, which comes back seconds after the number has changed. */
async function lookWithLink(virsh: Virsh, device: PciDevice): Promise<Sight> {
  for (let tries = 0; tries < 20; tries += 1) {
    const sight = await look(virsh, device);
    if (sight.hasLink) return sight;
    await delay(500);
  }
  return look(virsh, device);
}

async function look(virsh: Virsh, { address }: PciDevice): Promise<Sight> {
  const sight = (await lookAt(virsh, [address])).sights.get(address);
  if (sight !== undefined) return sight;
  throw new LibvirtError("Gone", `Unable to look at the device ${address} on ${virsh.uri}: it is not there any more.`);
}

async function ip(shell: HostShell, words: readonly string[], path?: string): Promise<void> {
  try {
    await run(shell, ["ip", "link", "set", "dev", ...words]);
  } catch (error) {
    if (path === undefined || !(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    throw new LibvirtError(
      error.kind,
      `Unable to set ${path} (ip link set dev ${words.join(" ")}): ${reasonOf(error)}.`,
      `The card or its driver does not do it so: another value, or none, for ${path}.`,
    );
  }
}

/** One that says what is wanted already is not written again. */
async function writeRule(shell: HostShell, { rule }: Sight, { address }: PciDevice, wanted: string): Promise<void> {
  if (rule === wanted) return;
  await shell.write(rulePath(address), wanted);
  await reload(shell);
}

export async function removeRule(shell: HostShell, { rule }: Pick<Sight, "rule">, address: string): Promise<void> {
  if (rule === undefined) return;
  await run(shell, ["rm", "-f", rulePath(address)]);
  await reload(shell);
}

async function reload(shell: HostShell): Promise<void> {
  await run(shell, ["udevadm", "control", "--reload"]);
}

/** Users who are not root by their login find the commands of root nowhere. */
async function run(shell: HostShell, argv: readonly string[]): Promise<void> {
  await shell.run(["sh", "-c", `PATH=$PATH:/usr/sbin:/sbin; exec "$@"`, "sh", ...argv]);
}

/** The settings that are stated, and those that were stated and go back: a plan has them under their paths. */
export function functionsToSet(
  stated: Functions | undefined,
  planned: Readonly<Record<string, string | number | boolean>>,
): Functions {
  const rows = Object.entries(planned).flatMap(([path, value]) => {
    const [, number, name] = /^functions\.(\d+)\.(\w+)$/.exec(path) ?? [];
    return number === undefined || name === undefined ? [] : [{ number, name: name as SettingName, value }];
  });
  return rows.reduce<Functions>(
    (all, { number, name, value }) =>
      name in functionSettings ? { ...all, [number]: { ...all[number], [name]: value } } : all,
    { ...stated },
  );
}
