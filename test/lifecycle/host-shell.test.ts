/** The shell on a host: on this machine, by the real ssh and sshd in one connection, or explicitly none (9.6). */

import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LibvirtError } from "../../provider/libvirt/errors";
import type { Virsh } from "../../provider/libvirt/virsh";
import { runToEnd } from "../../provider/libvirt/process";
import { type Absent, hostShell, type HostShell, type Present, shellOver } from "../../provider/libvirt/shell";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { prepareSshServer, type SshServer } from "../support/ssh-server";
import { until } from "../support/until";
import { hosts } from "../support/hosts";

let host: PrivateHost;
let server: SshServer;
let folder: string;
beforeAll(() => {
  host = startPrivateHost();
  server = prepareSshServer(host);
  folder = server.folder;
});
afterAll(async () => {
  await hosts.close();
  host.stop();
});

function through(name: string, user = "root", more = "", configuration = ""): Virsh {
  const key = name === "stranger" ? name : "client";
  const program = server.program(name, `Host *\n  IdentitiesOnly yes\n${configuration}`, key);
  return hosts.connect(`qemu+ssh://${user}@target:2200/system?command=${program}${more}`);
}

async function present(virsh: Virsh): Promise<HostShell> {
  const found = await hostShell(virsh);
  if ("absent" in found) throw new Error(found.absent);
  return found.shell;
}

const failure = (work: Promise<unknown>): Promise<LibvirtError> =>
  work.then(
    () => Promise.reject(new Error("done")),
    (error: unknown) => error as LibvirtError,
  );

const local = (): HostShell =>
  shellOver("qemu:///system", ([command = "", ...words], stdin, seconds) => runToEnd(command, words, stdin, seconds));

const nasty = [
  "",
  " ",
  "a b",
  "it's",
  `"double" \\back\\ \\'`,
  "$HOME `id` $(id) ${x}",
  "*;|&<>?![]{}#~",
  "line\nbreak\ttab\r",
  "-n",
  "--help",
  "%s %h",
  "日本語 ü \u{1f600}",
  "'; touch /tmp/never; '",
];

describe.each([
  ["on this machine", async () => local()],
  ["by ssh as root", () => present(through("root"))],
])("%s", (way, shellHere) => {
  let shell: HostShell;
  let place: string;
  beforeAll(async () => {
    shell = await shellHere();
    place = join(host.data, `shell ${way}'s`);
    mkdirSync(place, { mode: 0o755 });
  });

  it("passes each argument as it is", async () => {
    const said = await shell.run(["printf", "%s\\0", ...nasty]);
    expect(said.split("\0").slice(0, -1)).toEqual(nasty);
  });

  it("hands over standard input, all of it", async () => {
    const text = `${"x".repeat(3_000_000)}\n\0 ü end without a line break`;
    expect(await shell.run(["cat"], text)).toBe(text);
    // What does not read it is no failure.
    expect(await shell.run(["echo", "deaf"], text)).toBe("deaf\n");
  });

  it.each(nasty.filter((name) => name !== "").map((name) => [JSON.stringify(name), name]))(
    "writes, lists and reads a file %s",
    async (_, name) => {
      const inside = join(place, `in ${name.replaceAll("/", "_")}`);
      mkdirSync(inside, { recursive: true });
      const path = `${inside}/.${name.replaceAll("/", "_")}`;
      const text = `first\n${name}\0\u{1f600}\n\n`;
      await shell.write(path, "something that was there before and is longer than what comes".repeat(9));
      await shell.write(path, text);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(await shell.read(path)).toBe(text);
      expect(await shell.list(inside)).toEqual([`.${name.replaceAll("/", "_")}`]);
    },
  );

  it("reads the kernel's own files, and lists a folder through a link", async () => {
    expect(await shell.read("/proc/cmdline")).toBe(readFileSync("/proc/cmdline", "utf8"));
    expect(await shell.list("/sys/class/net/lo")).toContain("mtu");
  });

  it("says what is not there, and what is no file or no folder", async () => {
    const missing = await failure(shell.read(`${place}/missing`));
    expect(missing).toMatchObject({ kind: "Gone" });
    expect(missing.message).toMatch(/^Unable to read ".*missing" on qemu.*: No such file or directory\.\nHint: Check/);
    expect(await failure(shell.list(`${place}/missing`))).toMatchObject({ kind: "Gone" });
    expect(await failure(shell.write(`${place}/missing/file`, "x"))).toMatchObject({ kind: "Gone" });
    writeFileSync(`${place}/plain`, "");
    expect(await failure(shell.list(`${place}/plain`))).toMatchObject({ kind: "Gone" });
    expect((await failure(shell.read(place))).message).toMatch(/Is a directory/);
    expect(await failure(shell.read("relative"))).toMatchObject({ kind: "Bug" });
  });

  it("says that a command failed, with its own words, or is not there", async () => {
    const failed = await failure(shell.run(["sh", "-c", "echo no such luck >&2; exit 255"]));
    expect(failed).toMatchObject({ kind: "Refused" });
    expect(failed.message).toMatch(/"sh" failed on qemu.*: no such luck/);
    expect((await failure(shell.run(["false"]))).message).toMatch(/it ended with code 1/);
    const missing = await failure(shell.run(["no-such-command", "x"]));
    expect(missing).toMatchObject({ kind: "Unsupported" });
    expect(missing.message).toMatch(/has no command "no-such-command"/);
    expect(await failure(shell.run(["echo", "a\0b"]))).toMatchObject({ kind: "InvalidInput" });
  });

  it("ends what takes too long, with what it started", async () => {
    const mark = `4${process.pid}${way.length}`;
    const error = await failure(shell.run(["sh", "-c", `sleep ${mark} & sleep ${mark}`], "", 1));
    expect(error).toMatchObject({ kind: "Unreachable" });
    expect(error.message).toMatch(/did not finish "sh" within 1 s/);
    const left = (): string => run("sh", "-c", `pgrep -fx 'sleep ${mark}' || true`);
    await until(() => left() === "", 5, left);
  });
});

describe("by ssh", () => {
  const connections = (name: string): number => readFileSync(join(folder, `${name}.count`), "utf8").length;

  /** Our connections by this configuration, with their arguments. */
  const masters = (name: string): string =>
    run("sh", "-c", `pgrep -af '${folder}/config-${name} .*[C]ontrolMaster=yes' || true`);

  it("takes one connection for many commands, one after the other and at once, and leaves nothing", async () => {
    const virsh = through("many");
    await virsh.run("uri");
    const before = connections("many");
    const shell = await present(virsh);
    for (let count = 0; count < 20; count += 1) expect(await shell.run(["echo", String(count)])).toBe(`${count}\n`);
    const eight = Array.from({ length: 8 }, (_, index) => shell.run(["echo", String(index)]));
    expect(await Promise.all(eight)).toEqual(eight.map((_, index) => `${index}\n`));
    expect(connections("many")).toBe(before + 1);
    const [, socket = ""] = /-S (\S+)/.exec(masters("many")) ?? [];
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    await virsh.close();
    expect(masters("many")).toBe("");
    expect(existsSync(dirname(socket))).toBe(false);
    // And it opens again.
    expect(await (await present(virsh)).run(["echo", "again"])).toBe("again\n");
    expect(connections("many")).toBeGreaterThan(before + 1);
  });

  it("opens another connection where the one it had is lost, and says so to the command under way", async () => {
    const shell = await present(through("lost"));
    const underWay = failure(shell.run(["sleep", "20"]));
    await until(() => run("sh", "-c", "pgrep -fx 'sleep 20' || true") !== "", 5);
    for (const pid of masters("lost").matchAll(/^\d+/gm)) run("kill", "-KILL", pid[0]);
    expect((await underWay).kind).toBe("Unreachable");
    expect(await shell.run(["echo", "back"])).toBe("back\n");
  });

  it("as a user who is not root: what is closed to them is Denied", async () => {
    const shell = await present(through("operator", "operator"));
    expect((await shell.run(["id", "-un"])).trim()).toBe("operator");
    writeFileSync(join(host.data, "secret"), "");
    chmodSync(join(host.data, "secret"), 0o600);
    const denied = await failure(shell.read(join(host.data, "secret")));
    expect(denied).toMatchObject({ kind: "Denied" });
    expect(denied.message).toMatch(/Permission denied\.\nHint: The user of the connection may not/);
    expect(await failure(shell.write(join(host.data, "secret"), "x"))).toMatchObject({ kind: "Denied" });
    expect(await failure(shell.list("/root"))).toMatchObject({ kind: "Denied" });
    expect(await failure(shell.write("/sys/kernel/mm/ksm/run", "0"))).toMatchObject({ kind: "Denied" });
  });

  it("takes the key that the URI names, and a configuration with forwardings and sharing of its own", async () => {
    const configuration = `Host target\n  ControlMaster auto\n  ControlPath ${folder}/own-%C\n  ControlPersist 3\n  LocalForward ${folder}/forwarded 127.0.0.1:1\n`;
    const shell = await present(through("own", "root", `&keyfile=${folder}/client`, configuration));
    expect(await shell.run(["id", "-u"])).toBe("0\n");
  });

  it("says why where commands are not let in", async () => {
    writeFileSync(
      join(folder, "authorized"),
      `${readFileSync(join(folder, "client.pub"), "utf8")}restrict,command="case $SSH_ORIGINAL_COMMAND in *virt-ssh-helper*|*nc*) eval exec \\"$SSH_ORIGINAL_COMMAND\\";; *) echo only libvirt here >&2; exit 1;; esac" ${readFileSync(join(folder, "stranger.pub"), "utf8")}`,
    );
    const virsh = through("stranger");
    expect(await virsh.run("list", ["--name"])).toBe("");
    const error = await failure(hostShell(virsh));
    expect(error.message).toMatch(/^Unable to run commands on qemu.* by ssh: only libvirt here\nHint: Try by hand/);
    // Nothing is left of it, and it is tried again when somebody asks again.
    expect(await failure(hostShell(virsh))).toMatchObject({ kind: "Unreachable" });
  });
});

describe("whose machine it is", () => {
  const about = async (uri: string): Promise<Present | Absent> => hostShell(hosts.connect(uri));

  it("certain by ssh, where the daemon is seen from the shell", async () => {
    expect(await hostShell(through("certain"))).toEqual({ shell: expect.anything() as HostShell });
    expect(await hostShell(through("certain-operator", "operator"))).toEqual({ shell: expect.anything() as HostShell });
  });

  it("doubtful where no daemon is seen", async () => {
    host.enter("mv", "/run/libvirtd.pid", "/run/libvirtd.pid.away");
    try {
      expect(await hostShell(through("doubtful"))).toMatchObject({ doubt: /no libvirt daemon is seen/ });
    } finally {
      host.enter("mv", "/run/libvirtd.pid.away", "/run/libvirtd.pid");
    }
  });

  it("none by a local socket that leads into another machine's namespaces", async () => {
    expect(await about(host.uri)).toEqual({
      absent: expect.stringMatching(
        /^the daemon's machine calls itself private-host, and the shell's .* another machine/,
      ) as string,
    });
  });

  it("none for the test driver", async () => {
    expect(await about("test:///default")).toEqual({ absent: "the host of libvirt's test driver is no machine" });
  });
});
