/** What the host itself tells of devices that can be divided: the kernel's files, `ip`, and our rule of udev. */

import { LibvirtError } from "../../libvirt/errors";
import { type HostShell, hostShell } from "../../libvirt/shell";
import type { Virsh } from "../../libvirt/virsh";
import { rulePath } from "./rule";

export interface Sight {
  /** How many virtual functions it can have; 0 where it has no SR-IOV. */
  readonly maximum: number;
  readonly count: number;
  /** Addresses of those that it has, by their number. */
  readonly addresses: readonly string[];
  /** Whether this user may change their number. */
  readonly mayWrite: boolean;
  /** The network interface of the physical function, where it has one. */
  readonly interface: string | undefined;
  readonly isUp: boolean;
  readonly hasLink: boolean;
  /** Settings of the virtual functions, by their number, as far as the card tells them. */
  readonly functions: ReadonlyMap<number, SeenFunction>;
  /** The text of our rule, where there is one. */
  readonly rule: string | undefined;
}

export interface SeenFunction {
  readonly trust?: boolean;
  readonly spoofCheck?: boolean;
  readonly maxMbit?: number;
}

export interface Look {
  /** By address. */
  readonly sights: ReadonlyMap<string, Sight>;
  /** Commands that the host does not have. */
  readonly lacks: readonly string[];
}

/** Rows of a word and the rest, for one device after the other: each is an address and the path of its rule. */
const look = `
PATH=$PATH:/usr/sbin:/sbin
for tool in ip udevadm; do command -v $tool >/dev/null || printf 'lacks %s\\n' $tool; done
while [ $# -gt 0 ]; do
  printf 'device %s\\n' "$1"
  folder=/sys/bus/pci/devices/$1
  [ -e "$2" ] && sed 's/^/rule /' "$2"
  shift 2
  [ -e "$folder/sriov_totalvfs" ] || continue
  printf 'maximum %s\\ncount %s\\n' "$(cat "$folder/sriov_totalvfs")" "$(cat "$folder/sriov_numvfs")"
  [ -w "$folder/sriov_numvfs" ] && echo writable
  for link in "$folder"/virtfn*; do
    [ -e "$link" ] && printf 'function %s %s\\n' "\${link##*/virtfn}" "$(basename "$(readlink "$link")")"
  done
  for way in "$folder"/net/*; do
    [ -e "$way" ] || continue
    # A card that is its own switch (switchdev) has an interface here for each virtual function, too.
    case $(cat "$way/phys_port_name" 2>/dev/null) in *vf*|*sf*) continue ;; esac
    printf 'interface %s\\nlink %s\\n' "\${way##*/}" "$(ip -json link show dev "\${way##*/}")"
    break
  done
done
exit 0`;

/** The shell that all of this is done by. Throws where there is none that is sure to be on the host. */
export async function shellOf(virsh: Virsh): Promise<HostShell> {
  const found = await hostShell(virsh);
  const reason = "absent" in found ? found.absent : found.doubt;
  if (!("absent" in found) && reason === undefined) return found.shell;
  throw new LibvirtError(
    "Unsupported",
    `Unable to look at virtual functions on ${virsh.uri}: ${noShell(reason ?? "")}`,
  );
}

export function noShell(reason: string): string {
  return `libvirt has no words for their number and settings, so a shell on the host is needed: ${reason}.`;
}

export async function lookAt(virsh: Virsh, addresses: Iterable<string>): Promise<Look> {
  const shell = await shellOf(virsh);
  const words = [...new Set(addresses)].flatMap((address) => [address, rulePath(address)]);
  return lookIn(await shell.run(["sh", "-c", look, "sh", ...words]));
}

/** Pure. */
export function lookIn(said: string): Look {
  const rows = said.split("\n").map((line): Row => {
    const [word = ""] = line.split(" ", 1);
    return { word, rest: line.slice(word.length + 1) };
  });
  const lacks = rows.flatMap(({ word, rest }) => (word === "lacks" ? [rest] : []));
  const starts = rows.flatMap(({ word }, index) => (word === "device" ? [index] : []));
  const sights = starts.map((start, index) => {
    const [{ rest: address } = nothing, ...own] = rows.slice(start, starts[index + 1]);
    return [address, sightIn(own)] as const;
  });
  return { sights: new Map(sights), lacks };
}

interface Row {
  readonly word: string;
  readonly rest: string;
}

const nothing: Row = { word: "", rest: "" };

function sightIn(rows: readonly Row[]): Sight {
  const all = (wanted: string): string[] => rows.flatMap(({ word, rest }) => (word === wanted ? [rest] : []));
  const [name] = all("interface");
  const link = name === undefined ? undefined : linkIn(all("link")[0] ?? "", name);
  const functions = all("function").map((row) => row.split(" "));
  const rule = all("rule");
  return {
    maximum: Number(all("maximum")[0] ?? 0),
    count: Number(all("count")[0] ?? 0),
    addresses: functions.sort(([one], [other]) => Number(one) - Number(other)).map(([, address = ""]) => address),
    mayWrite: rows.some(({ word }) => word === "writable"),
    interface: name,
    isUp: link?.flags?.includes("UP") === true,
    hasLink: link?.flags?.includes("LOWER_UP") === true,
    functions: new Map((link?.vfinfo_list ?? []).map((each) => [each.vf, seenFunction(each)])),
    rule: rule.length === 0 ? undefined : rule.map((line) => `${line}\n`).join(""),
  };
}

/** As `ip -json link show` writes it (iproute2, ipaddress.c). */
interface Link {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly vfinfo_list?: readonly LinkFunction[];
}

interface LinkFunction {
  readonly vf: number;
  readonly trust?: boolean;
  readonly spoofchk?: boolean;
  readonly rate?: { readonly max_tx?: number };
}

function linkIn(said: string, name: string): Link | undefined {
  try {
    return (JSON.parse(said) as readonly Link[]).find(({ ifname }) => ifname === name);
  } catch {
    return undefined;
  }
}

function seenFunction({ trust, spoofchk, rate }: LinkFunction): SeenFunction {
  const maxMbit = rate?.max_tx;
  return {
    ...(trust === undefined ? {} : { trust }),
    ...(spoofchk === undefined ? {} : { spoofCheck: spoofchk }),
    ...(maxMbit === undefined ? {} : { maxMbit }),
  };
}
