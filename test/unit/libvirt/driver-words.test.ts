import { test as inMemory } from "../../../provider/hypervisors/test";
import { wordsOf } from "../../../provider/hypervisors/profile-of";
import { qemu } from "../../../provider/hypervisors/qemu";
import { xen } from "../../../provider/hypervisors/xen";
import { inWordsOf } from "../../../provider/libvirt/driver-words";

const undefine = { name: "undefine", arguments: ["u", "--managed-save", "--nvram"] };
const withoutNvram = { name: "undefine", arguments: ["u", "--managed-save"] };

it.each([
  ["test", { name: "net-dumpxml", arguments: ["--inactive", "u"] }, { name: "net-dumpxml", arguments: ["u"] }],
  ["test", undefine, withoutNvram],
  ["test", { name: "secret-list", arguments: [] }, { name: "echo" }],
  ["test", { name: "dumpxml", arguments: ["--inactive", "u"] }, { name: "dumpxml", arguments: ["--inactive", "u"] }],
  ["xen", undefine, withoutNvram],
  ["xen", { name: "snapshot-list", arguments: ["--name", "u"] }, { name: "echo" }],
  ["xen", { name: "secret-list", arguments: [] }, { name: "secret-list", arguments: [] }],
  ["qemu", undefine, undefine],
  ["", undefine, undefine],
])("the driver %s is given %j as %j (8.25, 9.5)", (driver, command, expected) => {
  expect(inWordsOf(wordsOf(driver), command, "URI")).toEqual(expected);
});

it("what a driver lacks is refused without asking it", () => {
  expect(() => inWordsOf(xen.words, { name: "domrename" }, "xen:///system")).toThrow(
    'xen:///system refused "domrename": libvirt\'s driver of this hypervisor cannot do that.',
  );
});

it("is what the profile of its hosts says", () => {
  expect([wordsOf("xen"), wordsOf("test"), wordsOf("qemu")]).toEqual([xen.words, inMemory.words, qemu.words]);
});
