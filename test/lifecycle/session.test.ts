/** An unprivileged user and the daemon of their session: no root, no bridges, and everything else. */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installGuestImage } from "../support/private-host";

const root = join(__dirname, "../..");

/** Runs with the handlers as they are published, prints one line of JSON for each step. */
const script = `
const { Hosts } = require("/mnt/repo/dist/provider/libvirt/connection.js");
const { wordsOf } = require("/mnt/repo/dist/provider/hypervisors/profile-of.js");
const hosts = new Hosts(wordsOf);
const handler = require("/mnt/repo/dist/provider/pulumi/dynamic/handler.js");
const { promises: fs } = require("node:fs");
const uri = "qemu:///session", folder = process.env.HOME;
const urn = (name) => "urn:pulumi:test::session::virt::" + name;
const tell = (what) => console.log(JSON.stringify(what));
async function make(kind, name, args) {
  const { inputs, failures } = await handler[kind].check({}, { ...args, __urn: urn(name) });
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return { kind, inputs, ...(await handler[kind].create(inputs)) };
}
(async () => {
  const host = await make("host", "host", { uri });
  tell({ uid: process.getuid(), missing: host.outs.__facts.readiness.map(({ missing }) => missing) });
  const reference = { uri, id: host.id };
  const refused = await make("network", "lan", { host: reference, mode: "nat", ipv4: { gateway: "10.9.9.1/24" } }).catch((error) => error.message);
  tell({ refused });
  const address = "0000:00:00.0";
  const claim = await make("passthroughDevice", "card", { host: reference, pci: { address } }).catch((error) => error.message);
  const given = await make("guest", "given", { host: reference, vcpus: 1, memoryMiB: 64, passthrough: { card: { device: { host: reference, address } } } }).catch((error) => error.message);
  tell({ claim, given });
  const pool = await make("pool", "pool", { host: reference, type: "dir", path: folder + "/pool" });
  const disk = await make("disk", "disk", { pool: { host: reference, name: "pool", type: "dir", path: folder + "/pool" }, sizeGiB: 0.1 });
  const log = folder + "/console.log";
  const args = { host: reference, vcpus: 1, memoryMiB: 160, shutdownTimeoutSeconds: 30,
    boot: { kernel: folder + "/kernel", initrd: folder + "/initrd", commandLine: "console=ttyS0 quiet" },
    console: { logFile: log }, nics: { out: { user: true } },
    disks: { root: { disk: { host: reference, pool: "pool", name: disk.outs.name, path: disk.outs.path, format: "qcow2" } } } };
  const guest = await make("guest", "guest", args);
  for (let waited = 0; waited < 60; waited += 1) {
    if ((await fs.readFile(log, "utf8").catch(() => "")).includes("has the address")) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  tell({ state: guest.outs.__facts.state, console: await fs.readFile(log, "utf8") });
  const again = await handler.guest.check(guest.inputs, { ...args, __urn: urn("guest") });
  tell({ diff: await handler.guest.diff(guest.id, guest.outs, again.inputs), drift: again.inputs.drift });
  for (const made of [guest, disk, pool]) await handler[made.kind].delete(made.id, made.outs);
  tell({ left: [await hosts.connect(uri).run("list", ["--all", "--name"]), await hosts.connect(uri).run("pool-list", ["--all", "--name"])].join("").trim() });
  await hosts.close();
})().catch((error) => { tell({ failed: error.message, stack: error.stack }); process.exit(0); });
`;

it("makes, changes and removes guests with user-mode cards, and says what a session cannot have", () => {
  const home = mkdtempSync("/var/tmp/pvs-");
  try {
    installGuestImage(home);
    writeFileSync(join(home, "script.js"), script);
    chmodSync(home, 0o755);
    const output = asNobody(home, `node ${home}/script.js`);
    const said = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const all = Object.assign({}, ...said) as Record<string, unknown>;
    expect(all.failed).toBeUndefined();
    expect(all.uid).not.toBe(0);
    expect(all.missing).toContain("bridges and NAT networks");
    expect(all.refused).toMatch(/a user's session daemon may not make bridges. Nothing was created/);
    for (const said of [all.claim, all.given]) expect(said).toMatch(/\/dev\/vfio\/GROUP.*ulimit -l/);
    expect(all.state).toBe("running");
    expect(all.console).toMatch(/disks: vda=102MiB[\s\S]*has the address 10\.0\.2\.15/);
    expect(all.diff).toEqual({ changes: false });
    expect(all.drift).toBeUndefined();
    expect(all.left).toBe("");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

it("meets the user's own daemon where there is no XDG_RUNTIME_DIR: in cron, sudo, containers (8.35)", () => {
  const home = mkdtempSync("/var/tmp/pvs-");
  try {
    writeFileSync(
      join(home, "script.js"),
      `const { Hosts } = require("/mnt/repo/dist/provider/libvirt/connection.js");
       const { wordsOf } = require("/mnt/repo/dist/provider/hypervisors/profile-of.js");
       const hosts = new Hosts(wordsOf);
       hosts.connect("qemu:///session").run("net-list", ["--all", "--name"]).then(console.log, (error) => console.log(error.message)).finally(() => hosts.close());`,
    );
    chmodSync(home, 0o755);
    // Plain virsh first: what it makes has to be seen.
    const make = `echo "<network><name>mine</name></network>" > $HOME/n.xml && virsh -q -c qemu:///session net-define $HOME/n.xml >/dev/null`;
    const output = asNobody(home, `-u XDG_RUNTIME_DIR sh -c '${make} && node ${home}/script.js'`);
    expect(output.trim()).toBe("mine");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

/**
 * Runs a command as an unprivileged user with a home of its own. The process namespace ends the session daemon with it (its
 * first process, bash, takes in what the daemon leaves behind: node would not);
 * the checkout is mounted where that user can read it, wherever it lies.
 */
function asNobody(home: string, command: string): string {
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const inside = `set -e
    mount -t tmpfs -o mode=755 tmpfs /mnt
    mkdir /mnt/repo /mnt/bin
    mount --bind '${root}' /mnt/repo
    cp "$(readlink -f '${process.execPath}')" /mnt/bin/node
    chown -R 65534:65534 '${home}'
    mkdir -m 700 '${home}/run' && chown 65534:65534 '${home}/run'
    setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME='${home}' XDG_RUNTIME_DIR='${home}/run' PATH=/mnt/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      env ${command}
    exit $?`;
  const [first = "", ...rest] = [
    ...sudo,
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "bash",
    "-c",
    inside,
  ];
  return execFileSync(first, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
