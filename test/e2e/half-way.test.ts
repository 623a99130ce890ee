/** What failed half-way, with the real engine: it can be finished, refreshed, replaced, removed and destroyed. */

import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";
import { opening } from "../support/programs";

let host: PrivateHost;
let program: Program;
beforeAll(() => {
  host = startPrivateHost();
  inside(`mkdir ${host.data}/locked`);
});
afterAll(() => host.stop());
beforeEach(() => {
  program = new Program(source("less"));
  program.up();
});
afterEach(() => {
  mend();
  program.destroy();
  program.remove();
});

const names = ["pool", "disk", "network", "guest"] as const;

/** One resource of each kind; `wanted` asks for a little more of each, which has to be changed on the host. */
function source(wanted: "less" | "more", resources: readonly string[] = names): string {
  const more = wanted === "more";
  const all: Readonly<Record<(typeof names)[number], string>> = {
    pool: `new virt.Pool("pool", { host, type: "dir", path: data + "/locked/pool", running: ${more} });`,
    disk: `new virt.Disk("disk", { pool: good, format: "raw", sizeGiB: ${more ? 0.02 : 0.01} });`,
    network: `new virt.Network("network", { host, mode: "isolated", bridge: "vbr-half", running: ${more} });`,
    guest: `new virt.Guest("guest", { host, vcpus: 1, memoryMiB: 64, running: ${more}, graphics: { type: "vnc", port: 5999 }, shutdownTimeoutSeconds: 1, forceOff: true });`,
  };
  return `${opening(host)}const host = new virt.Host("host", { uri });
    const good = new virt.Pool("good", { host, type: "dir", path: data + "/good" });
    ${names
      .filter((name) => resources.includes(name))
      .map((name) => all[name])
      .join("\n")}`;
}

function inside(script: string): void {
  host.enter("sh", "-c", script);
}

/** What each of them needs is taken by somebody else: no resource of ours can know it before it tries. */
function spoil(): void {
  inside(`rmdir ${host.data}/locked/pool; chattr +i ${host.data}/locked`);
  inside(`chattr +i ${host.data}/good/disk.img`);
  inside("ip link add vbr-half type bridge");
  const listen = 'require("node:net").createServer().listen(5999, "127.0.0.1")';
  inside(
    `setsid ${process.execPath} -e '${listen}' >/dev/null 2>&1 </dev/null & echo $! > ${host.folder}/listener.pid`,
  );
  inside("for i in $(seq 100); do ss -ltn | grep -q :5999 && exit 0; sleep 0.1; done; exit 1");
}

function mend(): void {
  inside(`chattr -i ${host.data}/locked; mkdir -p ${host.data}/locked/pool`);
  inside(`chattr -i ${host.data}/good/disk.img || true`);
  inside("ip link delete vbr-half || true");
  inside(
    `[ ! -e ${host.folder}/listener.pid ] || kill $(cat ${host.folder}/listener.pid) || true; rm -f ${host.folder}/listener.pid`,
  );
}

function urnOf(name: string): string {
  return new RegExp(`urn:pulumi:\\S+::${name}(?=\\s|$)`, "m").exec(program.must("stack", "--show-urns"))?.[0] ?? "";
}

/** All four are on the host and not in the state, and cannot be brought to what is wanted. */
function failHalfWay(): void {
  for (const name of names) program.must("state", "delete", urnOf(name), "--yes");
  spoil();
  program.write("index.js", source("more"));
  const { code, text } = program.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
  expect(code).not.toBe(0);
  for (const name of names) expect(text).toMatch(new RegExp(`virt:\\w+ \\(?${name}\\)?.*(failed|error)`));
  // They are recorded, or what follows would show nothing.
  for (const name of names) expect(urnOf(name)).not.toBe("");
}

const remaining = (): string =>
  [
    ["list", "--all", "--name"],
    ["pool-list", "--all", "--name"],
    ["net-list", "--all", "--name"],
  ]
    .map((command) => host.virsh(...command).trim())
    .concat(host.virsh("vol-list", "good").trim())
    .filter((line) => line !== "")
    .join(" ");

describe("a create that failed half-way (8.9)", () => {
  beforeEach(failHalfWay);

  it("can be refreshed, and finished", () => {
    program.must("refresh", "--yes", "--skip-preview");
    mend();
    program.up();
    program.mustBeSettled();
  });

  it("can be replaced", () => {
    mend();
    program.up(...names.flatMap((name) => ["--replace", urnOf(name)]));
    program.mustBeSettled();
  });

  it("can be removed from the program", () => {
    inside(`chattr -i ${host.data}/good/disk.img`);
    program.write("index.js", source("more", []));
    program.up();
    expect(remaining()).toBe("good");
  });

  it("can be destroyed", () => {
    inside(`chattr -i ${host.data}/good/disk.img`);
    program.destroy();
    expect(host.virsh("pool-list", "--all", "--name").trim()).toBe("");
    expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  });
});

it("an update that failed half-way can be refreshed, and destroyed (8.9)", () => {
  spoil();
  program.write("index.js", source("more"));
  expect(program.pulumi("up", "--yes", "--skip-preview", "--continue-on-error").code).not.toBe(0);
  program.must("refresh", "--yes", "--skip-preview");
  inside(`chattr -i ${host.data}/good/disk.img`);
  program.destroy();
});
