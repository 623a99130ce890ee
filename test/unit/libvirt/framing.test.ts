import fc from "fast-check";
import { FrameReader, frameLine } from "../../../provider/libvirt/framing";

/** What virsh says: readline's echo of the line, then the marks that `echo` really printed, without a line break. */
function said(nonce: string, sequence: number, output: string): string {
  return `virsh # ${frameLine("dumpxml 'x'", nonce, sequence)}BEGIN-${nonce}-${sequence}${output}\nEND-${nonce}-${sequence}`;
}

it("finds each answer, however the streams are cut into pieces", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.lorem({ mode: "sentences" }), fc.lorem()), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 17 }),
      (answers, size) => {
        const reader = new FrameReader("abc");
        const output = answers.map(([text], index) => said("abc", index + 1, text)).join("");
        const errors = answers.map(([, text], index) => `error: ${text}\nerror: END-abc-${index + 1}\n`).join("");
        for (let at = 0; at < output.length; at += size) reader.pushOutput(output.slice(at, at + size));
        for (let at = 0; at < errors.length; at += size) reader.pushError(errors.slice(at, at + size));
        answers.forEach(([text, error], index) =>
          expect(reader.take(index + 1)).toEqual({ stdout: text, stderr: `error: ${error}` }),
        );
      },
    ),
  );
});

it("does not take the echoed line for the answer", () => {
  const reader = new FrameReader("abc");
  reader.pushOutput(`virsh # ${frameLine("list", "abc", 1)}`);
  reader.pushError("error: END-abc-1\n");
  expect(reader.take(1)).toBeUndefined();
});

it("waits for both streams", () => {
  const reader = new FrameReader("abc");
  reader.pushOutput(said("abc", 1, "text"));
  expect(reader.take(1)).toBeUndefined();
  reader.pushError("error: END-abc-1\n");
  expect(reader.take(1)).toEqual({ stdout: "text", stderr: "" });
});
