/** The resources that classes and reference are generated for, and what both say of a field. */

import type { z } from "zod";
import { disk, diskOutputs } from "../../schema/disk";
import type { FieldNotes } from "../../schema/field";
import { guest, guestOutputs } from "../../schema/guest";
import { host, hostOutputs } from "../../schema/host";
import { network, networkOutputs } from "../../schema/network";
import { passthroughDevice, passthroughDeviceOutputs } from "../../schema/passthrough-device";
import { pool, poolOutputs } from "../../schema/pool";
import { virtualFunctions, virtualFunctionsOutputs } from "../../schema/virtual-functions";

export interface Kind {
  readonly name: string;
  /** As the provider calls it: its name in the life cycle. */
  readonly kind: string;
  /** Of its page in the reference. */
  readonly file: string;
  readonly summary: string;
  readonly inputs: z.ZodObject;
  readonly outputs: z.ZodObject;
}

export const kinds: readonly Kind[] = [
  {
    name: "Host",
    kind: "host",
    file: "host",
    summary:
      "A VM Host Server that speaks libvirt. Nothing is changed on it; it is connected to, recognised and described.",
    inputs: host,
    outputs: hostOutputs,
  },
  {
    name: "Pool",
    kind: "pool",
    file: "pool",
    summary: "A storage pool (libvirt.org/formatstorage.html). What it holds is never touched.",
    inputs: pool,
    outputs: poolOutputs,
  },
  {
    name: "Disk",
    kind: "disk",
    file: "disk",
    summary:
      "A volume of a storage pool, with the data on it. It grows and never shrinks; what is in use is never deleted.",
    inputs: disk,
    outputs: diskOutputs,
  },
  {
    name: "Network",
    kind: "network",
    file: "network",
    summary: "A virtual network of the host (libvirt.org/formatnetwork.html).",
    inputs: network,
    outputs: networkOutputs,
  },
  {
    name: "PassthroughDevice",
    kind: "passthroughDevice",
    file: "passthrough-device",
    summary:
      "A device of the host that belongs to one guest (libvirt.org/formatnode.html). It is claimed for this program, and given to a guest by the guest's `passthrough`.",
    inputs: passthroughDevice,
    outputs: passthroughDeviceOutputs,
  },
  {
    name: "VirtualFunctions",
    kind: "virtualFunctions",
    file: "virtual-functions",
    summary:
      "The virtual functions (VFs) of a device of the host (SR-IOV): how many a physical function (PF) is divided into, each of which can be passed on to a guest of its own.",
    inputs: virtualFunctions,
    outputs: virtualFunctionsOutputs,
  },
  {
    name: "Guest",
    kind: "guest",
    file: "guest",
    summary: "A VM Guest (libvirt.org/formatdomain.html).",
    inputs: guest,
    outputs: guestOutputs,
  },
];

export const notice = "Generated from schema/ by `npm run generate`: change the schema, not this file.";

/** What a change of a field does, in the words of the README's table of classes. */
export const effects: Readonly<Record<FieldNotes["effect"], string>> = {
  none: "no effect on the host",
  live: "live",
  nextStart: "with the next start",
  stop: "stops or starts it",
  interrupts: "interrupts",
  replace: "replaces the resource",
};

export function fieldsOf(type: z.ZodObject): [string, z.ZodType][] {
  return Object.entries<z.ZodType>(type.shape);
}
