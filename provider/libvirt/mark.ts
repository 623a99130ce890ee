/** The mark that says whose a guest or a network is: one element in its `<metadata>`. Pure. */

import { type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";

export const markNamespace = "urn:pulumi-virt:1";
export const markPrefix = "pulumi-virt";
const markName = `${markPrefix}:resource`;
/** Within the mark: what a guest was last restarted for. What runs keeps what it was started with. */
export const triggerName = `${markPrefix}:restart`;

export interface Mark {
  /** The token that was drawn once for the Host resource; "" for hosts named by their URI only. */
  readonly owner: string;
  /** `unfinished` from the definition until everything that belongs to the creation was seen to be done. */
  readonly state: "unfinished" | "finished";
  /** It was there before us: left behind on delete. Marks of older versions do not say. */
  readonly adopted?: boolean | undefined;
  /** Which creation it is of: what an earlier one recorded is not to be deleted. Marks of older versions do not say. */
  readonly creation?: string | undefined;
  /** The inputs by which it was defined last (resources/applied.ts). */
  readonly applied?: string | undefined;
}

export function readMark(document: Element): Mark | undefined {
  const element = markElement(document);
  if (element === undefined) return undefined;
  return {
    owner: element.attributes.owner ?? "",
    state: element.attributes.state === "finished" ? "finished" : "unfinished",
    adopted: truth(element.attributes.adopted),
    creation: element.attributes.creation,
    applied: element.attributes.applied,
  };
}

export function markElement(document: Element): Element | undefined {
  const metadata = firstElement(document, "metadata");
  return (
    metadata && elementsOf(metadata, markName).find((each) => each.attributes[`xmlns:${markPrefix}`] === markNamespace)
  );
}

/** The element of a mark without the inputs: those belong to a definition, and to nothing that runs. */
export function withoutApplied({ attributes: { applied: _applied, ...attributes }, ...element }: Element): Element {
  return { ...element, attributes };
}

function truth(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === "yes";
}

export function triggerOf(document: Element): string | undefined {
  const mark = markElement(document);
  const trigger = mark && firstElement(mark, triggerName);
  return trigger && textOf(trigger);
}

/** The document without any mark of ours, and what the program put into it. */
export function withoutMark(document: Element): Element {
  const [metadata, mark] = [firstElement(document, "metadata"), markElement(document)];
  if (metadata === undefined || mark === undefined) return document;
  const rest = metadata.children.filter((each) => each !== mark);
  return {
    ...document,
    children: document.children.flatMap((each) =>
      each !== metadata ? [each] : rest.length === 0 ? [] : [{ ...metadata, children: rest }],
    ),
  };
}

/** The document with this mark; what else it says, and entries that stand in it (the user's `metadata`), stay. */
export function withMark(document: Element, mark: Mark): Element {
  const old = markElement(document);
  const applied = mark.applied ?? old?.attributes.applied;
  const next: Element = {
    name: markName,
    attributes: {
      [`xmlns:${markPrefix}`]: markNamespace,
      owner: mark.owner,
      state: mark.state,
      adopted: mark.adopted === true ? "yes" : "no",
      ...(mark.creation === undefined ? {} : { creation: mark.creation }),
      ...(applied === undefined ? {} : { applied }),
    },
    children: old?.children ?? [],
  };
  const metadata = firstElement(document, "metadata");
  if (metadata === undefined) {
    return { ...document, children: [...document.children, { name: "metadata", attributes: {}, children: [next] }] };
  }
  const children =
    old === undefined ? [...metadata.children, next] : metadata.children.map((each) => (each === old ? next : each));
  return {
    ...document,
    children: document.children.map((each) => (each === metadata ? { ...metadata, children } : each)),
  };
}
