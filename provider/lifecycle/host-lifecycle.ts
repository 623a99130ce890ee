/** The life cycle of a Host: nothing is made; it is connected to, recognised, and given an owner token. */

import { randomUUID } from "node:crypto";
import { validate } from "../../schema/explain";
import { host as schema, type HostInputs } from "../../schema/host";
import { holdsUnknown } from "../../schema/unknown";
import type { Hosts } from "../libvirt/connection";
import { describe } from "../resources/host/handler";
import { connectedHost } from "../resources/host/connected";
import { pinnedUuid, refuseAnotherHost } from "../resources/host/machine-identity";
import { formatHostId } from "../resources/recorded-identity";
import { connected, isOffline, offline, verdictOn } from "./reached";
import type {
  Checked,
  Deleted,
  Difference,
  Found,
  Lifecycle,
  Made,
  PreviewReport,
  Run,
  State,
  Values,
  Wanted,
} from "./lifecycle";

export class HostLifecycle implements Lifecycle {
  constructor(private readonly hosts: Hosts) {}

  check(inputs: Values): Promise<Checked> {
    return Promise.resolve({ inputs, failures: validate(schema, inputs) });
  }

  async preview({ checked: { inputs } }: Wanted): Promise<PreviewReport> {
    if (holdsUnknown(inputs)) return {};
    if (isOffline()) return { unasked: offline };
    const { uri } = inputs as HostInputs;
    try {
      await connected(this.hosts, { uri });
    } catch (error) {
      const verdict = verdictOn(error, { uri }, false);
      return verdict.is === "unasked" ? { unasked: verdict.unasked } : { failures: [verdict.sentence] };
    }
    return {};
  }

  /** An address that leads to another machine is told before anything is done there; only here its id is known. */
  async differs(id: string, { outputs }: State, wanted: Values): Promise<Difference> {
    const { uri } = wanted as HostInputs;
    if (!isOffline() && !holdsUnknown(uri)) {
      await connected(this.hosts, { id, uri }).catch((error: unknown) => {
        if (verdictOn(error, { uri }, false).is !== "unasked") throw error;
      });
    }
    const changed = (outputs as HostInputs).uri !== uri;
    return { changed, isStated: changed, replaces: [] };
  }

  async create(inputs: Values, run?: Run): Promise<Made> {
    const { uri } = inputs as HostInputs;
    const virsh = this.hosts.connect(uri);
    // Drawn once: what this stack makes on the host carries it, so that a copy of the stack is told apart.
    const shown = run?.isSecret?.("uri") === true ? "" : uri;
    const id = formatHostId({ uri: shown, uuid: await pinnedUuid(await connectedHost(virsh)), owner: randomUUID() });
    return { id, outputs: { uri }, facts: await describe(virsh) };
  }

  async read(id: string, { outputs }: State): Promise<Found> {
    const { uri } = outputs as HostInputs;
    return { inputs: { uri }, ...(await this.recognised(id, uri)) };
  }

  update(id: string, _recorded: State, wanted: Values): Promise<State> {
    return this.recognised(id, (wanted as HostInputs).uri);
  }

  delete(): Promise<Deleted> {
    // Nothing of it is on the host.
    return Promise.resolve({});
  }

  private async recognised(id: string, uri: string): Promise<State> {
    const virsh = this.hosts.connect(uri);
    await refuseAnotherHost({ id, uri }, await connectedHost(virsh));
    return { outputs: { uri }, facts: await describe(virsh) };
  }
}
