/**
 * Replaced first and deleted afterwards, as a transformation of the program can have it: both are the same object on the
 * host. The engine may die in between; then the deletion stands in the state, and another process carries it out.
 */

import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";

jest.setTimeout(400_000);

let host: PrivateHost;
let program: Program;
beforeAll(() => {
  host = startPrivateHost();
  program = new Program(source(true));
});
afterAll(() => {
  program.remove();
  host.stop();
});

function source(isLate: boolean): string {
  const late = `pulumi.runtime.registerStackTransformation(({ props, opts }) => ({ props, opts: { ...opts, deleteBeforeReplace: false } }));`;
  return `const virt = require("pulumi-virt"); const pulumi = require("@pulumi/pulumi");
    ${isLate ? late : ""}
    const data = ${JSON.stringify(host.data)};
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const pool = new virt.Pool("kept-pool", { host, type: "dir", path: data + "/kept" });
    new virt.Disk("kept-disk", { pool, format: "raw", sizeGiB: 0.01 });
    new virt.Network("kept-lan", { host, mode: "isolated" });
    new virt.Guest("kept-guest", { host, vcpus: 1, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1 });`;
}

interface Exported {
  readonly deployment: { resources: { urn: string; outputs?: Record<string, unknown>; delete?: boolean }[] };
}

const exported = (): Exported => JSON.parse(program.must("stack", "export", "--show-secrets")) as Exported;
const isOurs = ({ urn }: { urn: string }): boolean => urn.includes("::kept-");

function imported(state: Exported): void {
  program.write("state.json", JSON.stringify(state));
  program.must("stack", "import", "--file", "state.json");
}

/** Whether all is there, by names and data; the guest and the network run as they did. */
const there = (): unknown => ({
  guests: host.virsh("list", "--name").trim(),
  process: host.enter("sh", "-c", "cat /run/libvirt/qemu/kept-guest.pid").trim(),
  networks: host.virsh("net-list", "--name").trim(),
  pools: host.virsh("pool-list", "--name").trim(),
  volumes: host.virsh("vol-list", "kept-pool").match(/kept-disk\S*/g),
  data: run("head", "-c", "8", `${host.data}/kept/kept-disk.img`),
});

const nothingLeft = (): void => {
  for (const list of ["list", "net-list", "pool-list"]) expect(host.virsh(list, "--all", "--name").trim()).toBe("");
  expect(host.virsh("secret-list").trim()).toBe("");
};

function replaceAll(): string {
  const urns = exported()
    .deployment.resources.filter(isOurs)
    .map(({ urn }) => urn);
  expect(urns).toHaveLength(4);
  return program.up(...urns.flatMap((urn) => ["--replace", urn]));
}

const left = /warning: The \w+ "kept-\S+" on \S+ was left as it is/g;

it("loses nothing in the same run, nor when the engine was killed in between (8.10)", () => {
  program.up();
  run("sh", "-c", `printf precious | dd of=${host.data}/kept/kept-disk.img conv=notrunc status=none`);
  const before = there();
  const older = exported();
  expect(replaceAll().match(left)?.length).toBeGreaterThanOrEqual(4);
  expect(there()).toEqual(before);

  // As an engine leaves it that is killed between `create` and `delete`, and one more that was killed so before.
  const newer = exported();
  const pending = (): Exported["deployment"]["resources"] =>
    older.deployment.resources
      .filter(isOurs)
      .map((each) => ({ ...each, delete: true }))
      .reverse();
  imported({ ...newer, deployment: { ...newer.deployment, resources: [...newer.deployment.resources, ...pending()] } });
  program.must("refresh", "--yes", "--skip-preview");
  expect(exported().deployment.resources.filter((each) => each.delete === true)).toHaveLength(4);
  expect(program.up().match(left)?.length).toBeGreaterThanOrEqual(4);
  expect(there()).toEqual(before);
  expect(exported().deployment.resources.filter((each) => each.delete === true)).toEqual([]);
  program.mustBeSettled();

  // Killed before anything was recorded: the state is older than what the host says, and the next `up` mends that.
  imported(older);
  program.up();
  program.mustBeSettled();
  expect(there()).toEqual(before);
  program.write("index.js", source(false));
  program.mustBeSettled();
  program.destroy();
  nothingLeft();
});

it("does not delete what was made anew because somebody had removed it (8.10)", () => {
  program.write("index.js", source(true));
  program.up();
  host.virsh("destroy", "kept-guest");
  host.virsh("undefine", "kept-guest");
  host.virsh("net-destroy", "kept-lan");
  host.virsh("net-undefine", "kept-lan");
  host.virsh("vol-delete", "--pool", "kept-pool", "kept-disk.img");
  replaceAll();
  run("sh", "-c", `printf precious | dd of=${host.data}/kept/kept-disk.img conv=notrunc status=none`);
  expect(there()).toMatchObject({ guests: "kept-guest", networks: "kept-lan", pools: "kept-pool", data: "precious" });
  program.mustBeSettled();
  program.destroy();
  nothingLeft();
});
