import { validate } from "../../../schema/explain";
import { host } from "../../../schema/host";
import { pool } from "../../../schema/pool";
import { unknown } from "../../../schema/unknown";

describe("a connection URI is told from what is none, without asking a host (8.25)", () => {
  it.each([
    "qemu:///system",
    "qemu:/system",
    "qemu+ssh://root@[fe80::1%25eth0]/system",
    "test:///default",
    "xen://",
    "kvm1",
    "my_host-2",
    unknown,
  ])("%s is one", (uri) => expect(validate(host, { uri })).toEqual([]));

  it.each(["kvm1.example.org", "root@kvm1", "//kvm1/system", "qemu+ssh://root@kvm 1/system", "ssh kvm1"])(
    "%s is none",
    (uri) => {
      const [said] = validate(host, { uri });
      expect(said).toMatch(/^uri: must be a libvirt URI, for instance qemu\+ssh:/);
    },
  );

  it("the id of a Host with a secret URI does not lead to it, and that is said (8.24)", () => {
    for (const uri of ["", "qemu+ssh://root:***@kvm1/system"]) {
      const said = validate(pool, { host: { uri, id: "x" }, type: "dir", path: "/p" });
      expect(said.join()).toMatch(/^host\.uri: .*give the Host itself \(host: kvm1\), not its id/);
    }
  });
});
