/**
 * The running guests' NICs on a network. libvirt stops a network under them without a word, and starts it again without
 * them: their taps stay without a bridge until somebody connects them anew (decisions/networks-in-use.md).
 */

import { devicesIn } from "../../libvirt/devices";
import { functionOf } from "../../libvirt/function-networks";
import type { ListingOptions } from "../../libvirt/inventory";
import { askGuests, type RunningGuest, runningGuests } from "../../libvirt/running-guests";
import type { Virsh } from "../../libvirt/virsh";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import { sameNic } from "../guest/devices/nic-addresses";

export interface ConnectedNic {
  readonly guest: Pick<RunningGuest, "uuid" | "name">;
  /** The interface as the running guest has it. */
  readonly element: Element;
  /**
   * The way it belongs to the network: by the network's name, by its bridge, which libvirt takes away with it, or by a
   * virtual function that the network gave it, which it keeps whatever becomes of the network.
   */
  readonly by: "network" | "bridge" | "function";
  /** Known to have no link: the network has no port for it. Of NICs on the bridge libvirt cannot say. */
  readonly cutOff: boolean;
}

/** What NICs are told apart by; `bridge` is undefined where the host's own bridge outlives the network. */
export interface Place {
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly bridge: string | undefined;
  /** The virtual functions that the network gives; undefined where it is not of that mode. */
  readonly functions: ReadonlySet<string> | undefined;
}

/** Every NIC of a running guest on this network, connected or not. */
export async function nicsOn(virsh: Virsh, network: Place, options?: ListingOptions): Promise<readonly ConnectedNic[]> {
  const all = await nicsOfGuests(virsh, options);
  const byName = all.filter(({ element }) => sourceOf(element).network === network.name);
  const onBridge = all.filter(
    ({ element }) =>
      element.attributes.type === "bridge" &&
      sourceOf(element).network === undefined &&
      network.bridge !== undefined &&
      sourceOf(element).bridge === network.bridge,
  );
  const given = all.filter(({ element }) => network.functions?.has(functionOf(element) ?? "") === true);
  const ports = byName.length === 0 || !network.active ? new Set<string>() : await portsOf(virsh, network.uuid);
  return [
    ...(await Promise.all(
      byName.map(async (nic): Promise<ConnectedNic> => {
        const { portid } = sourceOf(nic.element);
        const missing = portid !== undefined && !ports.has(portid);
        // A guest that was started or stopped between the two questions has another port by now, or none.
        return { ...nic, by: "network", cutOff: missing && (await stillHasPort(virsh, nic, portid)) };
      }),
    )),
    ...(await Promise.all(
      onBridge.map(async (nic): Promise<ConnectedNic> => {
        // Connecting a NIC anew leads over the bridge: one that was left half-way is the network's by its definition.
        const interrupted = await isDefinedOn(virsh, nic, network.name);
        return { ...nic, by: interrupted ? "network" : "bridge", cutOff: interrupted };
      }),
    )),
    ...(
      await Promise.all(
        given.map(async (nic): Promise<ConnectedNic[]> =>
          // Another guest may have been given one of them by its address.
          (await isDefinedOn(virsh, nic, network.name)) ? [{ ...nic, by: "function", cutOff: false }] : [],
        ),
      )
    ).flat(),
  ];
}

/** The guests' names, each once. */
export function namesOf(nics: readonly ConnectedNic[]): string[] {
  return [...new Set(nics.map(({ guest }) => guest.name))].sort();
}

type FoundNic = Pick<ConnectedNic, "guest" | "element">;

async function nicsOfGuests(virsh: Virsh, options: ListingOptions | undefined): Promise<readonly FoundNic[]> {
  const guests = await runningGuests(virsh, options);
  return guests.flatMap((guest) => elementsOf(guest.devices, "interface").map((element) => ({ guest, element })));
}

async function isDefinedOn(virsh: Virsh, nic: FoundNic, network: string): Promise<boolean> {
  const defined = await nicIn(virsh, nic, ["--inactive", nic.guest.uuid]);
  return defined !== undefined && sourceOf(defined).network === network;
}

async function stillHasPort(virsh: Virsh, nic: FoundNic, portid: string): Promise<boolean> {
  const now = await nicIn(virsh, nic, [nic.guest.uuid]);
  return now !== undefined && sourceOf(now).portid === portid;
}

/** The same NIC in another XML of the guest. */
async function nicIn(virsh: Virsh, { guest, element }: FoundNic, dumpxml: string[]): Promise<Element | undefined> {
  const live = !dumpxml.includes("--inactive");
  const [document] = await askGuests(virsh, [
    { guest, name: "dumpxml", arguments: dumpxml, while: ({ active }) => active || !live },
  ]);
  return sameNic(element, devicesIn(document, "interface"));
}

async function portsOf(virsh: Virsh, network: string): Promise<ReadonlySet<string>> {
  const listing = await virsh.run("net-port-list", ["--uuid", network]);
  return new Set(listing.split("\n").map((line) => line.trim()));
}

function sourceOf(nic: Element): Readonly<Record<string, string>> {
  return firstElement(nic, "source")?.attributes ?? {};
}
