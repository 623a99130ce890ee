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

describe("values that are no JSON (8.35)", () => {
  const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path: "a.img", hash: "0" };
  const archive = { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", path: "a.tar", hash: "0" };

  it.each([
    [{ memoryMiB: NaN }, ["memoryMiB: must be a number, not NaN."]],
    [{ memoryMiB: Infinity }, ["memoryMiB: must be a number, not an infinite number."]],
    [{ memoryMiB: -Infinity }, ["memoryMiB: must be a number, not an infinite number."]],
    [{ memoryMiB: 1.5 }, ["memoryMiB: must be a whole number, not a fraction."]],
    [{ memoryMiB: null }, ["memoryMiB: must be a number, not null."]],
    [{ memoryMiB: "64" }, ["memoryMiB: must be a number, not a text."]],
    [{ vcpus: NaN }, [expect.stringMatching(/^vcpus: must be a number or an object \{ … \}, not NaN\.$/)]],
    [{ title: asset }, ["title: is a Pulumi asset; give the path of the file as a text."]],
    [
      { disks: { root: { path: asset } } },
      ["disks.root.path: is a Pulumi asset; give the path of the file as a text."],
    ],
    [{ disks: { root: asset } }, ["disks.root: is a Pulumi asset; give the path of the file as a text."]],
    [{ boot: archive }, ["boot: is a Pulumi asset; give the path of the file as a text."]],
    [
      { disks: { root: "disk-id" } },
      ["disks.root: must be an object { … }, not a text: where a Disk is meant, write { disk: … }."],
    ],
    [
      { nics: { lan: "network-id" } },
      ["nics.lan: must be an object { … }, not a text: where a Network is meant, write { network: … }."],
    ],
    [
      { disks: { root: { disk: "disk-id" } } },
      ["disks.root.disk: must be an object { … }, not a text: give the Disk itself."],
    ],
  ])("%j", (inputs, sentences) => expect(validate(guest, { ...right, ...inputs })).toEqual(sentences));
});
