import { shellWord } from "../../../provider/libvirt/quote";
import { judge } from "../../../provider/libvirt/same-machine";
import { reasonForNoShell } from "../../../provider/libvirt/shell-absent";
import { sshCommand } from "../../../provider/libvirt/ssh-command";
import { parametersOf } from "../../../provider/libvirt/uri";

describe("where there is a shell on the host (9.6)", () => {
  it.each([
    "qemu:///system",
    "xen:///system",
    "qemu+unix:///system?socket=/run/x",
    "qemu+ssh://root@kvm1/system",
    "xen+ssh://kvm1/",
  ])("%s", (uri) => expect(reasonForNoShell(uri)).toBeUndefined());

  it.each([
    ["test:///default", /no machine/],
    ["qemu:///session", /session daemon/],
    ["qemu+ssh://me@kvm1/session", /session daemon/],
    ["qemu://kvm1/system", /only libvirt is spoken over tls.*\+ssh/],
    ["qemu+tls://kvm1/system", /only libvirt is spoken over tls/],
    ["qemu+tcp://kvm1/system", /only libvirt is spoken over tcp/],
    ["qemu+libssh2://kvm1/system", /libssh2 has a configuration of its own.*\+ssh/],
    ["qemu+libssh://kvm1/system", /libssh has a configuration/],
    ["qemu+ext:///system?command=/x", /the transport ext/],
  ])("none on %s", (uri, said) => expect(reasonForNoShell(uri)).toMatch(said));
});

describe("ssh as libvirt's transport calls it (9.6)", () => {
  const usual = ["-T", "-e", "none", "-o", "BatchMode=yes"];

  it.each([
    ["qemu+ssh://kvm1/system", "ssh", usual, "kvm1"],
    ["qemu+ssh://root@kvm1:2222/system", "ssh", ["-p", "2222", "-l", "root", ...usual], "kvm1"],
    ["qemu+ssh://me%40corp@[fe80::1%25eth0]:22/system", "ssh", ["-p", "22", "-l", "me@corp", ...usual], "fe80::1%eth0"],
    ["qemu+ssh://root:word@kvm1/system", "ssh", ["-l", "root", ...usual], "kvm1"],
    [
      "qemu+ssh://kvm1/system?command=/opt/my%20ssh&keyfile=/k%26&no_verify=1",
      "/opt/my ssh",
      ["-i", "/k&", ...usual, "-o", "StrictHostKeyChecking=no"],
      "kvm1",
    ],
    ["qemu+ssh://kvm1/system?no_tty=0;no_verify=0", "ssh", ["-T", "-e", "none"], "kvm1"],
  ])("%s", (uri, program, options, destination) => expect(sshCommand(uri)).toEqual({ program, options, destination }));
});

it("parameters are read as libvirt reads them", () => {
  expect([...parametersOf("qemu:///system?a=1&b=x%20y;c&a=2=3#d=4")]).toEqual([
    ["a", "2=3"],
    ["b", "x y"],
    ["c", ""],
  ]);
  expect(parametersOf("qemu:///system").size).toBe(0);
});

it("a word for a POSIX shell", () => expect(shellWord("it's $x\n")).toBe(`'it'\\''s $x\n'`));

describe("the machine of a shell (9.6)", () => {
  it.each([
    ["kvm1\nlibvirtd\n", "kvm1.example.org", false, "same"],
    ["KVM1.example.org\nvirtqemud\n", "kvm1", false, "same"],
    ["kvm1\n", "kvm1", false, "perhaps"],
    ["kvm1\nlibvirtd\n", "kvm1", true, "perhaps"],
    ["kvm1\nlibvirtd\n", undefined, false, "perhaps"],
    ["0123456789ab\n", "kvm1", false, "another"],
    ["0123456789ab\nlibvirtd\n", "kvm1", true, "another"],
  ])("%j beside a daemon on %s", (said, hostname, named, is) =>
    expect(judge(said, hostname, named)).toMatchObject({ is }),
  );
});
