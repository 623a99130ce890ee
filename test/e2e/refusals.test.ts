/** A host that refuses the key beside one that works, secrets where something fails, and the target program of the design. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";

jest.setTimeout(240_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => host.stop());

const off = "vcpus: 1, memoryMiB: 64, running: false";

function program(source: string): Program {
  return newProgram(`${opening(host)}${source}`);
}

it("a host that refuses the key: says so and what to do, and does not hold up the other", () => {
  const folder = join(host.folder, "ssh");
  mkdirSync(folder, { mode: 0o755 });
  for (const key of ["server", "stranger"]) run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(folder, key));
  const enter = join(__dirname, "../../scripts/private-host");
  host.enter("mkdir", "-p", "/run/sshd");
  writeFileSync(
    join(folder, "sshd_config"),
    `HostKey ${folder}/server\nAuthorizedKeysFile none\nUsePAM no\nPasswordAuthentication no\nPidFile none\n`,
  );
  writeFileSync(
    join(folder, "config"),
    `Host *\n ProxyCommand ${enter} enter ${host.folder} /usr/sbin/sshd -i -f ${folder}/sshd_config\n IdentityFile ${folder}/stranger\n IdentitiesOnly yes\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n BatchMode yes\n`,
  );
  writeFileSync(join(folder, "ssh"), `#!/bin/sh\necho >>${folder}/asked\nexec ssh -F ${folder}/config "$@"\n`, {
    mode: 0o755,
  });
  const two = program(`
    new virt.Guest("there", { host: { uri: "qemu+ssh://root@closed.example/system?command=${folder}/ssh" }, ${off} });
    new virt.Guest("here", { host: { uri }, ${off} });`);
  const { code, text } = two.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
  expect(code).not.toBe(0);
  expect(text).toMatch(/Unable to connect to qemu\+ssh:\/\/root@closed\.example.*Permission denied \(publickey/);
  expect(text).toMatch(/Hint: The host refused the key/);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("here");
  expect(readFileSync(join(folder, "asked"), "utf8")).toBe("\n");
  two.destroy();
});

it("a definition that the host refuses shows no secret of it, in no output and in no file", () => {
  const secret = program(`
    const host = new virt.Host("host", { uri });
    new virt.Guest("refused", { host, ${off}, graphics: { type: "vnc", password: "hush-hu" },
      metadata: { token: pulumi.secret("hush-token") }, xml: { bad: { fragment: "<nothing-libvirt-knows/>" } } });`);
  const said = [
    secret.pulumi("preview", "--diff"),
    secret.pulumi("up", "--yes", "--diff"),
    secret.pulumi("up", "--yes", "--skip-preview"),
  ];
  // A reachable host refuses it in the preview already.
  expect(said.map(({ code }) => code === 0)).toEqual([false, false, false]);
  expect(said[1]?.text).toMatch(/failed to validate|Extra element|nothing-libvirt-knows/);
  const texts = [...said.map(({ text }) => text), secret.must("stack", "export")];
  for (const entry of readdirSync(secret.state, { recursive: true, encoding: "utf8", withFileTypes: true }))
    if (entry.isFile()) texts.push(readFileSync(join(entry.parentPath, entry.name), "utf8"));
  for (const text of texts) expect(text).not.toMatch(/hush-/);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  secret.destroy();
});

it("the target program of the design runs as it stands, and a host is given as a resource, a URI or an id", () => {
  const target = program(`
    const kvm1 = new virt.Host("kvm1", { uri });
    const pool = new virt.Pool("guests", { host: kvm1, type: "dir", path: data + "/guests" });
    const debian = new virt.Disk("debian-12", { pool, source: { path: data + "/debian-12.qcow2" } });
    const root = new virt.Disk("web-root", { pool, backing: debian, sizeGiB: 20 });
    const lan = new virt.Network("lan", { host: kvm1, mode: "nat", ipv4: { gateway: "10.20.0.1/24", dhcp: { from: "10.20.0.100", to: "10.20.0.200" } } });
    const web = new virt.Guest("web", {
      host: kvm1,
      vcpus: 4,
      memoryMiB: 8192,
      disks: { root: { disk: root } },
      nics: { lan: { network: lan } },
      restart: "ifNeeded",
      forceOff: true, // there is no system on the disk that would hear the power button
      shutdownTimeoutSeconds: 1,
    });
    new virt.Guest("by-uri", { host: { uri }, ${off} });
    new virt.Guest("by-text", { host: uri, ${off} });
    new virt.Guest("by-id", { host: kvm1.id, ${off} });
    new virt.Guest("by-both", { host: { uri, id: kvm1.id }, ${off} });
    exports.addresses = web.addresses; exports.pending = web.pending; exports.state = web.state;`);
  run("qemu-img", "create", "-q", "-f", "qcow2", `${host.data}/debian-12.qcow2`, "1G");
  target.must("preview");
  target.up();
  expect(JSON.parse(target.must("stack", "output", "--json"))).toEqual({
    addresses: {},
    pending: [],
    state: "running",
  });
  target.mustBeSettled();
  const xml = host.virsh("dumpxml", "web");
  expect(xml).toMatch(/<memory unit='KiB'>8388608<[\s\S]*<vcpu placement='static'>4</);
  const owner = (name: string): string => /owner="([^"]*)"/.exec(host.virsh("dumpxml", name))?.[1] ?? "none";
  expect([owner("by-uri"), owner("by-text")]).toEqual(["", ""]);
  expect(owner("web")).toMatch(/^[0-9a-f-]{36}$/);
  expect([owner("by-id"), owner("by-both")]).toEqual([owner("web"), owner("web")]);
  target.destroy();
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});
