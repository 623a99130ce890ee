/** The way to a host, and what may be missing on it: sentences for people, and ways round where there are some. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wordsOf } from "../../provider/hypervisors/profile-of";
import { lookAtStorage } from "../../provider/libvirt/storage-look";
import { statistics } from "../../provider/libvirt/connection";
import { connectedHost } from "../../provider/resources/host/connected";
import type { LibvirtError } from "../../provider/libvirt/errors";
import type { Virsh } from "../../provider/libvirt/virsh";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { hosts } from "../support/hosts";
import { disconnect, Stack } from "../support/stack";

let host: PrivateHost;
let folder: string;
beforeAll(() => {
  host = startPrivateHost();
  folder = mkdtempSync("/var/tmp/pvr-");
});
afterAll(async () => {
  await disconnect();
  host.stop();
  rmSync(folder, { recursive: true, force: true });
});

const refusal = (virsh: Virsh, ...command: string[]): Promise<LibvirtError> =>
  virsh.run(command[0] ?? "list", command.slice(1)).then(
    () => Promise.reject(new Error("answered")),
    (error: unknown) => error as LibvirtError,
  );

/** Our transport as it begins on a machine with these programs in PATH, and no others. */
async function onMachine<Result>(
  programs: Readonly<Record<string, string>>,
  action: (connectHere: (uri: string) => Virsh) => Promise<Result>,
): Promise<Result> {
  const bin = mkdtempSync(join(folder, "bin-"));
  for (const [name, what] of Object.entries(programs)) {
    if (what.startsWith("/")) symlinkSync(what, join(bin, name));
    else writeFileSync(join(bin, name), what, { mode: 0o755 });
  }
  const { PATH } = process.env;
  process.env.PATH = bin;
  jest.resetModules();
  const there = jest.requireActual<typeof import("../../provider/libvirt/connection")>(
    "../../provider/libvirt/connection",
  );
  const hosts = new there.Hosts(wordsOf);
  try {
    return await action((uri) => hosts.connect(uri));
  } finally {
    await hosts.close();
    process.env.PATH = PATH;
  }
}

describe("what the machine that runs Pulumi may lack", () => {
  const virsh = "/usr/bin/virsh";
  const busybox = "#!/bin/sh\necho \"setpriv: unrecognized option '--pdeathsig'\" >&2; exit 1\n";

  it.each<[string, Record<string, string>]>([
    ["has no --pdeathsig, as BusyBox's and RHEL 8's", { virsh, setpriv: busybox }],
    ["is not there, as on macOS", { virsh }],
    ["is in a place of its own", { virsh, setpriv: run("which", "setpriv").trim() }],
  ])("setpriv %s (8.25)", async (_, programs) => {
    await onMachine(programs, async (connectHere) => {
      expect(await connectHere(host.uri).run("pool-list", ["--name"])).toBe("");
    });
  });

  it("virsh: a sentence that says where it is wanted (8.35)", async () => {
    const machines: Record<string, string>[] = [{}, { setpriv: run("which", "setpriv").trim() }];
    for (const programs of machines) {
      const error = await onMachine(programs, (connectHere) => refusal(connectHere(host.uri)));
      expect(error).toMatchObject({ kind: "Unsupported" });
      expect(error.message).toMatch(/virsh is not installed on the machine that runs Pulumi[\s\S]*libvirt-clients/);
    }
  });

  it("ssh: a sentence that says where it is wanted (8.35)", async () => {
    const error = await onMachine({ virsh }, (connectHere) => refusal(connectHere("qemu+ssh://root@kvm1/system")));
    expect(error.message).toMatch(/Is it installed on the machine that runs Pulumi \(Debian: openssh-client\)/);
  });
});

describe("URIs that are none, or not what they should be (8.25, 8.35)", () => {
  it.each([
    ["kvm1.example.org", "InvalidInput", /neither a URI nor an alias of libvirt.conf/],
    ["qemu+ssh//root@kvm1/system", "InvalidInput", /neither a URI nor an alias/],
    ["no_such_alias", "InvalidInput", /neither a URI nor an alias/],
    ["qemu+carrier://kvm1/system", "InvalidInput", /transport in URL not recognised[\s\S]*libvirt.org\/uri.html/],
    ["qemu+tcp://127.0.0.1:1/system", "Unreachable", /Connection refused[\s\S]*nothing listens there/],
    ["qemu+ssh://root@nowhere.invalid/system", "Unreachable", /Could not resolve hostname[\s\S]*Check the host's name/],
    ["qemu+tls://127.0.0.1/system", "Denied", /Cannot read CA certificate[\s\S]*certificates/],
    ["qemu+unix:///system?socket=/nowhere", "Unreachable", /No libvirt daemon listens/],
    ["qemu+ssh://root@127.0.0.1:1/session?command=/nowhere/ssh", "Unsupported", /\?command= of the URI/],
  ])("%s", async (uri, kind, said) => {
    const error = await refusal(hosts.connect(uri));
    expect(error).toMatchObject({ name: "LibvirtError", kind });
    expect(error.message).toMatch(said);
    expect(error.message).not.toMatch(/TypeError|Invalid URL/);
  });

  it("a zoned IPv6 address is given to ssh as it is", async () => {
    const ssh = join(folder, "ssh-echo");
    writeFileSync(ssh, '#!/bin/sh\necho "asked for: $*" >&2; sleep 0.3; exit 255\n', { mode: 0o755 });
    const error = await refusal(hosts.connect(`qemu+ssh://root@[fe80::1%25eth0]/system?command=${ssh}`));
    expect(error.message).toMatch(/asked for: .*-l root.* fe80::1%eth0/);
  });

  it("an alias of libvirt.conf leads where it says, to a session too", async () => {
    // Root's libvirt.conf is the machine's own: the aliases of an unprivileged user are asked for.
    const home = mkdtempSync(join(folder, "home-"));
    chmodSync(folder, 0o755);
    run("mkdir", "-p", join(home, ".config/libvirt"));
    writeFileSync(
      join(home, ".config/libvirt/libvirt.conf"),
      `uri_aliases = [ "here=${host.uri}", "try_it=test:///default" ]\n`,
    );
    run("chown", "-R", "65534:65534", home);
    const wrapper = `#!/bin/sh\nexec ${run("which", "setpriv").trim()} --reuid=65534 --regid=65534 --clear-groups /usr/bin/env HOME=${home} /usr/bin/virsh "$@"\n`;
    await onMachine({ virsh: wrapper }, async (connectHere) => {
      expect((await connectedHost(connectHere("here"))).profile.name).not.toBe("test");
      expect(await connectedHost(connectHere("try_it"))).toMatchObject({
        profile: { name: "test" },
        facts: { session: false },
      });
      // By which driver an alias leads, and so what it has words for, only libvirt knows.
      expect(await connectHere("try_it").run("secret-list")).toBe("");
    });
  });
});

it("passwords of a URI are in no message, whoever says it (8.24)", async () => {
  const ssh = join(folder, "ssh-tells");
  writeFileSync(ssh, '#!/bin/sh\necho "$*: Permission denied (publickey)" >&2; sleep 0.3; exit 255\n', { mode: 0o755 });
  for (const user of ["root:hush-hush", "root:hush%20hush"]) {
    const error = await refusal(hosts.connect(`qemu+ssh://${user}@kvm1/system?command=${ssh}&password=hush-too`));
    expect(error.message).toMatch(/Permission denied/);
    expect(`${error.message} ${error.stack}`).not.toContain("hush");
  }
});

it("programs can be tried on libvirt's test driver, without any host, and it is asked for nothing that it lacks (8.25, 9.5)", async () => {
  // What libvirt itself says of calls that the driver does not have.
  const log = join(folder, "libvirt.log");
  process.env.LIBVIRT_LOG_OUTPUTS = `4:file:${log}`;
  const stack = new Stack("trial");
  await stack.up("host", "host", { uri: "test:///default" });
  delete process.env.LIBVIRT_LOG_OUTPUTS;
  const args = {
    pool: { host: stack.host(), type: "dir", path: "/trial" },
    network: { host: stack.host(), mode: "isolated" },
    guest: { host: stack.host(), vcpus: 2, memoryMiB: 512 },
  } as const;
  await stack.up("pool", "pool", args.pool);
  await stack.up("network", "network", args.network);
  const disk = { pool: stack.pool("pool"), sizeGiB: 1 };
  await stack.up("disk", "disk", disk);
  const guest = {
    ...args.guest,
    disks: { root: { disk: stack.disk("disk") } },
    nics: { lan: { network: stack.network("network") } },
  };
  await stack.up("guest", "guest", guest);
  for (const [kind, given] of [
    ["pool", args.pool],
    ["network", args.network],
    ["disk", disk],
    ["guest", guest],
  ] as const) {
    expect([kind, await stack.up(kind, kind, given)]).toEqual([kind, "same"]);
  }
  expect(statistics(hosts.connect("test:///default")).sessions).toBe(1);
  const virsh = hosts.connect("test:///default");
  const sent = statistics(virsh).commands;
  await expect(virsh.run("nodememstats")).rejects.toThrow("cannot do that");
  expect(statistics(virsh).commands).toBe(sent);
  const moved = { ...args.network, ipv4: { gateway: "10.9.0.1/24" } };
  await expect(stack.up("network", "network", moved)).rejects.toThrow(
    /guest "guest" could not be connected to it again: libvirt's test driver moves no NIC of a running guest/,
  );
  // Nobody sees what a saved guest comes back with.
  await virsh.run("managedsave", ["test"]);
  await expect(lookAtStorage(virsh)).rejects.toThrow(
    /Unable to tell .* the saved guests "test" come back with[^]*managedsave-remove/,
  );
  await virsh.run("managedsave-remove", ["test"]);
  await lookAtStorage(virsh);
  // Nothing on it tells whose a disk is: one is not removed.
  for (const name of ["guest", "network"]) await stack.destroy(name);
  await virsh.close();
  const calls = [
    ...readFileSync(log, "utf8").matchAll(/not supported by the connection driver: \w+|unsupported flags .*/g),
  ]
    .map(([call]) => call)
    // virsh itself tries that for every connection.
    .filter((call) => !call.endsWith("virConnectSetKeepAlive"));
  expect(calls).toEqual([]);
  expect(readFileSync(log, "utf8")).toContain("libvirt version");
});

describe("what a host refuses names the field, and keeps the host's reason (8.23)", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = new Stack("refusals");
    await stack.up("host", "host", { uri: host.uri });
    writeFileSync(join(host.data, "noise.qcow2"), "no image at all");
  });
  const guest = { vcpus: 1, memoryMiB: 64 };

  it.each([
    [
      "raw XML that the schema does not take",
      {
        running: false,
        xml: { fine: { fragment: "<bootloader/>" }, wrong: { at: "devices", fragment: "<flying-car/>" } },
      },
      /xml\.wrong/,
    ],
    [
      "a file that is not there",
      { boot: { kernel: "/nowhere/kernel" } },
      /boot\.kernel[^]*\/nowhere\/kernel.*No such file|No such file[^]*boot\.kernel/,
    ],
    ["an image that QEMU does not take", { disks: { root: { path: "NOISE", format: "qcow2" } } }, /disks\.root/],
    ["a network that is not there", { nics: { lan: { network: { name: "nowhere" } } } }, /nics\.lan/],
  ])("%s", async (name, wrong, said) => {
    const given = JSON.parse(JSON.stringify(wrong).replace("NOISE", join(host.data, "noise.qcow2"))) as object;
    const attempt = stack.up("guest", name, { host: stack.host(), ...guest, ...given });
    const error = await attempt.then(
      () => Promise.reject(new Error("made")),
      (failure: unknown) => failure as Error,
    );
    expect(error.message).toMatch(said);
    expect(error.message).not.toMatch(/-blockdev|-device|\{"|Unable to validate doc against/);
  });
});

it("libvirt's own wait for a busy guest ends first: its answer is heard, and the session stays (8.25)", async () => {
  const virsh = hosts.connect(host.uri);
  const xml = `<domain type='qemu'><name>busy</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>
    <devices><memballoon model='virtio'/></devices></domain>`;
  await virsh.run("create", [{ xml }], { lane: "work", timeoutSeconds: 120 });
  const pid = host.enter("cat", "/run/libvirt/qemu/busy.pid").trim();
  host.enter("kill", "-STOP", pid);
  try {
    const first = virsh.run("setmem", ["busy", "60000", "--live"], { lane: "work" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const second = await virsh
      .run("setmem", ["busy", "50000", "--live"], { lane: "work" })
      .catch((error: unknown) => error as LibvirtError);
    expect(second).toMatchObject({ kind: "Refused" });
    expect((second as LibvirtError).message).toMatch(/cannot acquire state change lock[\s\S]*Hint: The guest is busy/);
    host.enter("kill", "-CONT", pid);
    await first;
  } finally {
    host.enter("kill", "-CONT", pid);
    await virsh.run("destroy", ["busy"], { lane: "work" });
  }
});
