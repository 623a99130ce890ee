/** What only one resource of a program can have on a host: its name, and for guests the disks that they write to. Pure. */

import type { GuestInputs } from "../../schema/guest";
import type { HostReference } from "../../schema/references";
import { holdsUnknown } from "../../schema/unknown";
import { parseHostId } from "./identity";

export interface Once {
  /** The same for all that would be in each other's way. */
  readonly key: string;
  readonly path: string;
  /** What it is, for people: `the name "web"`. */
  readonly what: string;
  /** Why two of them do not work, and what to do. */
  readonly why: string;
  /** Between two that do not run at the same time it is only told. */
  readonly atOnce: boolean;
}

interface Named {
  readonly host?: HostReference;
  readonly name?: string;
  readonly pool?: { readonly host: HostReference; readonly name: string };
}

/** Names are the host's; a disk's name is its pool's. */
export function nameOf(kind: string, { host, name, pool }: Named): Once[] {
  const at = pool?.host ?? host;
  if (name === undefined || at === undefined || holdsUnknown([name, at.uri, at.id, pool?.name])) return [];
  const why = `each ${kind} of a host needs a name of its own.`;
  return [
    {
      key: [kind, placeOf(at), pool?.name ?? "", name].join("\n"),
      path: "name",
      what: `the name "${name}"`,
      why,
      atOnce: true,
    },
  ];
}

export function disksOf(inputs: GuestInputs): Once[] {
  const { host, disks, xml, running } = inputs;
  // A fragment can make any disk a shared one.
  const shares = Object.values(xml ?? {}).some(({ fragment }) => /shareable|readonly|transient/.test(fragment));
  if (holdsUnknown([host.uri, host.id]) || typeof disks !== "object" || shares) return [];
  return Object.entries(disks).flatMap(([key, disk]): Once[] => {
    if (typeof disk !== "object" || (disk.device ?? "disk") !== "disk") return [];
    if (disk.readOnly === true || disk.shareable === true) return [];
    const file = disk.disk?.path ?? disk.path;
    if (file === undefined || holdsUnknown([disk.readOnly, disk.shareable, file])) return [];
    const why =
      "two guests that write to one disk destroy it. Give each its own, or say shareable: true in both where their file systems are made for it.";
    return [
      {
        key: ["disk", placeOf(host), file].join("\n"),
        path: `disks.${key}`,
        what: file,
        why,
        atOnce: running !== false,
      },
    ];
  });
}

function placeOf({ uri, id }: HostReference): string {
  const uuid = parseHostId(id ?? "")?.uuid ?? "";
  return uuid === "" ? uri : uuid;
}
