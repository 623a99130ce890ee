import { LibvirtError } from "../../../provider/libvirt/errors";
import {
  isAlias,
  isSession,
  isTestDriver,
  parseUri,
  withoutPasswords,
  withoutPasswordsOf,
  withoutQuestions,
} from "../../../provider/libvirt/uri";

describe("URIs as libvirt takes them (8.25)", () => {
  it.each([
    ["qemu:///system", "qemu", undefined, undefined, undefined, "/system"],
    ["qemu+ssh://root@kvm1.example.org/system", "qemu", "ssh", "root", "kvm1.example.org", "/system"],
    ["qemu+ssh://root@kvm1:2222/system?keyfile=/k", "qemu", "ssh", "root", "kvm1:2222", "/system"],
    ["qemu+ssh://root@[fe80::1%25eth0]/system", "qemu", "ssh", "root", "[fe80::1%25eth0]", "/system"],
    ["qemu+ssh://root@[fe80::1%eth0]:22/system", "qemu", "ssh", "root", "[fe80::1%eth0]:22", "/system"],
    ["qemu+unix:///session?socket=/run/x", "qemu", "unix", undefined, undefined, "/session"],
    ["test:///default", "test", undefined, undefined, undefined, "/default"],
    ["xen://", "xen", undefined, undefined, undefined, ""],
    ["qemu:/session", "qemu", undefined, undefined, undefined, "/session"],
  ])("%s", (uri, driver, transport, user, host, path) => {
    expect(parseUri(uri)).toEqual({ driver, transport, user, host, path });
  });

  it.each(["kvm1", "kvm1.example.org", "//h/system", "qemu+ssh//root@h/system", "", "://", "ho st"])(
    "%j is none",
    (text) => expect(parseUri(text)).toBeUndefined(),
  );

  it("an alias of libvirt.conf is what has no scheme", () => {
    expect(["kvm1", "my_host-2"].map(isAlias)).toEqual([true, true]);
    expect(["kvm1.example.org", "qemu:///system", ""].map(isAlias)).toEqual([false, false, false]);
  });

  it("what is asked of a URI is answered for every text", () => {
    expect(["qemu:///session", "qemu+ssh://u@[fe80::1%25e0]/session?x=1", "kvm1", "//", ""].map(isSession)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(["test:///default", "test+ssh://h/x", "qemu:///system", "test"].map(isTestDriver)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(withoutQuestions("qemu+ssh://[fe80::1%25e0]/system")).toBe("qemu+ssh://[fe80::1%25e0]/system?no_tty=1");
    expect(withoutQuestions("qemu+libssh2://h/system?x=1")).toBe("qemu+libssh2://h/system?x=1&no_tty=1");
    expect(["kvm1", "qemu:///system", "qemu+tls://h/system"].map(withoutQuestions)).toEqual([
      "kvm1",
      "qemu:///system",
      "qemu+tls://h/system",
    ]);
  });
});

/** Each with `hush` somewhere, which must not be shown. */
const withSecret = [
  "qemu+ssh://root:hush-hush@kvm1.example.org/system",
  "qemu+ssh://root:hush%20hush@kvm1.example.org:22/system?keyfile=/root/.ssh/id",
  "qemu+ssh://root:hush@hush@kvm1.example.org/system",
  "qemu+ssh://root:hush/hu?sh@kvm1.example.org/system",
  "qemu+ssh://:hush-hush@[fe80::1%25eth0]/system",
  "qemu+libssh2://root@kvm1.example.org/system?password=hush-hush&known_hosts=/k",
  "qemu+libssh://root@kvm1.example.org/system?sshauth=password&PASSPHRASE=hush-hush",
  "esx://root@kvm1.example.org/?auth_token=hush-hush#x",
  "vpx://kvm1.example.org/dc?proxy=http://proxy:hush-hush@10.0.0.1/",
  "vpx://kvm1.example.org/dc?proxy=http%3A%2F%2Fproxy%3Ahush-hush%4010.0.0.1",
];

describe("passwords in URIs are never shown (8.24)", () => {
  it.each(withSecret)("in %s", (uri) => {
    const sentence = `Unable to connect to ${uri}: "${uri}", and '${uri}' twice.`;
    expect(withoutPasswords(sentence)).not.toContain("hush");
    expect(withoutPasswords(sentence)).toContain("***");
    expect(withoutPasswords(uri)).toContain(uri.includes("fe80") ? "fe80::1%25eth0" : "kvm1.example.org");
    const error = new LibvirtError("Denied", sentence, `Try ${uri} by hand.`);
    expect([error.message, error.hint, String(error), error.stack, JSON.stringify(error)].join()).not.toContain("hush");
  });

  it.each(withSecret)("in what others say of %s", (uri) => {
    const said = "hush-hush, root:hush hush@kvm1, hush@hush: Permission denied, hush/hu?sh";
    const shown = withoutPasswordsOf(uri, said);
    expect(shown).not.toBe(said);
    expect(withoutPasswordsOf(uri, `root:${decodeURIComponent(uri)}`)).not.toContain("hush");
  });

  it.each([
    "qemu+ssh://root@kvm1.example.org:2222/system?keyfile=/root/.ssh/id_ed25519&no_verify=1&command=/a/ssh",
    "qemu+ssh://kvm1.example.org:22/system?socket=/run/a@b",
    "qemu+ssh://root@[fe80::1%25eth0]:22/system",
    "qemu+tls://kvm1/system?pkipath=/etc/pki/mine&no_sanity=1",
    "error: Cannot recv data: a: b @ c, at 10:00, user@host: denied",
  ])("and what is no secret is kept: %s", (text) => expect(withoutPasswords(text)).toBe(text));
});
