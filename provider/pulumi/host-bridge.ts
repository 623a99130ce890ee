/** The life cycle of a Host: nothing is made; it is connected to, recognised, and given an owner token. */

import { randomUUID } from "node:crypto";
import { validate } from "../../schema/explain";
import { host as schema, type HostInputs } from "../../schema/host";
import { connect } from "../libvirt/connection";
import { describe } from "../resources/host/handler";
import { pinnedUuid, refuseAnotherHost } from "../resources/host/identity";
import { formatHostId } from "../resources/identity";
import { visibleInputs } from "./inputs";
import type { Checked, Difference, Found, Lifecycle, Made, State } from "./lifecycle";

/** Whether the program marked this input as secret. */
function isSecret(inputs: object, path: string): boolean {
  const { __secrets: secrets } = inputs as { __secrets?: unknown };
  return Array.isArray(secrets) && secrets.includes(path);
}

export class HostBridge implements Lifecycle {
  async check(_old: object | undefined, news: object): Promise<Checked> {
    const inputs = visibleInputs(news);
    return { inputs, failures: validate(schema, inputs) };
  }

  differs(recorded: object, news: object): Difference {
    return { changed: (recorded as HostInputs).uri !== (news as HostInputs).uri, replaces: [] };
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

  async delete(): Promise<void> {
    // Nothing of it is on the host.
  }

  private async recognised(id: string, uri: string): Promise<State> {
    const virsh = connect(uri);
    await refuseAnotherHost({ id, uri }, virsh);
    return { outputs: { uri }, facts: await describe(virsh) };
  }
}
