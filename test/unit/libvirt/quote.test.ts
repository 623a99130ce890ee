import fc from "fast-check";
import { quote } from "../../../provider/libvirt/quote";

/** What a shell, and virsh's own parser, make of a quoted word: an implementation of the rule, not of our function. */
function unquote(word: string): string {
  let text = "";
  for (let index = 0; index < word.length; index += 1) {
    const character = word[index];
    if (character === "\\") text += word[(index += 1)];
    else if (character === "'") {
      const end = word.indexOf("'", index + 1);
      text += word.slice(index + 1, end);
      index = end;
    } else text += character;
  }
  return text;
}

it("comes back as it was, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(!/[\u0000-\u001f\u007f]/.test(text));
      expect(unquote(quote(text))).toBe(text);
    }),
  );
});

it.each(["\n", "a\nundefine b", "\r", "\u0000", "\u007f"])("refuses the control character in %j", (text) => {
  expect(() => quote(text)).toThrow(expect.objectContaining({ kind: "InvalidInput" }) as Error);
});
