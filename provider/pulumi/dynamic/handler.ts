/**
 * The dynamic provider's side of the front: what the shim in every resource's state requires by name. The names exported
 * here are a promise for ever, since they stand in the state files of all users.
 */

import type { dynamic } from "@pulumi/pulumi";
import type { DiskInputs } from "../../../schema/disk";
import { guest as guestSchema, type GuestInputs } from "../../../schema/guest";
import type { NetworkInputs } from "../../../schema/network";
import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { secretPaths } from "../../../schema/walk";
import { wordsOf } from "../../hypervisors/profile-of";
import { Hosts } from "../../libvirt/connection";
import { withoutPasswords } from "../../libvirt/uri";
import { disk as diskResource } from "../../resources/disk/handler";
import { guest as guestResource } from "../../resources/guest/handler";
import { network as networkResource } from "../../resources/network/handler";
import { backingOf, claimOf, devicesOf, disksOf, dividedOf, nameOf, nicsOf, subnetsOf } from "../../resources/once";
import { passthroughDevice as passthroughDeviceResource } from "../../resources/passthrough-device/handler";
import { pool as poolResource } from "../../resources/pool/handler";
import type { Operation } from "../../resources/resource";
import { virtualFunctions as virtualFunctionsResource } from "../../resources/virtual-functions/handler";
import { ResourceLifecycle } from "../../lifecycle/resource-lifecycle";
import { HostLifecycle } from "../../lifecycle/host-lifecycle";
import type { Changed, Lifecycle, PreviewReport, Run, Values } from "../../lifecycle/lifecycle";
import type { IsSecret } from "../../lifecycle/classified";
import { ignoring, nothingIgnored } from "../../lifecycle/ignored";
import { pendingInGuestSentence, summary, pendingRestartSentence } from "../../lifecycle/sentences";
import { onlyOnce } from "../../lifecycle/twice";
import { Engine } from "./engine";
import {
  allIgnored,
  hiddenToKeep,
  type HiddenInputs,
  identityOf,
  isAllIgnored,
  orderOf,
  recordedState,
  secrecyOf,
  secretsOf,
  toOutputs,
  visibleInputs,
} from "./hidden";
import { Pace } from "./pace";
import { displayed, Reports } from "./reports";
import { Incomplete, withUserErrors } from "./user-errors";

/** One connection a host, for all that the engine asks of this process. */
const hosts = new Hosts(wordsOf);

/** Aborted when this process leaves: nobody waits any more for what it does. */
const leaving = new AbortController();

export const host = toDynamicProvider(new HostLifecycle(hosts));
export const pool = toDynamicProvider(
  onlyOnce(new ResourceLifecycle(hosts, poolResource), (inputs) => nameOf("pool", inputs)),
);
export const disk = toDynamicProvider(
  onlyOnce(new ResourceLifecycle(hosts, diskResource), (inputs) => [
    ...nameOf("disk", inputs),
    ...backingOf(inputs as unknown as DiskInputs),
  ]),
);
export const network = toDynamicProvider(
  onlyOnce(new ResourceLifecycle(hosts, networkResource), (inputs) => [
    ...nameOf("network", inputs),
    ...subnetsOf(inputs as unknown as NetworkInputs),
  ]),
);
export const passthroughDevice = toDynamicProvider(
  onlyOnce(new ResourceLifecycle(hosts, passthroughDeviceResource), (inputs) =>
    claimOf(inputs as unknown as PassthroughDeviceInputs),
  ),
);
export const virtualFunctions = toDynamicProvider(
  onlyOnce(new ResourceLifecycle(hosts, virtualFunctionsResource), (inputs) =>
    dividedOf(inputs as unknown as VirtualFunctionsInputs),
  ),
);
export const guest = toDynamicProvider(
  onlyOnce(new ResourceLifecycle(hosts, guestResource), (inputs) => [
    ...nameOf("guest", inputs),
    ...disksOf(inputs as GuestInputs),
    ...nicsOf(inputs as GuestInputs),
    ...devicesOf(inputs as GuestInputs),
  ]),
  secretPaths(guestSchema),
);

const engine = Engine.ofThisProcess();
// The engine says SIGINT at the end of every operation. A process that lingers costs each preview five seconds, and one
// that has lost its engine works for nobody.
if (engine !== undefined) {
  engine.watch(leave);
  process.once("SIGINT", leave);
  process.once("SIGTERM", leave);
}

function leave(): void {
  leaving.abort();
  void hosts.close().finally(() => process.exit(0));
}

function toDynamicProvider(lifecycle: Lifecycle, schemaSecrets: readonly string[] = []): dynamic.ResourceProvider {
  const reports = new Reports();
  const secretIn = (...inputs: HiddenInputs[]): IsSecret => {
    const secrets = [...schemaSecrets, ...inputs.flatMap(secretsOf)];
    return (path) => secrecyOf(path, secrets);
  };
  const runOf = (inputs: HiddenInputs): Run => {
    const { report, ignored } = reports.of(inputs);
    const isSecret = secretIn(inputs);
    return { ...operationOn(inputs), announced: report.impact ?? [], ignored, isSecret };
  };
  return {
    async check(olds: HiddenInputs, sent: HiddenInputs) {
      return withUserErrors(async () => {
        const news = isAllIgnored(olds, sent) ? { ...sent, ...allIgnored } : sent;
        const identity = identityOf(news);
        const order = orderOf(olds, news);
        const given = visibleInputs({ ...news, ...order });
        const isCreation = Object.keys(olds).length === 0;
        const recorded = isCreation ? undefined : visibleInputs(olds);
        const kept = hiddenToKeep({ ...news, __order: undefined, ...order });
        const refused = (reasons: readonly string[]): dynamic.CheckResult => ({
          inputs: { ...given, ...kept },
          // A failure that names its property prints the property's value, secrets included.
          failures: reasons.map((reason) => ({ property: "", reason: withoutPasswords(reason) })),
        });
        const checked = await lifecycle.check(given, recorded, identity);
        tell(identity.urn, checked);
        if (checked.failures.length > 0) return refused(checked.failures);
        // Changes are ignored, and a creation is none.
        const ignored = isCreation ? nothingIgnored : ignoring(news.__ignoreChanges);
        const seen = await lifecycle.preview({
          checked,
          recorded,
          inPlaceOf: reports.recordedOf(identity.urn ?? "", recorded),
          ignored,
          // What is dropped is still a secret.
          isSecret: secretIn(news, olds),
          replaces: ignoring(news.__replaceOnChanges),
          isRetained: news.__retainOnDelete === true,
          isFollowed: news.__preview === false,
        });
        const report = reports.ofReplacement(identity.urn ?? "", seen, isCreation);
        tell(identity.urn, report);
        if (report.failures !== undefined && report.failures.length > 0) return refused(report.failures);
        reports.keep(identity.urn ?? "", checked.inputs, { report, ignored });
        sum(identity.urn, report, checked.inputs, olds);
        const shown = isShown(news) ? displayed(report, checked.inputs, olds) : {};
        return { inputs: { ...checked.inputs, ...shown, ...kept }, failures: [] };
      });
    },

    async diff(id: string, olds: object, news: object) {
      return withUserErrors(async () => {
        const { report } = reports.of(news);
        const difference = await lifecycle.differs(id, recordedState(olds), visibleInputs(news), report);
        if (!difference.changed) return { changes: false };
        // Without `changes` the engine draws the difference itself, path by path, and goes by whether there is one.
        const isDrawn = difference.isStated || "drift" in news;
        return { ...(isDrawn ? {} : { changes: true }), replaces: [...difference.replaces], deleteBeforeReplace: true };
      });
    },

    async create(inputs: HiddenInputs) {
      return withUserErrors(async () => {
        const created = await lifecycle.create(visibleInputs(inputs), runOf(inputs));
        return { id: created.id, outs: complete(created, created.id, inputs) };
      });
    },

    async read(id: string, props: object) {
      return withUserErrors(async () => {
        const found = await lifecycle.read(id, recordedState(props));
        if (found === undefined) return { id: "", props: {} };
        for (const warning of found.warnings ?? []) engine?.warn(undefined, warning);
        return { id, props: toOutputs(found, props), inputs: { ...found.inputs, ...hiddenToKeep(props) } };
      });
    },

    async update(id: string, olds: object, news: HiddenInputs) {
      return withUserErrors(async () => {
        const recorded = recordedState(olds);
        const changed = await lifecycle.update(id, recorded, visibleInputs(news), runOf(news));
        // What a host that was lost did not say any more is what it said last.
        const facts = changed.incomplete === undefined ? changed.facts : { ...recorded.facts, ...changed.facts };
        return { outs: complete({ ...changed, facts }, id, news) };
      });
    },

    async delete(id: string, props: object) {
      return withUserErrors(async () => {
        const { urn } = identityOf(props);
        const run = { ...operationOn(props), inVain: reports.inVainFor(urn ?? "") };
        const { warnings = [] } = await lifecycle.delete(id, recordedState(props), run);
        for (const warning of warnings) engine?.warn(urn, withoutPasswords(warning));
      });
    },
  };
}

const pace = new Pace();

/** Hosts that this process has said of why they were not asked. */
const hostsWarnedOf = new Set<string>();

function tell(urn: string | undefined, { warnings = [], unasked }: Pick<PreviewReport, "warnings" | "unasked">): void {
  for (const warning of warnings) engine?.warn(urn, withoutPasswords(warning));
  if (unasked === undefined || hostsWarnedOf.has(unasked.uri ?? "")) return;
  hostsWarnedOf.add(unasked.uri ?? "");
  if (unasked.uri === undefined) engine?.inform("", unasked.sentence);
  else engine?.warn(urn, unasked.sentence);
}

/** What it will do in one line, for as long as the resource is worked on, and what a person may want to be reminded of. */
function sum(urn: string | undefined, report: PreviewReport, ...inputs: readonly object[]): void {
  if (urn === undefined) return;
  const { drift = [], impact = [], pendingRestart = [], pendingInGuest = [] } = report;
  const line = summary(drift, impact, ...inputs);
  // What a row shows in the end is what was said last for good: there all of it has to stand.
  const waits = [
    ...(pendingRestart.length === 0 ? [] : [pendingRestartSentence(pendingRestart, ...inputs)]),
    ...(pendingInGuest.length === 0 ? [] : [pendingInGuestSentence(pendingInGuest, ...inputs)]),
  ];
  if (waits.length > 0) engine?.inform(urn, [...(line === undefined ? [] : [line]), ...waits].join("; "));
  if (line !== undefined) engine?.progress(urn, line);
}

/**
 * What an `up` shows it records, and the next difference would show it as taken away. A plan of the engine's, however,
 * compares all inputs with those of its preview.
 */
function isShown({ __preview: isPreview = true }: HiddenInputs): boolean {
  return isPreview || process.env.PULUMI_VIRT_STRICT === "true";
}

function operationOn(inputs: HiddenInputs): Operation {
  const { urn } = identityOf(inputs);
  return {
    progress: (text, often = false) => {
      if (!often || pace.isDue(urn ?? "")) engine?.progress(urn, text);
    },
    signal: leaving.signal,
  };
}

/** The outputs of what was carried out to its end; what was not is thrown, with all that belongs into the state. */
function complete(changed: Changed, id: string, inputs: HiddenInputs): Values {
  const outputs = toOutputs(changed, inputs);
  if (changed.incomplete === undefined) return outputs;
  // The launcher adds the provider's text to results, and to errors it does not: without it nothing more can be done.
  throw new Incomplete(changed.incomplete, id, { ...outputs, __provider: inputs.__provider });
}
