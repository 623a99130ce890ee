/** The life cycle of a Host: nothing is made; it is connected to, recognised, and given an owner token. */

import { randomUUID } from "node:crypto";
import { validate } from "../../schema/explain";
import { host as schema, type HostInputs } from "../../schema/host";
import { holdsUnknown } from "../../schema/unknown";
import { connect } from "../libvirt/connection";
import { describe } from "../resources/host/handler";
import { pinnedUuid, refuseAnotherHost } from "../resources/host/identity";
import { formatHostId } from "../resources/identity";
import { visibleInputs } from "./inputs";
import { connected, isOffline, offline, verdictOn } from "./reached";
import type { Checked, Deleted, Difference, Found, Lifecycle, Made, State } from "./lifecycle";

/** Whether the program marked this input as secret. */
function isSecret(inputs: object, path: string): boolean {
  const { __secrets: secrets } = inputs as { __secrets?: unknown };
  return Array.isArray(secrets) && secrets.includes(path);
}

export class HostLifecycle implements Lifecycle {
  async check(_old: object | undefined, news: object): Promise<Checked> {
    const inputs = visibleInputs(news);
    const failures = validate(schema, inputs);
    if (failures.length > 0 || holdsUnknown(inputs)) return { inputs, failures };
    if (isOffline()) return { inputs, failures, unasked: offline };
    const { uri } = inputs as HostInputs;
    try {
      await connected({ uri });
    } catch (error) {
      const verdict = verdictOn(error, { uri }, false);
      return verdict.is === "unasked"
        ? { inputs, failures, unasked: verdict.unasked }
        : { inputs, failures: [verdict.sentence] };
    }
    return { inputs, failures };
  }

  /** An address that leads to another machine is told before anything is done there; only here its id is known. */
  async differs(recorded: object, news: object, id: string): Promise<Difference> {
    const { uri } = news as HostInputs;
    if (!isOffline() && !holdsUnknown(uri)) {
      await connected({ id, uri }).catch((error: unknown) => {
        if (verdictOn(error, { uri }, false).is !== "unasked") throw error;
      });
    }
    const changed = (recorded as HostInputs).uri !== uri;
    return { changed, isShown: changed, replaces: [] };
  }

  async create(inputs: object): Promise<Made> {
    const { uri } = inputs as HostInputs;
    const virsh = connect(uri);
    // Drawn once: what this stack makes on the host carries it, so that a twin of the stack is told apart.
    const shown = isSecret(inputs, "uri") ? "" : uri;
    const id = formatHostId({ uri: shown, uuid: await pinnedUuid(virsh), owner: randomUUID() });
    return { id, outputs: { uri }, facts: await describe(virsh) };
  }

  async read(id: string, recorded: object): Promise<Found> {
    const { uri } = recorded as HostInputs;
    return { inputs: { uri }, ...(await this.recognised(id, uri)) };
  }

  update(id: string, _recorded: object, news: object): Promise<State> {
    return this.recognised(id, (news as HostInputs).uri);
  }

  async delete(): Promise<Deleted> {
    // Nothing of it is on the host.
    return {};
  }

  private async recognised(id: string, uri: string): Promise<State> {
    const virsh = connect(uri);
    await refuseAnotherHost({ id, uri }, virsh);
    return { outputs: { uri }, facts: await describe(virsh) };
  }
}
