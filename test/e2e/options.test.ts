/** The options of resources, with the real engine: what each promises, seen on the host. */

import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(600_000);

let host: PrivateHost;
const programs: Program[] = [];
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => {
  programs.forEach((program) => program.remove());
  host.stop();
});

const head = (): string => `const virt = require("pulumi-virt"); const pulumi = require("@pulumi/pulumi");
  const uri = ${JSON.stringify(host.uri)}; const data = ${JSON.stringify(host.data)};
  const size = { vcpus: 1, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1 };`;

const processOf = (name: string): unknown => new WatchedGuest(host, name, "").process;
const uuidOf = (name: string): string => host.virsh("domuuid", name).trim();

interface Options {
  /** Name of the component. */
  readonly box?: string;
  readonly boxOptions?: string;
  readonly inner?: string;
  readonly innerOptions?: string;
  /** Whether the program has the guest that stays behind. */
  readonly stays?: boolean;
}

/** A component with a guest in it, a network and a disk of that one, and a guest that is to stay behind. */
const source = ({ box = "one", boxOptions = "{}", inner = "", innerOptions = "", stays = true }: Options): string => `
  ${head()}
  const host = new virt.Host("host", { uri });
  const lan = new virt.Network("lan", { host, mode: "isolated" });
  const pool = new virt.Pool("pool", { host, type: "dir", path: data + "/options" });
  const disk = new virt.Disk("disk", { pool, format: "raw", sizeGiB: 0.01 });
  class Box extends pulumi.ComponentResource {
    constructor(name, options) {
      super("test:Box", name, {}, options);
      new virt.Guest(name + "-guest", { host, ...size, disks: { root: { disk } }, nics: { lan: { network: lan } }, ${inner} },
        { parent: this, replaceWith: [lan], customTimeouts: { create: "5m" }, ${innerOptions} });
    }
  }
  const box = new Box("${box}", ${boxOptions});
  ${stays ? 'new virt.Guest("stays", { host, ...size }, { retainOnDelete: true, dependsOn: box });' : ""}`;

it("aliases, retainOnDelete, replaceWith, replaceOnChanges and customTimeouts (8.10)", () => {
  const made = new Program(source({}));
  programs.push(made);
  const write = (options: Options): void => made.write("index.js", source(options));
  expect(made.up()).toMatch(/Guest "one-guest": the option customTimeouts has no effect/);
  run("sh", "-c", `printf precious | dd of=${host.data}/options/disk.img conv=notrunc status=none`);
  const precious = (): string => run("head", "-c", "8", `${host.data}/options/disk.img`);
  const [inner, staying, uuid] = [processOf("one-guest"), processOf("stays"), uuidOf("one-guest")];

  // Another name of the component is no other guest; what is retained stays as it is, and is taken up again later.
  const renamed = { box: "two", boxOptions: `{ aliases: [{ name: "one" }] }` };
  write({ ...renamed, stays: false });
  expect(made.up()).not.toMatch(/replac/);
  expect([processOf("one-guest"), processOf("stays"), uuidOf("one-guest")]).toEqual([inner, staying, uuid]);
  expect(host.virsh("list", "--all", "--name").trim().split("\n").sort()).toEqual(["one-guest", "stays"]);

  // What only steers the provider stands in no short preview, and its content in no long one.
  const changed = {
    ...renamed,
    inner: `title: pulumi.secret("a"), channels: { one: { name: "a.b.c" }, another: { name: "a.b.d" } },`,
  };
  write(changed);
  expect(made.must("preview")).toMatch(/two-guest update \[diff: (?!.*__)/);
  expect(made.must("preview", "--diff")).not.toMatch(/__\w+\s*:/);
  made.up();
  made.mustBeSettled();
  expect([processOf("one-guest"), processOf("stays")]).toEqual([inner, staying]);

  // A network in use is replaced only with the guests that go along; their disks stay. What is made anew is named anew.
  const lan = /urn:pulumi:\S+::lan(?=\s|$)/m.exec(made.must("stack", "--show-urns"))?.[0] ?? "";
  made.up("--replace", lan);
  made.mustBeSettled();
  const next = processOf("two-guest");
  expect([host.virsh("list", "--name").match(/one-guest/), precious()]).toEqual([null, "precious"]);

  // Drift of what replaces is mended in place; a change of it is said to be what it is.
  const replacing = { ...changed, innerOptions: `replaceOnChanges: ["description"],` };
  write({ ...replacing, inner: `${changed.inner} description: "a"` });
  expect(made.must("preview", "--diff")).toMatch(/description: "replace: absent → a"/);
  made.up();
  const last = processOf("two-guest");
  expect([last === next, precious()]).toEqual([false, "precious"]);
  host.virsh("desc", "two-guest", "--config", "--live", "by hand");
  expect(made.must("preview", "--diff")).toMatch(/description: "live: by hand → a"/);
  made.up();
  expect(processOf("two-guest")).toBe(last);
  made.mustBeSettled();

  // Nothing is replaced by what could not start: the host has no such device.
  const absent = `<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0xfe' slot='0x1f' function='7'/></source></hostdev>`;
  write({
    ...replacing,
    inner: `${changed.inner} description: "b", xml: { absent: { at: "devices", fragment: "${absent}" } }`,
  });
  const refused = made.pulumi("up", "--yes", "--skip-preview");
  expect([refused.code === 0, processOf("two-guest") === last]).toEqual([false, true]);
  expect(refused.text).toMatch(/xml\.absent: the host says: .*so nothing was changed/);
  write({ ...replacing, inner: `${changed.inner} description: "a"` });
  made.mustBeSettled();

  made.destroy();
  expect(host.virsh("list", "--name").trim()).toBe("stays");
  expect(processOf("stays")).toBe(staying);
});

/** Hooks and transforms come by a newer protocol than the language host of some CLIs speaks: inline, the SDK is its own. */
it("hooks, transforms and transformations (8.10)", () => {
  const outer = new Program("");
  programs.push(outer);
  outer.write(
    "automation.js",
    `${head()}
     const { LocalWorkspace } = require("@pulumi/pulumi/automation");
     const seen = [];
     const hook = (name) => new pulumi.ResourceHook(name, (args) => { seen.push(name + " " + args.newOutputs?.title); });
     const title = { ignoreChanges: ["title"] };
     const titles = () => ["option", "transform", "transformation", "everything"].map((name) =>
       /<title>(.*)</.exec(require("node:child_process").execFileSync("virsh", ["-q", "-c", uri, "dumpxml", name], { encoding: "utf8" }))[1]);
     const program = (text) => async () => {
       const host = new virt.Host("host", { uri });
       const guest = (name, options) => new virt.Guest(name, { host, ...size, running: false, title: text, description: text }, options);
       guest("hooked", { hooks: { afterCreate: [hook("created")], afterUpdate: [hook("updated")] } });
       guest("option", title);
       guest("transform", { transforms: [async ({ props, opts }) => ({ props, opts: { ...opts, ...title } })] });
       guest("everything", { transforms: [async ({ props, opts }) => ({ props, opts: { ...opts, ignoreChanges: ["*"] } })] });
       guest("transformation", { transformations: [({ props, opts }) => ({ props, opts: { ...opts, ...title } })] });
     };
     (async () => {
       const run = (text) => LocalWorkspace.createOrSelectStack({ stackName: "inline", projectName: "inline", program: program(text) });
       const stack = await run("one");
       await stack.up();
       const next = await run("two");
       const { summary } = await next.up();
       const again = await next.preview();
       const byHand = () => {
         for (const name of ["option", "transform", "transformation", "everything"])
           require("node:child_process").execFileSync("virsh", ["-q", "-c", uri, "desc", name, "--title", "--config", "theirs"]);
       };
       byHand();
       await next.preview();
       await next.up();
       const after = await next.preview();
       const unread = titles();
       byHand();
       await next.refresh();
       await next.up();
       console.log(JSON.stringify([seen, summary.resourceChanges, again.changeSummary, after.changeSummary, unread, titles()]));
     })();`,
  );
  const output = run(
    "env",
    "-C",
    outer.folder,
    ...Object.entries(outer.environment).map(([key, value]) => `${key}=${value}`),
    "node",
    "automation.js",
  );
  expect(JSON.parse(output.trim().split("\n").at(-1) ?? "")).toEqual([
    ["created one", "updated two"],
    { same: 3, update: 4 },
    { same: 7 },
    { same: 7 },
    // Only the resource's own option reaches the provider, and "*"; the engine takes what a refresh has recorded.
    ["theirs", "one", "one", "theirs"],
    ["theirs", "theirs", "theirs", "theirs"],
  ]);
  const texts = (name: string): string[] => host.virsh("dumpxml", name).match(/>(one|two)</g) ?? [];
  expect(texts("hooked")).toEqual([">two<", ">two<"]);
  for (const name of ["option", "transform", "transformation"]) expect([name, ...texts(name)]).toEqual([name, ">two<"]);
});
