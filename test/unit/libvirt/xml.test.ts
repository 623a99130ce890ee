/** XML as text: what is written is read back as it was, whatever stands in it. */

import fc from "fast-check";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import type { Element, Node } from "../../../provider/reconcile/tree";

const character = fc
  .oneof(
    fc.constantFrom("&", "<", ">", '"', "'", "\n", "\r", "\t", " ", "&lt;", "&#10;", "]]>", "ü", "🐧"),
    fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
  )
  .filter((text) => text !== "\ufffe");
const text = fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
const visible = text.map((value) => `x${value}`);
const name = fc.constantFrom("domain", "disk", "pulumi-virt:guest", "qemu:arg", "a.b", "_c");
const attributes = fc.dictionary(fc.constantFrom("type", "value", "xml:lang", "id"), text, { noNullPrototype: true });

const { tree } = fc.letrec<{ tree: Element; children: Node[] }>((tie) => ({
  tree: fc.record({ name, attributes, children: tie("children") }, { noNullPrototype: true }),
  children: fc.oneof(
    { depthSize: "small" },
    text.map((content): Node[] => [content]),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.tuple(tie("tree"), visible, tie("tree")),
  ),
}));

it("round trip", () => {
  fc.assert(
    fc.property(tree, ({ name, attributes, children }) => {
      const root = {
        name,
        attributes: {
          ...attributes,
          "xmlns:pulumi-virt": "https://example.org/mark",
          "xmlns:qemu": "http://libvirt.org/schemas/domain/qemu/1.0",
        },
        children,
      };
      expect(parseXml(serializeXml(root))).toEqual(root);
    }),
  );
});

it("layout only where there is no text", () => {
  const leaf = { name: "b", attributes: {}, children: [] };
  const element = (children: Node[]): Element => ({ name: "a", attributes: {}, children });
  expect(serializeXml(element([leaf, leaf]))).toBe("<a>\n  <b/>\n  <b/>\n</a>\n");
  expect(serializeXml(element(["before ", leaf, " after"]))).toBe("<a>before <b/> after</a>\n");
  expect(serializeXml(element(["  "]))).toBe("<a>  </a>\n");
});

it.each(["\u0000", "\u001b", "\uffff", "\ud800", "\udc00 after"])("refused: %j", (value) => {
  const refusal = /contains a character that XML cannot hold/;
  expect(() => serializeXml({ name: "a", attributes: {}, children: [value] })).toThrow(refusal);
  expect(() => serializeXml({ name: "a", attributes: { b: value }, children: [] })).toThrow(refusal);
});
