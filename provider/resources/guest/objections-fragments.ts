/**
 * Raw fragments that libvirt would not take: by its RNG schema, where this machine has the host's own, and by the host's
 * parser, which reads a definition without keeping it.
 */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { describeHost } from "../../libvirt/host-facts";
import { validDomains } from "../../libvirt/schema-validation";
import { parseXml, serializeXml } from "../../libvirt/xml";
import type { Element } from "../../reconcile/tree";
import type { ConnectedHost, Objection } from "../resource";
import { without } from "./fragment-parts";

type Fragments = NonNullable<GuestInputs["xml"]>;

/** What libvirt would be given with these fragments in place of the program's. */
export type WithFragments = (fragments: Fragments) => Element;

export async function objectionsToFragments(
  host: ConnectedHost,
  fragments: Fragments,
  isNew: (path: string) => boolean,
  documentWith: WithFragments,
): Promise<Objection[]> {
  const keys = Object.keys(fragments).filter((key) => isNew(`xml.${key}`));
  if (keys.length === 0) return [];
  const bySchema = await objectionsOfSchema(host, fragments, keys, documentWith);
  // The parser stops at the first mistake, and the schema has named them all.
  return bySchema.length > 0 ? bySchema : objectionsOfParser(host, fragments, keys, documentWith);
}

async function objectionsOfSchema(
  host: ConnectedHost,
  fragments: Fragments,
  keys: readonly string[],
  documentWith: WithFragments,
): Promise<Objection[]> {
  const { ownLibvirtVersion } = await describeHost(host.virsh);
  const theirs = host.facts.libvirtVersion;
  // An older schema does not know what a newer host takes.
  if (ownLibvirtVersion < theirs) return [];
  const rest = Object.fromEntries(Object.entries(fragments).filter(([key]) => !keys.includes(key)));
  const alone = keys.map((key) => documentWith({ ...rest, [key]: fragments[key] as Fragments[string] }));
  const [base, ...verdicts] = (await validDomains([documentWith(rest), ...alone])) ?? [];
  // What is wrong without them is not their fault.
  if (base !== true) return [];
  const wrong = keys.filter((_, index) => verdicts[index] === false);
  return Promise.all(
    wrong.map(async (key): Promise<Objection> => {
      const culprit = await culpritIn(fragments[key] as Fragments[string], (fragment) =>
        documentWith({ ...rest, [key]: fragment }),
      );
      const reason = `libvirt's schema does not take ${culprit}.`;
      return { path: `xml.${key}`, reason, ...(ownLibvirtVersion === theirs ? {} : { onlyTold: true }) };
    }),
  );
}

/** The smallest part without which the fragment is right. */
async function culpritIn(
  fragment: Fragments[string],
  documentWith: (fragment: Fragments[string]) => Element,
): Promise<string> {
  const root = parseXml(fragment.fragment);
  const parts = without(root);
  const verdicts = await validDomains(
    parts.map(({ rest }) => documentWith({ ...fragment, fragment: serializeXml(rest) })),
  );
  const found = parts.find((_, index) => verdicts?.[index] === true);
  return found?.part ?? `<${root.name}> as it stands below <${fragment.at?.split("/").at(-1) ?? "domain"}>`;
}

/** `domxml-to-native` reads a definition as `define` does, and goes on to what the guest would be started with. */
async function objectionsOfParser(
  host: ConnectedHost,
  fragments: Fragments,
  keys: readonly string[],
  documentWith: WithFragments,
): Promise<Objection[]> {
  const { nativeFormat: format } = host.profile;
  if (format === undefined) return [];
  const complaintAbout = (document: Element): Promise<string | undefined> => complaintOf(host, format, document);
  const said = await complaintAbout(documentWith(fragments));
  if (said === undefined) return [];
  const rest = Object.fromEntries(Object.entries(fragments).filter(([key]) => !keys.includes(key)));
  if ((await complaintAbout(documentWith(rest))) !== undefined) return [];
  const alone = await Promise.all(
    keys.map(async (key) => ({
      key,
      said: await complaintAbout(documentWith({ ...rest, [key]: fragments[key] as Fragments[string] })),
    })),
  );
  const wrong = alone.filter((each) => each.said !== undefined);
  const blamed = wrong.length > 0 ? wrong : keys.slice(0, 1).map((key) => ({ key, said }));
  return blamed.map(({ key, said: reason = said }) => ({
    path: `xml.${key}`,
    reason: `the host says: ${reason.replace(/\.$/, "")}.`,
    // What it cannot read is refused by `define`; the rest may be as the host is today.
    ...(reason.startsWith("XML error:") ? {} : { onlyTold: true, preventsStart: true }),
  }));
}

async function complaintOf({ virsh }: ConnectedHost, format: string, document: Element): Promise<string | undefined> {
  try {
    await virsh.run("domxml-to-native", [format, "--xml", { xml: serializeXml(document) }]);
    return undefined;
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return (error.message.split("\n")[0] ?? "").replace(/^.*? refused "domxml-to-native": /, "");
  }
}
