/** Texts are captured: libvirt 9.0, QEMU 7.2, OpenSSH 9.2, netcat of either kind, unless a line says otherwise. */

import { connectionError, refusal } from "../../../provider/libvirt/prose";
import { complaintOf } from "../../../provider/libvirt/reasons";

describe("what the host said is kept, all of it that says why (8.23)", () => {
  it.each([
    [
      "a schema's complaint",
      `error: Failed to define domain from /proc/4711/fd/19
error: XML document failed to validate against schema: Unable to validate doc against /usr/share/libvirt/schemas/domain.rng
Extra element devices in interleave
Element domain failed to validate content
`,
      "Failed to define domain: XML document failed to validate against schema: Extra element devices in interleave. Element domain failed to validate content",
    ],
    [
      "a place in the XML",
      "error: Failed to define domain from /proc/1/fd/2\nerror: (domain_definition):3: Opening and ending tag mismatch: b line 3 and a\n<a><b></a>\n---------^\n",
      "Failed to define domain: (domain_definition):3: Opening and ending tag mismatch: b line 3 and a. <a><b></a>. ---------^",
    ],
    [
      "a start",
      `error: Failed to start domain 'web'
error: internal error: process exited while connecting to monitor: 2026-11-25T19:00:01.123456Z qemu-system-x86_64: -blockdev {"driver":"file","filename":"/srv/it.img","node-name":"libvirt-1-storage","auto-read-only":true,"discard":"unmap"}: Could not open '/srv/it.img': Permission denied
`,
      "Failed to start domain 'web': internal error: process exited while connecting to monitor: /srv/it.img: Could not open '/srv/it.img': Permission denied",
    ],
    [
      "a device, in QEMU's older spelling, after a warning",
      `error: Failed to start domain 'web'
error: internal error: qemu unexpectedly closed the monitor: 2021-05-01T10:00:00.1Z qemu-kvm: warning: host doesn't support requested feature: CPUID.07H:EBX.hle [bit 4]
2021-05-01T10:00:00.2Z qemu-kvm: -device virtio-blk-pci,bus=pci.3,drive=libvirt-1-format,id=ua-disk-root: Failed to get "write" lock
Is another process using the image [/srv/it.img]?
`,
      `Failed to start domain 'web': internal error: qemu unexpectedly closed the monitor: qemu-kvm: warning: host doesn't support requested feature: CPUID.07H:EBX.hle [bit 4]. ua-disk-root: Failed to get "write" lock. Is another process using the image [/srv/it.img]?`,
    ],
    [
      "a nested -blockdev",
      `error: internal error: process exited while connecting to monitor: 2026-11-25T19:00:01.1Z qemu-system-x86_64: -blockdev {"node-name":"libvirt-1-format","driver":"qcow2","file":{"driver":"file","filename":"/srv/a: b.qcow2"}}: Image is not in qcow2 format`,
      "internal error: process exited while connecting to monitor: /srv/a: b.qcow2: Image is not in qcow2 format",
    ],
    [
      "a node of the block layer",
      `error: x: 2026-11-25T19:00:01.1Z qemu-system-x86_64: -blockdev {"node-name":"libvirt-1-format","read-only":false,"driver":"qcow2","file":"libvirt-1-storage","backing":null}: Image is not in qcow2 format`,
      "x: the image of a disk: Image is not in qcow2 format",
    ],
    [
      "one line",
      "error: Domain not found: no domain with matching uuid 'x'",
      "Domain not found: no domain with matching uuid 'x'",
    ],
    [
      "two sentences of libvirt's",
      "error: Failed to attach device from /tmp/pulumi-virt-Ab12Cd/1.xml\nerror: Requested operation is not valid: target vda already exists",
      "Failed to attach device: Requested operation is not valid: target vda already exists",
    ],
    ["only a preamble", "error: Failed to define domain from /proc/1/fd/2", "Failed to define domain"],
    [
      "a reconnection before the complaint",
      "error: Reconnected to the hypervisor\nerror: failed to get domain 'x'",
      "failed to get domain 'x'",
    ],
    [
      "a password in what was refused",
      `error: unsupported configuration: <graphics passwd="hush-hush" type='x'/>`,
      `unsupported configuration: <graphics passwd="***" type='x'/>`,
    ],
  ])("%s", (_, said, expected) => expect(complaintOf(said)).toBe(expected));

  it.each(["", "warning: something", "error: Reconnected to the hypervisor\n"])("and %j is no complaint", (said) =>
    expect(complaintOf(said)).toBeUndefined(),
  );

  it("no part of QEMU's command line is left", () => {
    const said = `error: x: 2026-11-25T19:00:01.1Z qemu-system-aarch64: -device {"driver":"vfio-pci","host":"0000:01:00.0","id":"ua-hostdev-gpu","bus":"pci.1"}: vfio 0000:01:00.0: failed to open /dev/vfio/1`;
    expect(complaintOf(said)).toBe("x: ua-hostdev-gpu: vfio 0000:01:00.0: failed to open /dev/vfio/1");
  });
});

describe("why there is no connection, and what to do (8.35)", () => {
  const system = "qemu+ssh://me@kvm1/system";
  it.each([
    // wiki.libvirt.org and reports of users: libvirt with polkit and nobody who could answer it.
    [
      "error: authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
      "Denied",
      /group libvirt/,
    ],
    ["error: authentication failed: access denied by policy", "Denied", /polkit rule/],
    [
      "error: End of file while reading data: nc: unix connect failed: Permission denied: Input/output error",
      "Denied",
      /group libvirt/,
    ],
    [
      "error: End of file while reading data: Ncat: No such file or directory.: Input/output error",
      "Unreachable",
      /No libvirt daemon listens/,
    ],
    [
      "error: End of file while reading data: sh: line 1: nc: command not found: Input/output error",
      "Unsupported",
      /virt-ssh-helper nor nc/,
    ],
    [
      "error: Cannot recv data: ssh: Could not resolve hostname kvm1: nodename nor servname provided, or not known: Connection reset by peer",
      "Unreachable",
      /host's name/,
    ],
    [
      "error: Cannot recv data: ssh: connect to host kvm1 port 22: Operation timed out: Connection reset by peer",
      "Unreachable",
      /network between/,
    ],
    [
      "error: Failed to connect socket to '/run/user/1000/libvirt/virtqemud-sock': No such file or directory",
      "Unreachable",
      /start it/,
    ],
    ["Command failed with ENOENT: virsh -q -c x\nspawn virsh ENOENT", "Unsupported", /brew install libvirt/],
  ])("%s", (said, kind, next) => {
    const error = connectionError(system, said);
    expect(error).toMatchObject({ kind });
    expect(error.hint).toMatch(next);
    expect(error.message).toMatch(/^Unable to connect to qemu\+ssh:\/\/me@kvm1\/system: /);
  });

  it("a schema's complaint is a mistake in the XML, a file that is not readable is not", () => {
    expect(refusal(system, "define", "x", "error: XML document failed to validate against schema: y").kind).toBe(
      "InvalidXml",
    );
    expect(refusal(system, "define", "x", "error: (domain_definition):3: Opening and ending tag mismatch").kind).toBe(
      "InvalidXml",
    );
    expect(refusal(system, "start", "x", "error: Could not open '/x': Permission denied").kind).toBe("Denied");
  });
});

it("virsh that a signal ended because its ssh was gone is told like the ssh that is missing", () => {
  expect(connectionError("qemu+ssh://kvm1/system", "SIGPIPE")).toMatchObject({ kind: "Unsupported" });
});
