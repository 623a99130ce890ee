/** The import rules of the house (CONTRIBUTING.md), and what must be there for each resource. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { deviceKinds } from "../../provider/resources/guest/devices";

const root = join(__dirname, "../..");

const may: Readonly<Record<string, readonly string[]>> = {
  schema: ["schema"],
  "provider/reconcile": ["provider/reconcile"],
  "provider/libvirt": ["provider/libvirt", "provider/reconcile"],
  "provider/hypervisors": ["provider/hypervisors", "provider/libvirt", "provider/reconcile"],
  "provider/resources": [
    "provider/resources",
    "provider/hypervisors",
    "provider/libvirt",
    "provider/reconcile",
    "schema",
  ],
  "provider/lifecycle": [
    "provider/lifecycle",
    "provider/resources",
    "provider/hypervisors",
    "provider/libvirt",
    "provider/reconcile",
    "schema",
  ],
  "provider/pulumi": [
    "provider/pulumi",
    "provider/lifecycle",
    "provider/resources",
    "provider/hypervisors",
    "provider/libvirt",
    "provider/reconcile",
    "schema",
  ],
  "provider/cli": [
    "provider/cli",
    "provider/pulumi",
    "provider/lifecycle",
    "provider/resources",
    "provider/hypervisors",
    "provider/libvirt",
    "provider/reconcile",
    "schema",
  ],
};

const files = Object.keys(may).flatMap((part) =>
  readdirSync(join(root, part), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ part, path: join(part, name), text: readFileSync(join(root, part, name), "utf8") })),
);

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((found) => found[1] ?? "");

it.each(files.map((file) => [file.path, file] as const))(
  "%s imports only what its part may",
  (_path, { part, path, text }) => {
    const ours = importsOf(text).filter((name) => name.startsWith("."));
    const targets = ours.map((name) => normalize(relative(root, join(root, dirname(path), name))));
    expect(targets.filter((target) => !may[part]?.some((allowed) => target.startsWith(`${allowed}/`)))).toEqual([]);
  },
);

it("has no circle of imports (9.7)", () => {
  const targets = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter((name) => name.startsWith("."))
        .map((name) => normalize(join(dirname(path), name)))
        .map((target) => [`${target}.ts`, `${target}/index.ts`].find((file) => existsSync(join(root, file))) ?? target),
    ]),
  );
  const circleFrom = (path: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (seen.has(path)) return undefined;
    seen.add(path);
    for (const target of targets.get(path) ?? []) {
      const circle = circleFrom(target, [...way, path]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  const seen = new Set<string>();
  expect([...targets.keys()].flatMap((path) => circleFrom(path, []) ?? [])).toEqual([]);
});

it("starts processes in one file only", () => {
  const starting = files.filter(({ text }) => importsOf(text).some((name) => /execa|child_process/.test(name)));
  expect(starting.map(({ path }) => path)).toEqual(["provider/libvirt/process.ts"]);
});

it("knows Pulumi in the front only", () => {
  const knowing = files.filter(({ text }) => importsOf(text).some((name) => name.startsWith("@pulumi/")));
  expect([...new Set(knowing.map(({ part }) => part))]).toEqual(["provider/pulumi"]);
});

it("makes connections at the edge only: whoever begins hands them in (9.2)", () => {
  const making = files.filter(({ text }) => text.includes("new Hosts("));
  expect(making.map(({ path }) => path).sort()).toEqual(["provider/cli/main.ts", "provider/pulumi/dynamic/handler.ts"]);
});

it("has a life cycle that knows no engine's hidden inputs (9.1)", () => {
  const knowing = files.filter(({ part, text }) => part === "provider/lifecycle" && /["'.{ ]__[a-z]/i.test(text));
  expect(knowing.map(({ path }) => path)).toEqual([]);
});

describe("asks a host's profile, and no hypervisor by name, outside of provider/hypervisors (9.5)", () => {
  /** A URI names its driver before any host has answered; name spaces of XML; types of the program. */
  const mayName = [
    "provider/libvirt/uri.ts",
    "provider/libvirt/xml.ts",
    "provider/pulumi/dynamic/outputs.ts",
    "provider/pulumi/dynamic/resources.ts",
  ];
  const namesHypervisor = (text: string): boolean =>
    // The bus of disks that has the same name.
    /["'](kvm|qemu|xen|test)["']/.test(text.replaceAll('fixedOn("xen")', "")) ||
    /\/[^/\n]*\b(kvm|qemu|xen)\b[^/\n]*\/[a-z]*\.test\(/.test(text) ||
    /\b(hypervisor|domainType|osType|profile\.name)\)?\s*[!=]==/.test(text);

  it("in the provider", () => {
    const naming = files.filter(
      ({ part, path, text }) =>
        part.startsWith("provider/") &&
        part !== "provider/hypervisors" &&
        !mayName.includes(path) &&
        namesHypervisor(text),
    );
    expect(naming.map(({ path }) => path)).toEqual([]);
  });

  it.each([
    'if (hypervisor === "xen") return [];',
    'if (!["kvm", "qemu"].includes(profile.name)) return;',
    'const rows = { since: new Set(["kvm"]) };',
    "if (defaults.domainType !== own) return;",
    "return /^(kvm|xen)$/.test(type);",
    "switch (name) { case 'test': return []; }",
  ])("and would find %s", (line) => expect(namesHypervisor(line)).toBe(true));
});

describe("has one definition of each kind of device (9.3)", () => {
  const folder = "provider/resources/guest/devices/";
  const elements = deviceKinds.flatMap((kind) => kind.elements);
  /** An alias of ours, an element below `<devices>` that is made, or the rows of what runs without those of devices. */
  const knowsDevices = (text: string): boolean =>
    /["'`/]\^?ua-[a-z$(]/.test(text) ||
    new RegExp(`\\belement\\(\\s*"(${elements.join("|")})"`).test(text) ||
    /profile\.live\(/.test(text);

  const withoutComments = (text: string): string => text.replaceAll(/\/\*\*[^]*?\*\//g, "");

  it("in its own module", () => {
    const knowing = files.filter(
      ({ part, path, text }) =>
        part === "provider/resources" && !path.startsWith(folder) && knowsDevices(withoutComments(text)),
    );
    // `<memory>` of the guest itself has the name of a device. Whoever reads entries of any kind back takes them by whichever
    // aliases they are written with.
    expect(knowing.map(({ path }) => path).sort()).toEqual([
      "provider/resources/guest/xml-memory.ts",
      "provider/resources/reading/entries.ts",
    ]);
  });

  it("which stands in the list", () => {
    const modules = files.filter(
      ({ path, text }) => path.startsWith(folder) && /: (Device|Keyed)Kind\b.*= \{/.test(text),
    );
    expect(modules.length).toBe(deviceKinds.length);
  });

  it.each([
    "element(alias, path, { name: `ua-disk-${key}` }",
    "const [, key] = /^ua-port-(.+)$/.exec(alias) ?? [];",
    'name.startsWith("ua-nic-")',
    "/^ua-(disk|nic)-/.test(name)",
    'element("interface", path, {})',
    "const rows = host.profile.live(type).changes;",
  ])("and would find %s", (line) => expect(knowsDevices(line)).toBe(true));
});

it("opens each file with a sentence that says what it is", () => {
  expect(
    files.filter(({ text }) => !text.replace("#!/usr/bin/env node\n", "").startsWith("/**")).map(({ path }) => path),
  ).toEqual([]);
});

describe.each(["pool", "disk", "network", "guest"])("the resource %s", (kind) => {
  it.each([
    `schema/${kind}.ts`,
    `provider/resources/${kind}/handler.ts`,
    `provider/resources/${kind}/xml.ts`,
    `test/golden/${kind}`,
  ])("has %s", (path) => expect(existsSync(join(root, path))).toBe(true));

  it("is in a life cycle test, an example and the reference", () => {
    const name = kind.charAt(0).toUpperCase() + kind.slice(1);
    const read = (path: string): string => readFileSync(join(root, path), "utf8");
    expect(read("test/lifecycle/resources.test.ts")).toContain(`describe("${name}"`);
    expect(read("examples/first-guest/index.ts")).toContain(`new virt.${name}(`);
    expect(read(`docs/reference/${kind}.md`)).toContain(`new virt.${name}(`);
  });
});

describe.each([
  ["PassthroughDevice", "passthrough-device", "passthrough"],
  ["VirtualFunctions", "virtual-functions", "virtual-functions"],
])("a device of the host, by which nothing is defined (%s)", (name, folder, test) => {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");

  it.each(["handler", "xml", "problems", "objections", "observe"])("has its %s", (file) =>
    expect(existsSync(join(root, `provider/resources/${folder}/${file}.ts`))).toBe(true),
  );

  it("is in a test of the lab, an example and a page", () => {
    const kind = name.charAt(0).toLowerCase() + name.slice(1);
    expect(read(`test/lab/kvm/${test}.test.ts`)).toContain(`stack.up("${kind}"`);
    for (const path of ["examples/reference/index.ts", `docs/reference/${folder}.md`, "docs/passthrough.md"])
      expect(read(path)).toContain(`new virt.${name}(`);
  });
});
