/** The resource classes' common part: from what a program writes to what the engine is sent. */

import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { disk, diskOutputs } from "../../../schema/disk";
import { guest, guestOutputs } from "../../../schema/guest";
import { host, hostOutputs } from "../../../schema/host";
import { network, networkOutputs } from "../../../schema/network";
import { passthroughDevice, passthroughDeviceOutputs } from "../../../schema/passthrough-device";
import { pool, poolOutputs } from "../../../schema/pool";
import { virtualFunctions, virtualFunctionsOutputs } from "../../../schema/virtual-functions";
import { keyOrder } from "../../../schema/order";
import { ownNotes } from "../../../schema/field";
import { secretPaths } from "../../../schema/walk";
import { checkedOptions } from "./options";
import { member, prepared, typeOf } from "./stated";

type Kind = "host" | "pool" | "disk" | "network" | "passthroughDevice" | "virtualFunctions" | "guest";

const schemas: Readonly<Record<Kind, { readonly inputs: z.ZodObject; readonly outputs: z.ZodObject }>> = {
  host: { inputs: host, outputs: hostOutputs },
  pool: { inputs: pool, outputs: poolOutputs },
  disk: { inputs: disk, outputs: diskOutputs },
  network: { inputs: network, outputs: networkOutputs },
  passthroughDevice: { inputs: passthroughDevice, outputs: passthroughDeviceOutputs },
  virtualFunctions: { inputs: virtualFunctions, outputs: virtualFunctionsOutputs },
  guest: { inputs: guest, outputs: guestOutputs },
};

/**
 * What Pulumi keeps in every resource's state to find its provider by (decisions/dynamic-front.md). A changed text is a
 * difference on every resource of every user: a test holds it.
 */
export function shim(kind: string): string {
  return `exports.handler=()=>require("pulumi-virt/handler").${kind};`;
}

export abstract class VirtResource extends pulumi.CustomResource {
  /** Where other packages read an existing resource. */
  static get(name: string): never {
    throw new pulumi.RunError(
      `${this.name}.get("${name}"): there is no get. Take over what exists with the argument adopt: true, or name it where it is used: { host, name }.`,
    );
  }

  /** `kind`: the name under which the handler is exported, `guest`. No schema passes here: types of zod are ours alone. */
  protected constructor(name: string, kind: Kind, args: object, options: pulumi.CustomResourceOptions = {}) {
    mustResolve();
    const { inputs, outputs } = schemas[kind];
    const className = kind.charAt(0).toUpperCase() + kind.slice(1);
    const type = typeOf(className);
    const given = args as Record<string, unknown>;
    const stated = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        prepared(member(inputs, key), value, `${className} "${name}": ${key}`),
      ]),
    );
    // The engine fills in only the properties that it is told of, and each costs the program some promises: what is
    // neither stated nor derived mirrors nothing.
    const fields = Object.entries<z.ZodType>(inputs.shape);
    const chosen = fields.flatMap(([key, type]) => (ownNotes(type)?.chosen === true ? [key] : []));
    const reported = [...Object.keys(outputs.shape), ...chosen];
    const derived = fields
      .filter(([, type]) => ownNotes(type)?.derived === true)
      .map(([key]) => [key, undefined] as const);
    super(
      type,
      name,
      {
        ...Object.fromEntries(derived),
        // Mocks know facts by their own names, and the engine not at all.
        ...(isMocked() ? Object.fromEntries(reported.map((key) => [key, undefined])) : {}),
        ...withSecrets(stated, secretPaths(inputs)),
        __facts: undefined,
        __provider: shim(kind),
        // A bare promise: as an Output it deadlocks two siblings in a component.
        __urn: new Promise<string>((resolve) => pulumi.createUrn(name, type, options.parent).apply(resolve)),
        __secrets: secretsIn(given, ""),
        ...(options.ignoreChanges === undefined ? {} : { __ignoreChanges: options.ignoreChanges }),
        ...(options.replaceOnChanges === undefined ? {} : { __replaceOnChanges: options.replaceOnChanges }),
        ...(options.retainOnDelete === true ? { __retainOnDelete: true } : {}),
        // An `up` records what was checked: what only a preview shows must not be shown as taken away the next time.
        __preview: pulumi.runtime.isDryRun(),
        __order: outline(given).then((keys) => keyOrder(inputs, keys)),
      },
      checkedOptions(`${className} "${name}"`, options, reported, Object.keys(inputs.shape)),
    );
    // Facts travel in a hidden output, out of sight of the engine's differences.
    const { __facts: facts } = this as unknown as { readonly __facts: Facts };
    for (const key of isMocked() ? [] : reported) {
      const asStated = (this as unknown as Record<string, pulumi.Output<unknown> | undefined>)[key];
      const get = (): pulumi.Output<unknown> => {
        const asFound = facts.apply((known) => known?.[key]);
        // What is stated is known before the host is.
        return asStated === undefined ? asFound : asStated.apply((value) => value ?? asFound);
      };
      Object.defineProperty(this, key, { enumerable: true, get });
    }
    for (const [key] of fields) {
      if (!(key in this)) Object.defineProperty(this, key, { enumerable: true, get: () => pulumi.output(undefined) });
    }
  }
}

type Facts = pulumi.Output<Record<string, unknown> | undefined>;

let resolved = false;

/** A program's unit test runs with Pulumi's mocks, in whatever folder, and starts no provider. */
function isMocked(): boolean {
  const monitor = pulumi.runtime.getMonitor();
  return monitor !== undefined && "mocks" in monitor;
}

/** The provider runs in the folder of the program, and looks for us from there. */
function mustResolve(): void {
  if (resolved || isMocked()) return;
  try {
    // Not by this file's own `require`: within a package its own name always resolves.
    createRequire(join(process.cwd(), "index.js")).resolve("pulumi-virt/handler");
    resolved = true;
  } catch {
    throw new Error(
      `pulumi-virt cannot be found from ${process.cwd()}, where Pulumi runs the provider. ` +
        "Make it a direct dependency of the program's own project, in that folder: npm install pulumi-virt (or pnpm add pulumi-virt). " +
        "In a monorepo that is the package with the Pulumi program, even where only a library in it makes the resources; " +
        "the library names it as a peerDependency, so that there is one copy: pnpm --filter PROGRAM add pulumi-virt.",
    );
  }
}

/** Wraps the values that the schema calls secret, so that the engine encrypts them even if the program did not. */
function withSecrets(values: Record<string, unknown>, paths: readonly string[]): Record<string, unknown> {
  return paths.reduce((all, path) => wrapped(all, path.split(".")) as Record<string, unknown>, values);
}

function wrapped(value: unknown, [key = "", ...rest]: readonly string[]): unknown {
  if (value === undefined || value === null) return value;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return pulumi.secret(value);
  if (typeof value !== "object") return value;
  const inner = (value as Record<string, unknown>)[key];
  if (inner === undefined) return value;
  return { ...value, [key]: rest.length === 0 ? pulumi.secret(inner) : wrapped(inner, rest) };
}

/** Paths of the inputs that the program marked as secret; handlers get them as plain text and must not show them. */
async function secretsIn(value: unknown, path: string): Promise<string[]> {
  if (pulumi.Resource.isInstance(value)) return [];
  if (pulumi.Output.isInstance(value)) {
    return (await (value as unknown as { isSecret: Promise<boolean> }).isSecret) ? [path] : [];
  }
  const known: unknown = await value;
  if (typeof known !== "object" || known === null) return [];
  const inner = await Promise.all(
    Object.entries(known).map(([key, each]) => secretsIn(each, path === "" ? key : `${path}.${key}`)),
  );
  return inner.flat();
}

/** The keys that a value has at every depth, through promises and outputs, as far as a preview knows them. */
async function outline(value: unknown): Promise<unknown> {
  if (pulumi.Resource.isInstance(value)) return undefined;
  if (pulumi.Output.isInstance(value)) {
    // With unknowns: the keys of a map are known where one of its values is not.
    return outline(await (value as unknown as { promise(withUnknowns: true): Promise<unknown> }).promise(true));
  }
  const known: unknown = await value;
  if (typeof known !== "object" || known === null || pulumi.isUnknown(known)) return undefined;
  const entries = Object.entries(known).map(async ([key, each]) => [key, await outline(each)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
