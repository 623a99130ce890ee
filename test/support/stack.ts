/** A front without an engine, in this process: the life cycles called one after the other, with what an engine would keep in between. */

import { disk as diskSchema } from "../../schema/disk";
import { guest as guestSchema } from "../../schema/guest";
import { host as hostSchema } from "../../schema/host";
import { network as networkSchema } from "../../schema/network";
import { keyOrder, type KeyOrder } from "../../schema/order";
import { passthroughDevice as passthroughDeviceSchema } from "../../schema/passthrough-device";
import { pool as poolSchema } from "../../schema/pool";
import { virtualFunctions as virtualFunctionsSchema } from "../../schema/virtual-functions";
import { ResourceLifecycle } from "../../provider/lifecycle/resource-lifecycle";
import { HostLifecycle } from "../../provider/lifecycle/host-lifecycle";
import type { Deleted, Lifecycle, PreviewReport, Values } from "../../provider/lifecycle/lifecycle";
import { driftSaid, impactSaid } from "../../provider/lifecycle/sentences";
import { disk } from "../../provider/resources/disk/handler";
import { guest } from "../../provider/resources/guest/handler";
import { network } from "../../provider/resources/network/handler";
import { passthroughDevice } from "../../provider/resources/passthrough-device/handler";
import type { Operation } from "../../provider/resources/resource";
import { pool } from "../../provider/resources/pool/handler";
import { virtualFunctions } from "../../provider/resources/virtual-functions/handler";
import { hosts } from "./hosts";
import { plainly } from "./plainly";

const lifecycles: Readonly<Record<string, Lifecycle>> = {
  host: new HostLifecycle(hosts),
  pool: new ResourceLifecycle(hosts, pool),
  disk: new ResourceLifecycle(hosts, disk),
  network: new ResourceLifecycle(hosts, network),
  passthroughDevice: new ResourceLifecycle(hosts, passthroughDevice),
  virtualFunctions: new ResourceLifecycle(hosts, virtualFunctions),
  guest: new ResourceLifecycle(hosts, guest),
};

export type Kind = "host" | "pool" | "disk" | "network" | "passthroughDevice" | "virtualFunctions" | "guest";

const schemas = {
  host: hostSchema,
  pool: poolSchema,
  disk: diskSchema,
  network: networkSchema,
  passthroughDevice: passthroughDeviceSchema,
  virtualFunctions: virtualFunctionsSchema,
  guest: guestSchema,
};

/** What the classes send along, since the engine sorts the keys of maps. */
export function orderOf(kind: Kind, args: Values): KeyOrder {
  return keyOrder(schemas[kind], args);
}

interface Kept {
  readonly kind: Kind;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  readonly facts: Values;
  readonly creation?: string | undefined;
  /** Something of it failed: the engine calls `update` the next time, whatever the difference says. */
  readonly incomplete?: unknown;
}

/** What the program says in a resource's options. */
type Options = Partial<typeof plainly>;

interface Preview {
  readonly inputs: Values;
  readonly report: PreviewReport;
}

const unheard: Operation = { progress: () => undefined };

export class Stack {
  readonly kept = new Map<string, Kept>();
  private readonly previews = new WeakMap<Values, Preview>();

  constructor(private readonly name = "test") {}

  /** What `up` does with one resource: check, then create, or update where there is a difference. Returns what it did. */
  async up(kind: Kind, name: string, args: Values, operation?: Operation): Promise<"created" | "updated" | "same"> {
    const old = this.kept.get(name);
    const { inputs, report } = await this.preview(kind, name, args, { isFollowed: true });
    const lifecycle = lifecycles[kind] as Lifecycle;
    const run = { ...(operation ?? unheard), announced: report.impact ?? [] };
    if (old === undefined) {
      const made = await lifecycle.create(inputs, run);
      this.kept.set(name, { kind, inputs, ...made });
      if (made.incomplete !== undefined) throw made.incomplete as Error;
      return "created";
    }
    const { changed, replaces } = await lifecycle.differs(old.id, old, inputs, report);
    if (replaces.length > 0) throw new Error(`replaces: ${replaces.join(", ")}`);
    if (!changed && old.incomplete === undefined) {
      // The engine keeps the new inputs, and the old outputs.
      this.kept.set(name, { ...old, inputs });
      return "same";
    }
    const { incomplete, ...state } = await lifecycle.update(old.id, old, inputs, run);
    this.kept.set(name, { ...old, inputs, ...state, incomplete });
    if (incomplete !== undefined) throw incomplete as Error;
    return "updated";
  }

  /** Only the second half of an `up`: with what `check` said a while ago, before something else happened. */
  async update(name: string, checked: Values): Promise<void> {
    const kept = this.get(name);
    const { inputs, report } = this.previews.get(checked) ?? { inputs: checked, report: {} };
    const run = { ...unheard, announced: report.impact ?? [] };
    await (lifecycles[kept.kind] as Lifecycle).update(kept.id, kept, inputs, run);
  }

  /** The checked inputs, with drift and impact in sentences beside them; throws what `check` or the preview finds wrong. */
  async check(kind: Kind, name: string, args: Values, options: Options = {}): Promise<Values> {
    const preview = await this.preview(kind, name, args, options);
    const { inputs, report } = preview;
    const [drift, impact] = [driftSaid(report.drift ?? [], inputs), impactSaid(report.impact ?? [], inputs)];
    const shown = {
      ...inputs,
      ...(Object.keys(drift).length === 0 ? {} : { drift }),
      ...(Object.keys(impact).length === 0 ? {} : { impact }),
    };
    this.previews.set(shown, preview);
    return shown;
  }

  /** What a preview finds, as data; throws as `check` does. */
  async preview(kind: Kind, name: string, args: Values, options: Options = {}): Promise<Preview> {
    const urn = `urn:pulumi:${this.name}::project::virt:${kind}::${name}`;
    const recorded = this.kept.get(name)?.inputs;
    const lifecycle = lifecycles[kind] as Lifecycle;
    const checked = await lifecycle.check(defined(args), recorded, {
      urn,
      resourceName: name,
      order: orderOf(kind, args),
    });
    if (checked.failures.length > 0) throw new Error(checked.failures.join("\n"));
    const report = await lifecycle.preview({ checked, recorded, ...plainly, ...options });
    if (report.failures !== undefined && report.failures.length > 0) throw new Error(report.failures.join("\n"));
    return { inputs: checked.inputs, report };
  }

  /** Whether a refresh finds what was recorded. */
  async refresh(name: string): Promise<Values | undefined> {
    const kept = this.get(name);
    return (await (lifecycles[kept.kind] as Lifecycle).read(kept.id, kept))?.inputs;
  }

  /** What a refresh says of what waits for the guest's next start. */
  async pendingOf(name: string): Promise<unknown> {
    const kept = this.get(name);
    return (await (lifecycles[kept.kind] as Lifecycle).read(kept.id, kept))?.facts.pending;
  }

  async destroy(name: string, operation?: Operation): Promise<Deleted> {
    const kept = this.get(name);
    const deleted = await (lifecycles[kept.kind] as Lifecycle).delete(kept.id, kept, operation);
    this.kept.delete(name);
    return deleted;
  }

  /** As when our process died before the engine could record anything. */
  forget(name: string): void {
    this.kept.delete(name);
  }

  get(name: string): Kept {
    const kept = this.kept.get(name);
    if (kept === undefined) throw new Error(`no ${name} in the stack`);
    return kept;
  }

  /** References as the classes pass them. */
  host(name = "host"): Values {
    return { id: this.get(name).id, uri: this.get(name).outputs.uri };
  }

  pool(name: string): Values {
    const { outputs, id } = this.get(name);
    return { host: outputs.host, name: outputs.name, type: outputs.type, path: outputs.path, id };
  }

  disk(name: string): Values {
    const { outputs, id } = this.get(name);
    const pool = outputs.pool as Values;
    const { path, format, sizeGiB } = outputs;
    return {
      host: pool.host,
      pool: pool.name,
      name: outputs.name,
      path,
      format,
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      id,
    };
  }

  network(name: string): Values {
    const { outputs, id } = this.get(name);
    return { host: outputs.host, name: outputs.name, id };
  }
}

/** As the engine sends them. */
function defined(args: Values): Values {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

export { disconnect } from "./hosts";
