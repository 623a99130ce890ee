/**
 * qemu+ssh with the real ssh and the real sshd: configuration, keys, agent, known hosts, a jump host, a user who is not
 * root. The server's connections come through ProxyCommand, so that no port is opened on this machine.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LibvirtError } from "../../provider/libvirt/errors";
import type { Virsh } from "../../provider/libvirt/virsh";
import { inventory } from "../../provider/libvirt/inventory";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { prepareSshServer, type SshServer } from "../support/ssh-server";
import { hosts } from "../support/hosts";

let host: PrivateHost;
let server: SshServer;
let folder: string;
beforeAll(() => {
  host = startPrivateHost();
  server = prepareSshServer(host);
  folder = server.folder;
  // For the jump: inside the host's own network namespace, on its loopback.
  host.enter("sh", "-c", `/usr/sbin/sshd -f ${folder}/sshd_config -o ListenAddress=127.0.0.1 -o Port=2222`);
});
afterAll(async () => {
  await hosts.close();
  host.stop();
});

/** A connection by an ssh of this configuration; `command` is libvirt's own parameter for another ssh program. */
function through(name: string, configuration: string, user = "root", more = ""): Virsh {
  const key = name === "stranger" ? "stranger" : name === "agent" ? "nothing" : "client";
  const program = server.program(name, configuration, key);
  return hosts.connect(
    `qemu+ssh://${user}@${name === "jumped" ? "127.0.0.1:2222" : "target"}/system?command=${program}${more}`,
  );
}

it("connects by the user's configuration and key, in one session", async () => {
  const virsh = through("plain", "");
  expect(await virsh.run("list", ["--all", "--name"])).toBe("");
  for (let count = 0; count < 50; count += 1) await virsh.run("list", ["--all", "--uuid"]);
  expect(readFileSync(join(folder, "plain.count"), "utf8")).toBe("\n");
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

const failure = (virsh: Virsh): Promise<LibvirtError> =>
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

it("says that the host's key is another one, and does not call it unknown (8.35)", async () => {
  writeFileSync(join(folder, "changed"), `* ${readFileSync(join(folder, "stranger.pub"), "utf8")}`);
  const error = await failure(through("changed", `Host *\n  UserKnownHostsFile ${folder}/changed\n`));
  expect(error).toMatchObject({ kind: "Denied" });
  expect(error.message).toMatch(/shows another key than the one in known_hosts[\s\S]*ssh-keygen -R/);
  expect(error.message).not.toMatch(/Put the host's key|@@@/);
});

describe("says what is wrong on the host (8.35)", () => {
  const socket = "/run/libvirt/libvirt-sock";

  it("a user who may not use libvirt's socket: the group", async () => {
    host.enter("chmod", "700", socket);
    try {
      const error = await failure(through("outsider", "", "operator"));
      expect(error).toMatchObject({ kind: "Denied" });
      expect(error.message).toMatch(/Permission denied[\s\S]*usermod --append --groups libvirt/);
    } finally {
      host.enter("chmod", "777", socket);
    }
  });

  it("no daemon", async () => {
    host.enter("mv", socket, `${socket}.away`);
    try {
      const error = await failure(through("stopped", ""));
      expect(error).toMatchObject({ kind: "Unreachable" });
      expect(error.message).toMatch(/No such file or directory[\s\S]*No libvirt daemon listens on the host: start it/);
    } finally {
      host.enter("mv", `${socket}.away`, socket);
    }
  });

  it.each([
    ["nc that is not there", "/nowhere/nc", /not found[\s\S]*virt-ssh-helper nor nc/],
    ["nc without Unix sockets", "traditional", /invalid option -- 'U'[\s\S]*netcat-openbsd/],
    ["nc that may not", "outside", /nc: unix connect failed: Permission denied[\s\S]*group libvirt/],
  ])("an %s", async (name, netcat, said) => {
    const words: Readonly<Record<string, string>> = {
      traditional: "nc: invalid option -- 'U'\nnc -h for help",
      outside: "nc: unix connect failed: Permission denied",
    };
    // Texts of netcat-traditional and of netcat-openbsd.
    const program = netcat in words ? join(folder, `nc-${netcat}`) : netcat;
    if (netcat in words) {
      writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "${words[netcat]}" >&2\nexit 1\n`, { mode: 0o755 });
    }
    const error = await failure(through(name.replaceAll(" ", "-"), "", "root", `&proxy=netcat&netcat=${program}`));
    expect(error.message).toMatch(said);
  });
});

it("names come through whatever the locale there (8.2)", async () => {
  const virsh = through("names", "Host *\n  SendEnv NOTHING\n");
  const name = "日本語 ü  \u{1f600}";
  await virsh.run("net-define", [{ xml: `<network><name>${name}</name></network>` }], { lane: "work" });
  expect((await inventory(virsh).networks({ fresh: true })).map((each) => each.name)).toContain(name);
});

it("works on with the sessions it has where the host takes no more (8.25)", async () => {
  // As sshd does beyond MaxStartups.
  const real = join(folder, "ssh-plain");
  const limited = join(folder, "ssh-limited");
  const refusing = `printf 'kex_exchange_identification: Connection closed by remote host\\n' >&2; sleep 0.3; exit 255`;
  writeFileSync(
    limited,
    `#!/bin/sh\nfor slot in 1 2; do mkdir ${folder}/slot-$slot 2>/dev/null && exec ${real} "$@"; done\n${refusing}\n`,
    { mode: 0o755 },
  );
  const virsh = hosts.connect(`qemu+ssh://root@target/system?command=${limited}`);
  const lane = { lane: "work" } as const;
  await virsh.run("uri");
  const asked = Array.from({ length: 6 }, (_, index) => virsh.run("echo", [`answer ${index}`], lane));
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 6 }, (_, index) => `answer ${index}`));
  expect(await virsh.run("echo", ["and after that"], lane)).toBe("and after that");
});
