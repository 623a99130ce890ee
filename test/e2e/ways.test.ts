/** Ways of use, with the real engine: components, aliases, moves, subfolders, secrets, targets, taints, twins. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => host.stop());

function program(source: string, options?: ConstructorParameters<typeof Program>[1]): Program {
  return newProgram(`${opening(host)}${source}`, options);
}

const guests = (): string[] =>
  host
    .virsh("list", "--all", "--name")
    .split("\n")
    .filter((line) => line !== "")
    .sort();
const off = "vcpus: 1, memoryMiB: 64, running: false";

it("components, nested and with siblings", () => {
  const nested = program(`
    const host = new virt.Host("host", { uri });
    class Pair extends pulumi.ComponentResource {
      constructor(name, opts) {
        super("test:Pair", name, {}, opts);
        const lan = new virt.Network(name + "-lan", { host, mode: "isolated", running: false, autostart: false }, { parent: this });
        for (const one of ["a", "b"]) new virt.Guest(name + "-" + one, { host, ${off}, nics: { lan: { network: lan } } }, { parent: this });
      }
    }
    class House extends pulumi.ComponentResource {
      constructor(name) {
        super("test:House", name);
        new Pair(name + "-one", { parent: this });
        new Pair(name + "-two", { parent: this });
      }
    }
    new House("house");`);
  nested.up();
  nested.mustBeSettled();
  expect(guests()).toEqual(["house-one-a", "house-one-b", "house-two-a", "house-two-b"]);
  // Without running the program, as in a pipeline that cleans up.
  nested.write("index.js", "throw new Error('not run');");
  nested.destroy();
  expect(guests()).toEqual([]);
});

it("aliases, a new parent, and state rename are no differences", () => {
  const source = (name: string, options: string): string => `
    const host = new virt.Host("host", { uri });
    const box = new pulumi.ComponentResource("test:Box", "box");
    new virt.Guest("${name}", { host, name: "steady", ${off}, nics: { lan: { user: true } } }, ${options});`;
  const moving = program(source("one", "{}"));
  moving.up();
  const before = host.virsh("dumpxml", "steady");
  const head = readFileSync(join(moving.folder, "index.js"), "utf8").split("\n").slice(0, 2).join("\n");
  moving.write("index.js", head + source("two", `{ aliases: [{ name: "one" }] }`));
  expect(moving.must("preview", "--expect-no-changes")).not.toMatch(/replace|delete/);
  moving.up();
  moving.write("index.js", head + source("two", `{ parent: box, aliases: [{ parent: pulumi.rootStackResource }] }`));
  moving.must("preview", "--expect-no-changes");
  moving.up();
  const urn = /urn:pulumi:\S+::two/.exec(moving.must("stack", "--show-urns"))?.[0] ?? "";
  moving.must("state", "rename", urn, "three", "--yes");
  moving.write("index.js", head + source("three", "{ parent: box }"));
  moving.must("preview", "--expect-no-changes");
  expect(host.virsh("dumpxml", "steady")).toBe(before);
  moving.destroy();
});

it("the program in a subfolder of the project", () => {
  const source = `new (require("pulumi-virt").Guest)("sub", { host: { uri: ${JSON.stringify(host.uri)} }, ${off} });`;
  const sub = program("", {
    name: "sub",
    files: { "app/index.js": source, "app/package.json": '{"name":"app","main":"index.js"}' },
  });
  sub.write("Pulumi.yaml", "name: sub\nruntime: nodejs\nmain: app/\n");
  sub.up();
  sub.mustBeSettled();
  expect(guests()).toEqual(["sub"]);
  sub.destroy();
  expect(guests()).toEqual([]);
});

it("secrets are in no output of the CLI and in no file", () => {
  const source = (password: string, line: string): string => `
    const host = new virt.Host("host", { uri });
    new virt.Guest("secret", { host, ${off}, graphics: { type: "vnc", password: "${password}" },
      metadata: { token: pulumi.secret("${line}") } });`;
  const secret = program(source("hush-one", "token-one"));
  const head = readFileSync(join(secret.folder, "index.js"), "utf8").split("\n").slice(0, 2).join("\n");
  const said = [secret.must("preview", "--diff"), secret.up("--diff")];
  expect(host.virsh("dumpxml", "--security-info", "secret")).toContain("hush-one");
  secret.write("index.js", head + source("hush-two", "token-two"));
  said.push(secret.must("preview", "--diff"), secret.must("preview", "--json"), secret.up("--diff"));
  expect(host.virsh("dumpxml", "--security-info", "secret")).toContain("hush-two");
  host.virsh("desc", "secret", "--config", "by hand");
  said.push(
    secret.must("preview", "--diff"),
    secret.must("refresh", "--yes", "--diff"),
    secret.must("stack", "export"),
  );
  secret.write("index.js", head + source("hush-two-and-much-longer", "token-two"));
  said.push(secret.pulumi("preview", "--diff").text);
  expect(said.join("\n")).not.toMatch(/hush-|token-(one|two)/);
  const files = readdirSync(secret.state, { recursive: true, encoding: "utf8", withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const file of files)
    expect(readFileSync(join(file.parentPath, file.name), "utf8")).not.toMatch(/hush-|token-(one|two)/);
  secret.destroy();
});

it("a difference shows what is not secret, and a secret that is dropped is still one (8)", () => {
  const source = (more: string): string =>
    `const host = new virt.Host("host", { uri }); new virt.Guest("shown", { host, ${off}, ${more} });`;
  const shown = program(source(`metadata: { token: pulumi.secret("hush-token") }`));
  const head = readFileSync(join(shown.folder, "index.js"), "utf8").split("\n").slice(0, 2).join("\n");
  shown.up();
  const previews = [
    `graphics: { type: "vnc" }, metadata: { token: pulumi.secret("hush-other") }`,
    `graphics: { type: "vnc", password: "hush-pw" }, metadata: { colour: "red" }`,
    "",
  ].map((more) => {
    shown.write("index.js", head + source(more));
    const said = [shown.must("preview", "--diff"), shown.must("preview", "--json"), shown.up("--diff")];
    return said.join("\n");
  });
  expect(previews[0]).toMatch(/graphics *: "live: absent → \{ type: vnc \}/);
  expect(previews[1]).toMatch(/metadata.colour *: ".*absent → red/);
  expect(previews[2]).toMatch(/graphics *: "live: \{ password: \(secret\), type: vnc \} → absent/);
  expect(previews.join("\n")).not.toContain("hush-");
  shown.destroy();
});

it("--target, protect, and one error among others", () => {
  const some = program(`
    const host = new virt.Host("host", { uri });
    new virt.Guest("kept", { host, ${off} }, { protect: true });
    new virt.Guest("aimed", { host, ${off} });`);
  some.up();
  expect(some.pulumi("destroy", "--yes", "--skip-preview").code).not.toBe(0);
  expect(guests()).toContain("kept");
  some.must("state", "unprotect", "--all", "--yes");
  some.destroy("--target", "**aimed");
  expect(guests()).toEqual(["kept"]);
  some.destroy();
});

it("taint and --replace of a disk in use are refused, and the data is intact", () => {
  const used = program(`
    const host = new virt.Host("host", { uri });
    const pool = new virt.Pool("pool", { host, type: "dir", path: data + "/taint" });
    const disk = new virt.Disk("disk", { pool, format: "raw", sizeGiB: 0.01 });
    new virt.Guest("user", { host, ${off}, disks: { root: { disk } } });`);
  used.up();
  run("sh", "-c", `printf precious | dd of=${host.data}/taint/disk.img conv=notrunc status=none`);
  const urn = /urn:pulumi:\S+::disk(?=\s|$)/m.exec(used.must("stack", "--show-urns"))?.[0] ?? "";
  const replaced = used.pulumi("up", "--yes", "--skip-preview", "--replace", urn);
  expect(replaced.code).not.toBe(0);
  expect(replaced.text).toMatch(/it is in use by guest user/);
  used.must("state", "taint", urn, "--yes");
  expect(used.pulumi("up", "--yes", "--skip-preview").code).not.toBe(0);
  expect(run("head", "-c", "8", `${host.data}/taint/disk.img`)).toBe("precious");
  used.must("state", "untaint", urn, "--yes");
  used.up();
  used.destroy();
});

it("the same project and stack from two backends: the second is refused, nothing is taken over", () => {
  const source = `const host = new virt.Host("host", { uri }); new virt.Guest("twin", { host, ${off} });`;
  const [one, other] = [program(source), program(source)];
  one.up();
  const before = host.virsh("dumpxml", "twin");
  const refused = other.pulumi("up", "--yes", "--skip-preview");
  expect(refused.code).not.toBe(0);
  expect(refused.text).toMatch(/there is a guest \\?"twin\\?" already, which another stack manages/);
  expect(host.virsh("dumpxml", "twin")).toBe(before);
  other.destroy();
  expect(guests()).toEqual(["twin"]);
  one.destroy();
});

it("an inline program of the Automation API", () => {
  const outer = program("");
  outer.write(
    "automation.js",
    `const { LocalWorkspace } = require("@pulumi/pulumi/automation"); const virt = require("pulumi-virt");
     (async () => {
       const stack = await LocalWorkspace.createOrSelectStack({ stackName: "inline", projectName: "inline",
         program: async () => { new virt.Guest("inline", { host: { uri: ${JSON.stringify(host.uri)} }, ${off} }); } });
       const up = await stack.up(); const again = await stack.preview(); await stack.destroy();
       console.log(JSON.stringify([up.summary.resourceChanges, again.changeSummary]));
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
  expect(JSON.parse(output.trim().split("\n").at(-1) ?? "")).toEqual([{ create: 2 }, { same: 2 }]);
  expect(guests()).toEqual([]);
});

it("a URI with a password is a secret in the state, though the program did not say so (8.24)", () => {
  const shielded = program(`
    const host = new virt.Host("host", { uri: uri + "&token=hush-three" });
    new virt.Guest("beside", { host, ${off} });
    new virt.Network("plain", { host: { uri: uri + "&token=hush-three" }, mode: "isolated", running: false, autostart: false });`);
  const said = [shielded.must("preview", "--diff"), shielded.up("--diff"), shielded.must("stack", "export")];
  shielded.mustBeSettled();
  said.push(shielded.must("refresh", "--yes", "--diff"), shielded.must("destroy", "--yes", "--diff"));
  expect(said.join("\n")).not.toContain("hush-three");
});

it("maps that are wholly unknown, and references inside references as resource, output, id and promise (8.20)", () => {
  const nested = program(`
    const host = new virt.Host("host", { uri });
    const pool = new virt.Pool("nested", { host, type: "dir", path: data + "/nested" });
    const base = new virt.Disk("base", { pool: { host, name: pool.name }, sizeGiB: 0.01 });
    const over = new virt.Disk("over", { pool: { host: host.id, name: "nested" }, sizeGiB: 0.01,
      backing: { host: pulumi.output(host), pool: "nested", name: base.name } });
    const more = new virt.Disk("more", { pool: Promise.resolve(pool), backing: Promise.resolve(base), sizeGiB: 0.01 });
    const lan = new virt.Network("lan-nested", { host: pulumi.output(host), mode: "isolated", running: false, autostart: false });
    // Nothing of these is known before the resources are there.
    const nics = lan.id.apply(() => ({ lan: { network: { host, name: "lan-nested" } } }));
    const disks = over.id.apply(() => ({ root: { disk: over }, more: { disk: more } }));
    new virt.Guest("unknown-maps", { host: host.id, ${off}, nics, disks });`);
  nested.must("preview");
  nested.up();
  nested.mustBeSettled();
  const xml = host.virsh("dumpxml", "unknown-maps");
  expect(xml).toMatch(/nested\/over[^]*nested\/more[^]*network='lan-nested'/);
  nested.destroy();
});

it("a guest that names its host by id goes along when the Host gets another address (8.24)", () => {
  const source = (more: string): string => `
    const host = new virt.Host("host", { uri: uri + "${more}" });
    new virt.Guest("follower", { host: host.id, ${off} });`;
  const moved = program(source(""));
  moved.up();
  const before = host.virsh("dumpxml", "follower");
  const head = readFileSync(join(moved.folder, "index.js"), "utf8").split("\n").slice(0, 2).join("\n");
  moved.write("index.js", head + source("&another=spelling"));
  expect(moved.must("preview")).not.toMatch(/replace|delete/);
  moved.up();
  moved.mustBeSettled();
  expect(host.virsh("dumpxml", "follower")).toBe(before);
  const { deployment } = JSON.parse(moved.must("stack", "export")) as {
    deployment: { resources: { type: string; inputs?: { host?: { uri?: string } } }[] };
  };
  const guest = deployment.resources.find(({ type }) => type.endsWith("virt:Guest"));
  expect(guest?.inputs?.host?.uri).toMatch(/another=spelling/);
  moved.destroy();
});
