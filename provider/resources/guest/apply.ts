/** Carries a plan out on a guest: the persistent definition first, then what a running guest can take, then power. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { markElement, markNamespace, markPrefix, readMark, withMark } from "../../libvirt/mark";
import { serializeXml } from "../../libvirt/xml";
import type { Change, Plan } from "../../reconcile/plan";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import { ownerOf } from "../identity";
import type { ConnectedHost, Impact, Observed } from "../resource";
import { define, setAutostart } from "./create";
import { defaultShutdownTimeoutSeconds, shutDown, start } from "./power";

/** What a running guest shows at once. Wider with the table of live changes. */
const live = /^(title|description|metadata|autostart|running)(\.|$)/;

export function impact(change: Change, inputs: GuestInputs, observed: Observed): Impact {
  if (live.test(change.path)) return { class: "live" };
  if (observed.settings.running !== true) return { class: "live", note: "the guest is off" };
  if (inputs.restart === "ifNeeded") return { class: "powerCycle", note: "the guest is shut down and started again" };
  if (change.path === "name") return { class: "refused", note: "a running guest cannot be renamed" };
  return { class: "nextStart", note: "the guest keeps running" };
}

export async function apply(host: ConnectedHost, inputs: GuestInputs, observed: Observed, plan: Plan): Promise<void> {
  const { virsh } = host;
  const uuid = observed.id;
  const name = nameOf(observed.document);
  const stop = plan.settings.running === false;
  const active = observed.settings.running === true;
  const cycle =
    active && !stop && plan.changes.some((change) => impact(change, inputs, observed).class === "powerCycle");
  const next = withMark(plan.document, { owner: ownerOf(inputs.host) ?? "", state: "finished" });
  const newName = nameOf(next);

  if (newName !== name && active && !stop && !cycle) {
    throw new LibvirtError(
      "Unsupported",
      `Unable to rename guest "${name}" on ${inputs.host.uri} to "${newName}": it is running. Nothing was changed.`,
      'Stop it first (running: false), or allow a restart (restart: "ifNeeded").',
    );
  }
  const timeoutSeconds = inputs.shutdownTimeoutSeconds ?? defaultShutdownTimeoutSeconds;
  if (stop || cycle) await shutDown(virsh, uuid, name, { timeoutSeconds, force: inputs.forceOff ?? false });
  // A define of a known UUID under another name is refused; a rename takes autostart along.
  if (newName !== name) await virsh.run("domrename", [uuid, newName], { lane: "work" });
  if (plan.document !== observed.document || !isMarked(observed.document, next)) await define(host, next);
  if (active && !stop && !cycle) await changeLive(host, uuid, plan, next);
  if (plan.settings.autostart !== undefined) await setAutostart(host, uuid, plan.settings.autostart === true);
  if (plan.settings.running === true || cycle) await start(virsh, uuid);
  inventory(virsh).forget();
}

function isMarked(document: Element, next: Element): boolean {
  const [before, after] = [readMark(document), readMark(next)];
  return before?.owner === after?.owner && before?.state === after?.state;
}

function nameOf(document: Element): string {
  return textOf(firstElement(document, "name"));
}

/** Title, description and metadata of the running guest, which a definition does not reach. A line break cannot pass through virsh: such a text waits for the start. */
async function changeLive(host: ConnectedHost, uuid: string, { changes }: Plan, next: Element): Promise<void> {
  for (const [path, flags] of [
    ["title", ["--title"]],
    ["description", []],
  ] as const) {
    if (!changes.some((change) => change.path === path)) continue;
    const text = textOf(firstElement(next, path));
    if (text.includes("\n")) continue;
    await host.virsh.run("desc", [uuid, "--live", ...flags, "--new-desc", text], { lane: "work" });
  }
  const mark = markElement(next);
  if (mark !== undefined && changes.some(({ path }) => path.startsWith("metadata"))) {
    const xml = serializeXml(withoutPrefix(mark)).replaceAll(/\n\s*/g, "");
    const options = ["--uri", markNamespace, "--key", markPrefix, "--set", xml];
    await host.virsh.run("metadata", [uuid, "--live", ...options], { lane: "work" });
  }
}

/** libvirt puts the name space and its prefix on what it is given, all the way down. */
function withoutPrefix({ name, attributes, children }: Element): Element {
  const { [`xmlns:${markPrefix}`]: _namespace, ...own } = attributes;
  return {
    name: name.replace(`${markPrefix}:`, ""),
    attributes: own,
    children: children.map((child) => (typeof child === "string" ? child : withoutPrefix(child))),
  };
}
