/** All that a host holds, as text to be compared: objects, their XML, whether they run, claims, and the content of volumes. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type PrivateHost, run } from "./private-host";

export type Snapshot = Readonly<Record<string, string>>;

/** Numbers that libvirt draws anew at each start or asks the file system for. */
const passing: readonly [RegExp, string][] = [
  [/ id='\d+'/g, ""],
  [/ connections='\d+'/g, ""],
  [/ portid='[^']*'/g, ""],
  [/\/dev\/pts\/\d+/g, "PTY"],
  [/vnet\d+/g, "TAP"],
  [/domain-\d+-/g, "domain-N-"],
  [/<(allocation|available|physical) unit='bytes'>\d+/g, "<$1>"],
  [/<(timestamps)>[\s\S]*?<\/\1>/g, ""],
  // Who may open the file is QEMU's user while a guest runs.
  [/<(owner|group|mode|label)>[^<]*<\/\1>/g, ""],
];

export function snapshot(host: PrivateHost): Snapshot {
  const names = (...command: string[]): string[] => lines(host.virsh(...command));
  const taken: Record<string, string> = {};
  const take = (what: string, ...command: string[]): void => {
    taken[what] = passing.reduce((text, [pattern, by]) => text.replaceAll(pattern, by), host.virsh(...command));
  };
  const running = new Set(names("list", "--name"));
  for (const guest of names("list", "--all", "--name")) {
    take(`guest ${guest}`, "dumpxml", "--inactive", "--security-info", guest);
    if (running.has(guest)) take(`running guest ${guest}`, "dumpxml", guest);
  }
  const activeNetworks = new Set(names("net-list", "--name"));
  for (const network of names("net-list", "--all", "--name")) {
    take(`network ${network}`, "net-dumpxml", "--inactive", network);
    if (activeNetworks.has(network)) take(`running network ${network}`, "net-dumpxml", network);
  }
  const activePools = new Set(names("pool-list", "--name"));
  for (const pool of names("pool-list", "--all", "--name")) {
    take(`pool ${pool}`, "pool-dumpxml", pool);
    if (!activePools.has(pool)) continue;
    host.virsh("pool-refresh", pool);
    for (const volume of lines(host.virsh("vol-list", pool)).map((line) => line.split(/\s+/)[0] ?? "")) {
      take(`volume ${pool}/${volume}`, "vol-dumpxml", "--pool", pool, volume);
      taken[`content ${pool}/${volume}`] = contentOf(host.virsh("vol-path", "--pool", pool, volume).trim());
    }
  }
  for (const secret of lines(host.virsh("secret-list"))) {
    const uuid = secret.split(/\s+/)[0] ?? "";
    take(`claim ${uuid}`, "secret-dumpxml", uuid);
  }
  for (const list of ["list", "net-list", "pool-list"]) {
    taken[`autostart ${list}`] = names(list, "--all", "--autostart", "--name").sort().join(" ");
  }
  taken.folders = readdirSync(host.data).sort().join(" ");
  return taken;
}

/** What a guest would read: the checksum of the disk, whatever its format. */
function contentOf(path: string): string {
  const plain = `${path}.plain`;
  const format = run("qemu-img", "info", "--force-share", path).match(/file format: (\S+)/)?.[1] ?? "raw";
  if (format === "raw") return `raw ${run("sha256sum", path).split(" ")[0]}`;
  run("qemu-img", "convert", "--force-share", "-O", "raw", path, plain);
  const sum = run("sha256sum", plain).split(" ")[0];
  run("rm", plain);
  return `${format} ${sum}`;
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Removes every trace of a test's object from the host, by whatever works. */
export function wipe(host: PrivateHost, name: string): void {
  const attempt = (...command: string[]): void => {
    try {
      host.virsh(...command);
    } catch {
      // It was not there.
    }
  };
  for (const command of ["destroy", "undefine", "net-destroy", "net-undefine"]) attempt(command, name);
  for (const command of ["pool-destroy", "pool-undefine"]) attempt(command, name);
  run("rm", "-rf", join(host.data, name));
  for (const pool of lines(host.virsh("pool-list", "--name"))) {
    const path = lines(host.virsh("pool-dumpxml", pool)).find((line) => line.startsWith("<path>"));
    const folder = path?.replace(/<\/?path>/g, "") ?? "";
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder)) if (file.startsWith(`${name}.`)) run("rm", join(folder, file));
    host.virsh("pool-refresh", pool);
  }
  for (const secret of lines(host.virsh("secret-list"))) {
    if (secret.includes(`/${name}.`)) attempt("secret-undefine", secret.split(/\s+/)[0] ?? "");
  }
}
