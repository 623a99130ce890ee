/** What a guest uses of its host and the host does not have: networks, bridges, files. */

import { nearest } from "../../../schema/nearest";
import { unknown } from "../../../schema/unknown";
import { linksOfHost } from "../../libvirt/domain-capabilities";
import { describeHost } from "../../libvirt/host-facts";
import { inventory } from "../../libvirt/inventory";
import { closedFolder, guestUserOf, isThere } from "../../libvirt/local-files";
import { hostShell } from "../../libvirt/shell";
import { isLocal } from "../../libvirt/uri";
import type { ConnectedHost, Objection } from "../resource";
import type { Wanted } from "./wanted";

export async function objectionsToSources(host: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const found = await Promise.all([
    objectionsToNetworks(host, wanted),
    objectionsToBridges(host, wanted),
    objectionsToFiles(host, wanted),
  ]);
  return found.flat();
}

/** A Network of the program has a host beside its name: it takes care of itself. */
async function objectionsToNetworks({ virsh }: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const named = Object.entries(wanted.inputs.nics ?? {}).flatMap(([key, { network }]) =>
    network === undefined || network.host !== undefined || network.name === unknown
      ? []
      : [{ path: `nics.${key}.network`, name: network.name }],
  );
  const asked = named.filter(({ path }) => wanted.isNew(path));
  if (asked.length === 0) return [];
  const networks = await inventory(virsh).networks();
  return asked.flatMap(({ path, name }) => {
    const network = networks.find((each) => each.name === name);
    if (network !== undefined && (network.active || wanted.inputs.running === false)) return [];
    const names = networks.map((each) => each.name);
    const guess = nearest(name, names);
    const reason =
      network !== undefined
        ? `the network "${name}" does not run on the host: start it (virsh net-start), or give the Network itself.`
        : `the host has no network "${name}"; ${names.length === 0 ? "it has none" : `it has ${names.join(", ")}`}${guess === undefined ? "." : `; did you mean "${guess}"?`}`;
    return [{ path, reason, mayPass: true, ...wanted.atStart }];
  });
}

/** Which links a host lists depends on how its libvirt was built: a bridge that is not among them may be there. */
async function objectionsToBridges({ virsh, facts }: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const asked = Object.entries(wanted.inputs.nics ?? {}).flatMap(([key, { bridge }]) =>
    bridge === undefined || bridge === unknown || !wanted.isNew(`nics.${key}.bridge`)
      ? []
      : [{ path: `nics.${key}.bridge`, bridge }],
  );
  if (asked.length === 0 || facts.session) return [];
  const links = await linksOfHost(virsh);
  return asked.flatMap(({ path, bridge }) => {
    if (links === undefined || links.includes(bridge)) return [];
    const guess = nearest(bridge, links);
    const reason = `the host lists no bridge "${bridge}"${guess === undefined ? "." : `; did you mean "${guess}"?`}`;
    return [{ path, reason, onlyTold: true }];
  });
}

/** Beyond doubt: nothing is decided by what another machine has. */
async function isOurMachine({ virsh }: ConnectedHost): Promise<boolean> {
  const found = await hostShell(virsh);
  return "shell" in found && found.doubt === undefined;
}

async function objectionsToFiles(host: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const { disks, boot } = wanted.inputs;
  const files = [
    ...Object.entries(disks ?? {}).map(([key, { path }]) => [`disks.${key}.path`, path] as const),
    ["boot.kernel", boot?.kernel] as const,
    ["boot.initrd", boot?.initrd] as const,
  ].filter(([path, file]) => file !== undefined && file !== unknown && wanted.isNew(path));
  if (files.length === 0 || !isLocal(host.virsh.uri)) return [];
  const { capabilities } = await describeHost(host.virsh);
  const user = host.facts.session ? undefined : guestUserOf(capabilities, wanted.type);
  const found = await Promise.all(
    files.map(async ([path, file = ""]): Promise<Objection[]> => {
      const there = await isThere(file);
      if (there === false) {
        const preventsStart = await isOurMachine(host);
        return [{ path, reason: `there is no ${file} on the host.`, onlyTold: true, preventsStart }];
      }
      const closed = there === true && user !== undefined ? await closedFolder(file, user) : undefined;
      if (user === undefined || closed === undefined) return [];
      const reason = `QEMU's user (${user.uid}) cannot reach ${file}: the folder ${closed} does not let it through. Allow it (setfacl -m u:${user.uid}:x ${closed}), or keep the file below /var/lib/libvirt/images. If an access control list of it does so already, nothing is to be done.`;
      return [{ path, reason, onlyTold: true }];
    }),
  );
  return found.flat();
}
