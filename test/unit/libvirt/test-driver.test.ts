import { forTestDriver } from "../../../provider/libvirt/test-driver";

it.each([
  [
    { name: "net-dumpxml", arguments: ["--inactive", "u"] },
    { name: "net-dumpxml", arguments: ["u"] },
  ],
  [
    { name: "undefine", arguments: ["u", "--managed-save", "--nvram"] },
    { name: "undefine", arguments: ["u", "--managed-save"] },
  ],
  [{ name: "secret-list", arguments: [] }, { name: "echo" }],
  [
    { name: "dumpxml", arguments: ["--inactive", "u"] },
    { name: "dumpxml", arguments: ["--inactive", "u"] },
  ],
])("%j is given to the test driver as %j (8.25)", (command, expected) => {
  expect(forTestDriver(command)).toEqual(expected);
});
