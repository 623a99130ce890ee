/** The resource classes, the types of their arguments and of their outputs, as text. No type of a library in them. */

import { ownNotes } from "../../schema/field";
import { fieldsOf, type Kind, kinds, notice } from "./kinds";
import { given, interfaceOf, known } from "./types";

/** `provider/pulumi/dynamic/resources.ts`. */
export function classes(): string {
  const interfaces = kinds.flatMap(({ name, inputs }) => {
    const others: string[] = [];
    const args = interfaceOf(`${name}Args`, fieldsOf(inputs), given, others);
    return [...others, `/** Arguments of a {@link ${name}}. */\n${args}`];
  });
  return [
    `/** ${notice} */`,
    `import type * as pulumi from "@pulumi/pulumi";`,
    `import { VirtResource } from "./dynamic";`,
    `import type * as output from "./outputs";`,
    "",
    referenceTypes,
    ...interfaces,
    ...kinds.map(classOf),
  ].join("\n\n");
}

/** `provider/pulumi/dynamic/outputs.ts`: for each resource what its outputs hold, inputs and facts alike. */
export function outputs(): string {
  const interfaces = kinds.flatMap(({ name, summary, inputs, outputs: facts }) => {
    const others: string[] = [];
    const all = interfaceOf(name, [...fieldsOf(inputs), ...fieldsOf(facts)], known, others);
    return [...others, `/** ${summary} */\n${all}`];
  });
  return [`/** ${notice} */`, referenceValues, ...interfaces].join("\n\n");
}

const referenceTypes = `/** A Host, its id, a connection URI, or an object with either. */
export type HostReference = Host | pulumi.Input<string> | pulumi.Input<{ uri: pulumi.Input<string>; id?: pulumi.Input<string> }>;

/** A Pool, or the place of one that is not managed here. */
export type PoolReference = Pool | pulumi.Input<{ host: HostReference; name: pulumi.Input<string>; type?: pulumi.Input<string>; path?: pulumi.Input<string> }>;

/** A Disk, or the place of a volume that is not managed here: its pool's name, its name, its path and format. */
export type DiskReference = Disk | pulumi.Input<{ host: HostReference; pool: pulumi.Input<string>; name: pulumi.Input<string>; path?: pulumi.Input<string>; format?: pulumi.Input<string>; sizeGiB?: pulumi.Input<number> }>;

/** A Network, or the name of one that is not managed here. */
export type NetworkReference = Network | pulumi.Input<{ host?: HostReference; name: pulumi.Input<string> }>;

/** A PassthroughDevice, or the address of a device that is not managed here: \`0000:65:00.0\`, \`046d:c52b\` or \`046d:c52b@001:004\`, or a UUID. */
export type PassthroughDeviceReference = PassthroughDevice | pulumi.Input<{ host?: HostReference; address: pulumi.Input<string> }>;`;

const referenceValues = `/** Where a host is. */
export interface HostReference { uri: string; id?: string }

/** Where a pool is. */
export interface PoolReference { host: HostReference; name: string; type?: string; path?: string; id?: string }

/** Where a disk is: the name of its pool, its own, and its path on the host. */
export interface DiskReference { host: HostReference; pool: string; name: string; path?: string; format?: string; sizeGiB?: number; id?: string }

/** Which network it is. */
export interface NetworkReference { host?: HostReference; name: string; id?: string }

/** Which device it is. */
export interface PassthroughDeviceReference { host?: HostReference; address: string; pci?: DeviceWords; usb?: DeviceWords; mdev?: DeviceWords; uuid?: string; id?: string }

/** How a program found it. */
export interface DeviceWords { [key: string]: string | number | boolean }`;

function classOf({ name, kind, summary, inputs, outputs: facts }: Kind): string {
  const properties = [...fieldsOf(inputs), ...fieldsOf(facts)].map(
    ([key, type]) =>
      `  /** ${ownNotes(type)?.description ?? ""} */\n  declare readonly ${key}: pulumi.Output<output.${name}["${key}"]>;\n`,
  );
  return `/** ${summary} */
export class ${name} extends VirtResource {
${properties.join("\n")}

  constructor(name: string, args: ${name}Args, options?: pulumi.CustomResourceOptions) {
    super(name, "${kind}", args, options);
  }
}`;
}
