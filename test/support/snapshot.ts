/** All that a host holds, as text to be compared: objects, their XML, whether they run, claims, and the content of volumes. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isPassing } from "../../provider/libvirt/folder-look";
import type { Virsh } from "../../provider/libvirt/virsh";
import { type PrivateHost, run } from "./private-host";
import { hosts } from "./hosts";

export type Snapshot = Readonly<Record<string, string>>;

/** Numbers that libvirt draws anew at each start, or asks the file system for. */
const passing: readonly [RegExp, string][] = [
  [/ id='\d+'/g, ""],
  [/ connections='\d+'/g, ""],
  [/ portid='[^']*'/g, ""],
  [/\/dev\/pts\/\d+/g, "PTY"],
  [/vnet\d+/g, "TAP"],
  [/domain-\d+-/g, "domain-N-"],
  [/<(allocation|available|physical) unit='bytes'>\d+/g, "<$1>"],
  // Each creation draws one: it is there, and another one.
  [/ creation=("?)[-0-9a-f]{36}/g, " creation=$1DRAWN"],
  [/ stamp=\S+(?=<)/g, " stamp=SEEN"],
  [/<(timestamps)>[\s\S]*?<\/\1>/g, ""],
  // Who may open the file is QEMU's user while a guest runs.
  [/<(owner|group|mode|label)>[^<]*<\/\1>/g, ""],
];

/** One plain virsh for many questions; ended afterwards, since the daemon comes and goes. */
async function asked<Result>({ uri }: PrivateHost, questions: (virsh: Virsh) => Promise<Result>): Promise<Result> {
  const virsh = hosts.connect(uri);
  try {
    return await questions(virsh);
  } finally {
    await virsh.close();
  }
}

export function snapshot(host: PrivateHost): Promise<Snapshot> {
  return asked(host, async (virsh) => {
    const taken: Record<string, string> = {};
    const names = async (...[name = "", ...words]: string[]): Promise<string[]> => lines(await virsh.run(name, words));
    // libvirt draws the bridge's own address at each definition that does not state it.
    const withoutDrawn = (what: string, drawn: RegExp): void => {
      taken[what] = taken[what]?.replaceAll(drawn, "") ?? "";
    };
    const take = async (what: string, ...[name = "", ...words]: string[]): Promise<string> => {
      const text = await virsh.run(name, words);
      return (taken[what] = passing.reduce((rest, [pattern, by]) => rest.replaceAll(pattern, by), text));
    };
    for (const guest of await names("list", "--all", "--name")) {
      await take(`guest ${guest}`, "dumpxml", "--inactive", "--security-info", guest);
    }
    for (const guest of await names("list", "--name")) {
      const what = `running guest ${guest}`;
      // The mark of what runs is the one that it was started with, and nobody reads it.
      taken[what] = (await take(what, "dumpxml", guest)).replaceAll(/ (state|applied)="[^"]*"/g, "");
    }
    for (const network of await names("net-list", "--all", "--name")) {
      await take(`network ${network}`, "net-dumpxml", "--inactive", network);
      withoutDrawn(`network ${network}`, /<mac address='[^']*'\/>/g);
    }
    for (const network of await names("net-list", "--name")) {
      await take(`running network ${network}`, "net-dumpxml", network);
      withoutDrawn(`running network ${network}`, /<mac address='[^']*'\/>|(state|applied)="[^"]*"/g);
    }
    // Who is killed in a look leaves it behind for an hour (lifecycle/storage-users).
    const pools = async (...words: string[]): Promise<string[]> =>
      (await names("pool-list", "--name", ...words)).filter((pool) => !isPassing(pool));
    for (const pool of await pools("--all")) await take(`pool ${pool}`, "pool-dumpxml", pool);
    for (const pool of await pools()) {
      await virsh.run("pool-refresh", [pool]);
      for (const volume of (await names("vol-list", pool)).map((line) => line.split(/\s+/)[0] ?? "")) {
        const xml = await take(`volume ${pool}/${volume}`, "vol-dumpxml", "--pool", pool, volume);
        taken[`content ${pool}/${volume}`] = contentOf(/<path>([^<]*)</.exec(xml)?.[1] ?? "");
      }
    }
    for (const secret of (await names("secret-list")).map((line) => line.split(/\s+/)[0] ?? "")) {
      await take(`claim ${secret}`, "secret-dumpxml", secret);
    }
    for (const list of ["list", "net-list", "pool-list"]) {
      taken[`autostart ${list}`] = (await names(list, "--all", "--autostart", "--name")).sort().join(" ");
    }
    taken.folders = readdirSync(host.data).sort().join(" ");
    return taken;
  });
}

/** What a guest would read: the checksum of the disk, whatever its format. */
function contentOf(path: string): string {
  if (!path.endsWith(".qcow2")) return `raw ${checksum(path)}`;
  run("qemu-img", "convert", "--force-share", "-f", "qcow2", "-O", "raw", path, `${path}.plain`);
  const sum = checksum(`${path}.plain`);
  run("rm", `${path}.plain`);
  return `qcow2 ${sum}`;
}

function checksum(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Removes every trace of a test's object from the host, by whatever works. */
export function wipe(host: PrivateHost, name: string): Promise<void> {
  return asked(host, async (virsh) => {
    const attempt = async (command: string, ...words: string[]): Promise<string> =>
      virsh.run(command, words).catch(() => "");
    for (const command of ["destroy", "undefine", "net-destroy", "net-undefine", "pool-destroy", "pool-undefine"]) {
      await attempt(command, name);
    }
    run("rm", "-rf", join(host.data, name));
    for (const pool of lines(await virsh.run("pool-list", ["--name"]))) {
      const folder = /<path>([^<]*)</.exec(await virsh.run("pool-dumpxml", [pool]))?.[1] ?? "";
      if (!existsSync(folder)) continue;
      for (const file of readdirSync(folder)) if (file.startsWith(`${name}.`)) run("rm", join(folder, file));
      await virsh.run("pool-refresh", [pool]);
    }
    for (const secret of lines(await virsh.run("secret-list"))) {
      if (secret.includes(`/${name}.`)) await attempt("secret-undefine", secret.split(/\s+/)[0] ?? "");
    }
  });
}
