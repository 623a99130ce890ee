/**
 * qemu+ssh with the real ssh and the real sshd: configuration, keys, agent, known hosts, a jump host, a user who is not
 * root. The server's connections come through ProxyCommand, so that no port is opened on this machine.
 */

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeAll, connect } from "../../provider/libvirt/connection";
import type { LibvirtError } from "../../provider/libvirt/errors";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";

let host: PrivateHost;
let folder: string;
beforeAll(() => {
  host = startPrivateHost();
  folder = join(host.folder, "ssh");
  // sshd reads authorized keys as the user who comes in.
  mkdirSync(folder, { mode: 0o755 });
  for (const key of ["server", "client", "stranger"]) {
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(folder, key));
  }
  writeFileSync(join(folder, "authorized"), readFileSync(join(folder, "client.pub")));
  writeFileSync(
    join(folder, "sshd_config"),
    `HostKey ${folder}/server\nAuthorizedKeysFile ${folder}/authorized\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nPidFile none\n`,
  );
  appendFileSync(join(host.folder, "passwd"), "operator:x:64100:64100::/tmp:/bin/sh\n");
  appendFileSync(join(host.folder, "group"), "operator:x:64100:\n");
  host.enter("mkdir", "-p", "/run/sshd");
  // For the jump: inside the host's own network namespace, on its loopback.
  host.enter("sh", "-c", `/usr/sbin/sshd -f ${folder}/sshd_config -o ListenAddress=127.0.0.1 -o Port=2222`);
  writeFileSync(join(folder, "known"), `* ${readFileSync(join(folder, "server.pub"), "utf8")}`);
});
afterAll(async () => {
  await closeAll();
  host.stop();
});

/** A connection by an ssh of this configuration; `command` is libvirt's own parameter for another ssh program. */
function through(name: string, configuration: string, user = "root"): ReturnType<typeof connect> {
  const wrapper = join(folder, `ssh-${name}`);
  const enter = join(__dirname, "../../scripts/private-host");
  const base = `Host jump target\n  ProxyCommand ${enter} enter ${host.folder} /usr/sbin/sshd -i -f ${folder}/sshd_config\n`;
  const key = name === "stranger" ? "stranger" : name === "agent" ? "nothing" : "client";
  const common = `Host *\n  UserKnownHostsFile ${folder}/known\n  GlobalKnownHostsFile /dev/null\n  IdentityFile ${folder}/${key}\n  BatchMode yes\n`;
  writeFileSync(join(folder, `config-${name}`), configuration + base + common);
  writeFileSync(wrapper, `#!/bin/sh\nexec ssh -F ${folder}/config-${name} "$@"\n`, { mode: 0o755 });
  return connect(`qemu+ssh://${user}@${name === "jumped" ? "127.0.0.1:2222" : "target"}/system?command=${wrapper}`);
}

it("connects by the user's configuration and key, in one session", async () => {
  const virsh = through("plain", "");
  expect(await virsh.run("list", ["--all", "--name"])).toBe("");
  const begun = Date.now();
  for (let count = 0; count < 50; count += 1) await virsh.run("list", ["--all", "--uuid"]);
  expect(Date.now() - begun).toBeLessThan(10_000);
});

it("connects as a user who is not root", async () => {
  expect(await through("operator", "", "operator").run("uri")).toMatch(/^qemu\+ssh:\/\/operator@target/);
});

it("connects with a key that only the agent has", async () => {
  const agent = join(folder, "agent");
  const output = run("ssh-agent", "-a", agent);
  const pid = /SSH_AGENT_PID=(\d+)/.exec(output)?.[1] ?? "";
  try {
    run("env", `SSH_AUTH_SOCK=${agent}`, "ssh-add", "-q", join(folder, "client"));
    const virsh = through("agent", `Host *\n  IdentityAgent ${agent}\n`);
    expect(await virsh.run("list", ["--name"])).toBe("");
  } finally {
    run("kill", pid);
  }
});

it("connects through a jump host", async () => {
  const virsh = through("jumped", "Host 127.0.0.1\n  ProxyJump jump\n");
  // ssh hands the configuration on to the jump by itself only where it was named with -F, which the wrapper does.
  expect(await virsh.run("list", ["--name"])).toBe("");
});

const failure = (virsh: ReturnType<typeof connect>): Promise<LibvirtError> =>
  virsh.run("list").then(
    () => Promise.reject(new Error("connected")),
    (error: unknown) => error as LibvirtError,
  );

it("says that a key was refused, and what to do", async () => {
  const error = await failure(through("stranger", "Host *\n  IdentitiesOnly yes\n", "operator"));
  expect(error).toMatchObject({ kind: "Denied" });
  expect(error.message).toMatch(/Permission denied \(publickey[\s\S]*Hint: The host refused the key/);
});

it("says that the host's key is not known, and what to do", async () => {
  const error = await failure(
    through("unknown", "Host *\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"),
  );
  expect(error).toMatchObject({ kind: "Denied" });
  expect(error.message).toMatch(/Host key verification failed[\s\S]*Hint: Put the host's key into known_hosts/);
});
