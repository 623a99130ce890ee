/** Another file in the place of a disk: what somebody put there after ours was removed is his, and is never deleted for ours (8.6, 8.21). */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { prepareSshServer, type SshServer } from "../support/ssh-server";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
let file: string;
let aside: string;
beforeAll(async () => {
  host = startPrivateHost();
  file = `${host.data}/images/data.img`;
  aside = `${host.data}/aside.img`;
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "images", { host: stack.host(), type: "dir", path: `${host.data}/images` });
});
afterEach(() => {
  stack.forget("data");
  for (const path of [file, aside]) rmSync(path, { force: true, recursive: true });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const diskArgs = (more: Values = {}): Values => ({
  pool: stack.pool("images"),
  name: "data.img",
  sizeGiB: 0.01,
  format: "raw",
  ...more,
});
const claims = (): string[] => [...host.virsh("secret-list").matchAll(/\S+\.img$/gm)].map(([path]) => path);
const claimOf = (path = file): string => {
  const rows = host.virsh("secret-list").split("\n");
  const uuid =
    rows
      .find((row) => row.endsWith(path))
      ?.trim()
      .split(/\s+/)[0] ?? "";
  return host.virsh("secret-dumpxml", uuid);
};
/** The claim with another description, as an older version or a killed `up` left it. */
function reclaim(change: (claim: string) => string): void {
  writeFileSync(`${host.data}/secret.xml`, change(claimOf()));
  host.virsh("secret-define", `${host.data}/secret.xml`);
}
const anothers = /disk "data.img" on \S+ was left .* not the one that was made or taken over/;

describe("a file that was out of sight while it was to be made anew, with its folder", () => {
  const folder = (): string => `${host.data}/images`;
  beforeEach(async () => {
    writeFileSync(`${host.data}/seed.img`, Buffer.alloc(2 ** 20, "seed"));
    await stack.up("disk", "data", sourced());
    writeFileSync(file, "worth keeping", { flag: "r+" });
    renameSync(folder(), `${host.data}/away`);
    mkdirSync(folder());
    stack.forget("data");
  });
  const sourced = (): Values => ({ ...diskArgs({ source: { path: `${host.data}/seed.img` } }), sizeGiB: undefined });
  const comesBack = (): void => {
    rmSync(folder(), { recursive: true });
    renameSync(`${host.data}/away`, folder());
    host.virsh("pool-refresh", "images");
  };

  it("is still ours where the creation failed", async () => {
    const before = claimOf();
    // A mount point that nobody can write into.
    host.enter("mount", "-t", "tmpfs", "-o", "ro", "none", folder());
    try {
      await expect(stack.up("disk", "data", sourced())).rejects.toThrow(/Read-only file system/);
    } finally {
      host.enter("umount", folder());
    }
    expect(claimOf()).toBe(before);
    comesBack();
    await stack.up("disk", "data", sourced());
    expect(readFileSync(file, "utf8")).toMatch(/^worth keeping/);
    await stack.destroy("data");
    expect(claims()).toEqual([]);
  });

  it("is not filled where the creation was cut short", async () => {
    const stamp = /stamp=(\S+)(?=<)/.exec(claimOf())?.[1] ?? "";
    // What a creation claims first.
    reclaim((claim) => claim.replace("state=finished", "state=unfinished").replace(/ stamp=\S+(?=<)/, ` was=${stamp}`));
    comesBack();
    await stack.up("disk", "data", sourced());
    expect(readFileSync(file, "utf8")).toMatch(/^worth keeping/);
    expect(claimOf()).toMatch(`state=finished`);
    expect(claimOf()).toMatch(`stamp=${stamp}`);
    await stack.destroy("data");
    expect([existsSync(file), claims()]).toEqual([false, []]);
  });

  it("is remembered by the claim of the creation", async () => {
    const stamp = /stamp=(\S+)(?=<)/.exec(claimOf())?.[1] ?? "";
    let claimed = "";
    const watcher = setInterval(() => {
      const now = claims().length === 0 ? "" : claimOf();
      if (now.includes("unfinished") && claimed === "") claimed = now;
    }, 1);
    try {
      await stack.up("disk", "data", sourced());
    } finally {
      clearInterval(watcher);
    }
    expect(claimOf()).not.toMatch(/was=/);
    expect(claimed).toMatch(`was=${stamp}`);
    await stack.destroy("data");
    comesBack();
    expect(readFileSync(file, "utf8")).toMatch(/^worth keeping/);
  });
});

/** How a stranger's file comes where ours was. */
const ways: readonly [string, () => void][] = [
  ["made by qemu-img", () => void (rmSync(file), run("qemu-img", "create", "-q", "-f", "raw", file, "16M"))],
  [
    "made by libvirt",
    () => {
      rmSync(file);
      host.virsh("pool-refresh", "images");
      host.virsh("vol-create-as", "images", "data.img", "16M", "--format", "raw");
    },
  ],
  ["moved there over ours", () => void (writeFileSync(aside, Buffer.alloc(2 ** 24)), renameSync(aside, file))],
];

describe.each(ways)("a stranger's file, %s", (_how, happen) => {
  beforeEach(async () => {
    await stack.up("disk", "data", diskArgs());
    happen();
    writeFileSync(file, "worth keeping", { flag: "r+" });
  });
  afterEach(() => {
    expect(readFileSync(file, "utf8")).toMatch(/^worth keeping/);
    expect(claims()).toEqual([]);
  });

  it("is left where it is by a destroy, which says so", async () => {
    expect(await stack.destroy("data")).toEqual({ warnings: [expect.stringMatching(anothers)] });
  });

  it("is left also after the stack has taken it for its own, refreshed and grown it", async () => {
    expect(await stack.refresh("data")).toBeDefined();
    expect(await stack.up("disk", "data", diskArgs({ sizeGiB: 0.02 }))).toBe("updated");
    expect(await stack.up("disk", "data", diskArgs({ sizeGiB: 0.02 }))).toBe("same");
    expect(await stack.destroy("data")).toEqual({ warnings: [expect.stringMatching(anothers)] });
  });

  it("is left by whoever has lost the state and taken it up again", async () => {
    stack.forget("data");
    await stack.up("disk", "data", diskArgs({ sizeGiB: 0.02 }));
    expect(await stack.destroy("data")).toEqual({ warnings: [expect.stringMatching(anothers)] });
  });
});

it("what came in the place of an adopted disk is left, too, whatever deleteAdopted says", async () => {
  writeFileSync(file, Buffer.alloc(2 ** 24));
  const args = diskArgs({ sizeGiB: undefined, adopt: true, deleteAdopted: true });
  await stack.up("disk", "data", args);
  rmSync(file);
  writeFileSync(file, "worth keeping");
  expect(await stack.destroy("data")).toEqual({ warnings: [expect.stringMatching(anothers)] });
  expect(existsSync(file)).toBe(true);
});

it.each<[string, () => void, () => string]>([
  [
    "a folder",
    () => (mkdirSync(file), writeFileSync(`${file}/inside`, "worth keeping")),
    () => readFileSync(`${file}/inside`, "utf8"),
  ],
  ["an empty folder", () => mkdirSync(file), () => (existsSync(file) ? "worth keeping" : "")],
  [
    "a link to another file",
    () => (writeFileSync(aside, "worth keeping"), symlinkSync(aside, file)),
    () => readFileSync(file, "utf8"),
  ],
])("%s in the place of the file is left, too", async (_what, put, left) => {
  await stack.up("disk", "data", diskArgs());
  rmSync(file);
  put();
  await stack
    .destroy("data")
    .then((deleted) => expect(deleted).toEqual({ warnings: [expect.stringMatching(anothers)] }));
  expect([left(), claims()]).toEqual(["worth keeping", []]);
});

describe("of a creation that was cut short", () => {
  const seeded = (): Values => diskArgs({ sizeGiB: undefined, source: { path: aside } });
  beforeEach(async () => {
    writeFileSync(aside, Buffer.alloc(2 ** 20, "seed"));
    await stack.up("disk", "data", seeded());
    reclaim((claim) => claim.replace("state=finished", "state=unfinished"));
  });

  it("a stranger's file is not filled", async () => {
    rmSync(file);
    writeFileSync(file, Buffer.alloc(2 ** 20, "mine"));
    await expect(stack.up("disk", "data", { ...seeded(), adopt: false })).rejects.toThrow(
      /Unable to fill disk "data.img" .*another file is where it was being made. Nothing was changed/,
    );
    stack.forget("data");
    await expect(stack.up("disk", "data", seeded())).rejects.toThrow(/another file is where/);
    // Until the program says that it takes it over as it is.
    await stack.up("disk", "data", { ...seeded(), adopt: true });
    expect(await stack.destroy("data")).toEqual({});
    expect(readFileSync(file, "utf8")).toMatch(/^mine/);
  });

  it("our own file is filled, and deleted", async () => {
    writeFileSync(file, Buffer.alloc(2 ** 20), { flag: "r+" });
    stack.forget("data");
    await stack.up("disk", "data", seeded());
    expect(readFileSync(file, "utf8")).toMatch(/^seed/);
    expect(await stack.destroy("data")).toEqual({});
    expect([existsSync(file), claims()]).toEqual([false, []]);
  });
});

/** Somebody writes to the file as long as the action takes: its times are others at each look. */
async function whileWritten<Result>(action: () => Promise<Result>): Promise<Result> {
  const writes = `const { utimesSync } = require("fs"); for (let now = 1; ; now += 1) utimesSync(process.argv[1], now, now)`;
  const before = statSync(file).mtimeMs;
  const writer = spawn(process.execPath, ["-e", writes, file], { stdio: "ignore" });
  try {
    while (statSync(file).mtimeMs === before) await delay(10);
    return await action();
  } finally {
    writer.kill();
  }
}

it("a file that somebody writes to is not deleted where that hides which file it is", async () => {
  // A writer that the machine does not let run for the moment of the look hides nothing: then the next try tells.
  const refusals: string[] = [];
  for (let attempt = 0; attempt < 5 && refusals.length === 0; attempt += 1) {
    await stack.up("disk", "data", diskArgs());
    await whileWritten(() => stack.destroy("data")).catch((refusal: unknown) => refusals.push(String(refusal)));
    expect(existsSync(file)).toBe(refusals.length > 0);
  }
  expect(refusals).toEqual([
    expect.stringMatching(
      /whether it is the one that was made cannot be seen: somebody writes to .*data.img at this moment. Nothing was changed/,
    ),
  ]);
  expect(await stack.destroy("data")).toEqual({});
});

describe("what is no other file", () => {
  const copy = (): void => void run("sh", "-c", `cp ${file} ${aside} && cp ${aside} ${file}`);
  it.each<[string, () => void]>([
    ["written to", () => writeFileSync(file, "data", { flag: "r+" })],
    ["whose content was restored into it", copy],
    ["uploaded to", () => void (copy(), host.virsh("vol-upload", "--pool", "images", "data.img", aside))],
    ["wiped", () => host.virsh("vol-wipe", "--pool", "images", "data.img")],
    ["grown and converted in place", () => void run("qemu-img", "resize", "-q", "-f", "raw", file, "32M")],
    ["given to another user, and dated", () => void run("sh", "-c", `chown 1:1 ${file}; touch -d 2001-01-01 ${file}`)],
    ["moved away and back", () => (renameSync(file, aside), renameSync(aside, file))],
  ])("is deleted: %s", async (_what, happen) => {
    await stack.up("disk", "data", diskArgs());
    happen();
    expect(await stack.destroy("data")).toEqual({});
    expect([existsSync(file), claims()]).toEqual([false, []]);
  });

  it("is deleted: one that a guest ran on", async () => {
    await stack.up("disk", "data", diskArgs());
    const args = { host: stack.host(), vcpus: 1, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1 };
    await stack.up("guest", "on", { ...args, disks: { data: { disk: stack.disk("data") } } });
    await stack.up("disk", "data", diskArgs({ sizeGiB: 0.02 }));
    await stack.destroy("on");
    expect(await stack.destroy("data")).toEqual({});
    expect(existsSync(file)).toBe(false);
  });
});

describe("a file that its owner put there, such as a restored copy", () => {
  const restored = (): void => void (run("cp", file, aside), rmSync(file), renameSync(aside, file));
  beforeEach(async () => {
    await stack.up("disk", "data", diskArgs());
    restored();
  });

  it("stands in no `up`'s way, and is the disk's own again where the program adopts it", async () => {
    expect((await stack.check("disk", "data", diskArgs())).drift).toBeUndefined();
    expect(await stack.up("disk", "data", diskArgs())).toBe("same");
    expect(await stack.up("disk", "data", diskArgs({ adopt: true, deleteAdopted: true }))).toBe("updated");
    expect(await stack.destroy("data")).toEqual({});
    expect([existsSync(file), claims()]).toEqual([false, []]);
  });

  it("is left behind as what was adopted, where the program says no more", async () => {
    await stack.up("disk", "data", diskArgs({ adopt: true }));
    expect(await stack.destroy("data")).toEqual({});
    expect([existsSync(file), claims()]).toEqual([true, []]);
  });
});

describe("a claim of an older version, which does not say which file it is on", () => {
  beforeEach(async () => {
    await stack.up("disk", "data", diskArgs());
    reclaim((claim) => claim.replace(/ stamp=\S+(?=<)/, ""));
    expect(claimOf()).not.toMatch(/stamp/);
  });

  it("is as good as before, and no difference", async () => {
    expect((await stack.check("disk", "data", diskArgs())).drift).toBeUndefined();
    expect(await stack.up("disk", "data", diskArgs())).toBe("same");
    expect(await stack.destroy("data")).toEqual({});
    expect(existsSync(file)).toBe(false);
  });

  it("says it from the next change on", async () => {
    await stack.up("disk", "data", diskArgs({ sizeGiB: 0.02 }));
    expect(claimOf()).toMatch(/ stamp=\S+</);
    rmSync(file);
    writeFileSync(file, "worth keeping");
    expect(await stack.destroy("data")).toEqual({ warnings: [expect.stringMatching(anothers)] });
  });
});

describe("by ssh", () => {
  let server: SshServer;
  beforeAll(() => (server = prepareSshServer(host)));

  async function remote(name: string, user: string): Promise<{ remote: Stack; args: Values }> {
    const program = server.program(name, "Host *\n  IdentitiesOnly yes\n");
    const there = new Stack(name);
    await there.up("host", "host", { uri: `qemu+ssh://${user}@target:2200/system?command=${program}` });
    return { remote: there, args: diskArgs({ pool: { ...stack.pool("images"), host: there.host() } }) };
  }

  it("it is told as well, by a user who may not read the file", async () => {
    const { remote: there, args } = await remote("operator", "operator");
    await there.up("disk", "data", args);
    rmSync(file);
    writeFileSync(file, "worth keeping");
    expect(await there.destroy("data")).toEqual({ warnings: [expect.stringMatching(anothers)] });
    expect(existsSync(file)).toBe(true);
  });

  it("it is told also of a file that somebody writes to, since it is known whose shell it is", async () => {
    const { remote: there, args } = await remote("writing", "root");
    await there.up("disk", "data", args);
    rmSync(file);
    writeFileSync(file, "worth keeping");
    const deleted = await whileWritten(() => there.destroy("data"));
    expect(deleted).toEqual({ warnings: [expect.stringMatching(anothers)] });
    await there.up("disk", "data", { ...args, adopt: true });
    await there.destroy("data");
    rmSync(file);
    await there.up("disk", "data", args);
    expect(await whileWritten(() => there.destroy("data"))).toEqual({});
  });

  it("where only libvirt is let through, all is as before; what others have seen more of is left to them", async () => {
    const key = readFileSync(`${server.folder}/client.pub`, "utf8");
    const only = `case $SSH_ORIGINAL_COMMAND in *virt-ssh-helper*) eval exec \\"$SSH_ORIGINAL_COMMAND\\";; *) exit 1;; esac`;
    writeFileSync(`${server.folder}/authorized`, `restrict,command="${only}" ${key}`);
    try {
      const { remote: there, args } = await remote("restricted", "root");
      await there.up("disk", "data", args);
      expect(claimOf()).not.toMatch(/stamp/);
      expect(await there.destroy("data")).toEqual({});
      expect([existsSync(file), claims()]).toEqual([false, []]);
      await there.up("disk", "data", args);
      reclaim((claim) => claim.replace(/(?=<\/description>)/, " stamp=born:1"));
      await expect(there.destroy("data")).rejects.toThrow(/Unable to run commands on .* by ssh/);
      expect(existsSync(file)).toBe(true);
      reclaim((claim) => claim.replace(/ stamp=\S+(?=<)/, ""));
      await there.destroy("data");
    } finally {
      writeFileSync(`${server.folder}/authorized`, key);
    }
  });
});
