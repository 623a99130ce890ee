import { guest } from "../../../schema/guest";
import { validate } from "../../../schema/explain";
import { unknown } from "../../../schema/unknown";

const right = { host: { uri: "qemu:///system" }, vcpus: 1, memoryMiB: 64 };

it.each([
  [{ ...right, memmoryMiB: 1 }, ['memmoryMiB: there is no such property. Did you mean "memoryMiB"?']],
  [{ ...right, memoryMiB: 0 }, ["memoryMiB: is too small: at least 1."]],
  [{ ...right, vcpus: undefined }, [expect.stringMatching(/^vcpus: /)]],
  [{ ...right, name: "a\nb" }, ["name: must not contain a line break or another control character."]],
  [{ ...right, name: "a/b" }, ["name: must not contain a slash: libvirt names files after it."]],
  [{ ...right, name: "x".repeat(300) }, [expect.stringMatching(/^name: is too long/)]],
  [{ ...right, disks: { root: { bus: 5 } } }, ["disks.root.bus: must be a text, not a number."]],
  [{ ...right, disks: { "my disk": {} } }, [expect.stringMatching(/^disks/)]],
  [{ ...right, xml: { a: { fragment: "" } } }, [expect.stringMatching(/^xml.a.fragment: /)]],
])("%j", (inputs, sentences) => expect(validate(guest, inputs)).toEqual(sentences));

it("never repeats a value: it may be a secret", () => {
  const inputs = { ...right, graphics: { type: "hush", password: ["hush"], hush2: "hush" }, restart: "hush" };
  expect(validate(guest, inputs).join("\n").replaceAll("hush2", "")).not.toMatch(/hush/);
});

it("says nothing of what is not known yet, at any depth", () => {
  expect(
    validate(guest, { ...right, memoryMiB: unknown, disks: unknown, nics: { lan: { network: unknown } } }),
  ).toEqual([]);
});
