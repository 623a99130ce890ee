/** The published package: packed, installed from the tarball into an empty folder, used from JavaScript and TypeScript. */

import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";

const root = join(__dirname, "../..");
let host: PrivateHost;
let tarball: string;
let folder: string;
beforeAll(() => {
  host = startPrivateHost();
  folder = mkdtempSync(join(tmpdir(), "pvt-pack-"));
  // Packing builds, and the programs of tests beside this one are reading what is built: so from a copy, without it.
  const sources = join(folder, "sources");
  const left = ["node_modules", "dist", ".git"].map((name) => join(root, name));
  cpSync(root, sources, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(root, "node_modules"), join(sources, "node_modules"));
  run("npm", "pack", "--silent", "--prefix", sources, sources, "--pack-destination", folder);
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  host.stop();
});

it("holds what is needed, and no more", () => {
  const files = run("tar", "-tzf", tarball)
    .trim()
    .split("\n")
    .map((file) => file.replace("package/", ""));
  expect(files).toEqual(
    expect.arrayContaining([
      "package.json",
      "LICENSE",
      "README.md",
      "dist/provider/pulumi/dynamic/index.js",
      "dist/provider/pulumi/dynamic/handler.js",
      "dist/provider/pulumi/dynamic/index.d.ts",
      "dist/provider/cli/main.js",
    ]),
  );
  expect(
    files.filter((file) => /^(test|scripts|bench|node_modules)|\.ts$/.test(file) && !file.endsWith(".d.ts")),
  ).toEqual([]);
  // The types stand alone: none of a library, and nothing that is added to a library's own.
  const types = files.filter((file) => file.endsWith(".d.ts"));
  const imports = types.flatMap((file) =>
    [
      ...run("tar", "-xzOf", tarball, `package/${file}`).matchAll(
        /^(?:import|export) .* from "(.*)";$|^declare (?:module|global).*$/gm,
      ),
    ].map(([statement, name]) => name ?? statement),
  );
  expect([...new Set(imports)].sort()).toEqual(["./dynamic", "./outputs", "./resources", "@pulumi/pulumi"]);
});

const body = `const host = new virt.Host("host", { uri: URI });
const lan = new virt.Network("lan", { host, mode: "isolated", running: false });
export const guest = new virt.Guest("packed", { host, vcpus: 1, memoryMiB: 64, running: false, nics: { lan: { network: lan } } });
`;

/** What `pulumi new typescript` writes, and a program of ECMAScript modules: neither skips the types of libraries. */
const compilerOptions = {
  template: {
    strict: true,
    outDir: "bin",
    target: "es2020",
    module: "commonjs",
    moduleResolution: "node",
    sourceMap: true,
    experimentalDecorators: true,
    pretty: true,
    noFallthroughCasesInSwitch: true,
    noImplicitReturns: true,
    forceConsistentCasingInFileNames: true,
  },
  esm: { strict: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext" },
};

it.each([
  ["JavaScript", "index.js", `const virt = require("pulumi-virt");\n${body.replace("export const", "const")}`],
  [
    "TypeScript",
    "index.ts",
    `import * as virt from "pulumi-virt";\n${body}export const state: string = guest.id.toString();\n`,
  ],
])("%s", (_language, file, source) => {
  const program = new Program("");
  try {
    rmSync(join(program.folder, "node_modules"), { recursive: true });
    rmSync(join(program.folder, "index.js"));
    const text = source.replace("URI", JSON.stringify(host.uri));
    program.write(file, text);
    program.write("package.json", JSON.stringify({ name: "e2e", main: file }));
    program.write("tsconfig.json", JSON.stringify({ compilerOptions: compilerOptions.template, files: ["index.ts"] }));
    program.write("esm.mts", text);
    program.write("tsconfig.esm.json", JSON.stringify({ compilerOptions: compilerOptions.esm, files: ["esm.mts"] }));
    run(
      "npm",
      "install",
      "--silent",
      "--no-audit",
      "--no-fund",
      "--prefix",
      program.folder,
      tarball,
      "typescript@5.9",
      "@types/node@20",
    );
    // The command comes with it.
    const doctor = run("env", "-C", program.folder, "npx", "--no-install", "pulumi-virt", "doctor", host.uri);
    expect(doctor).toMatch(/^Guests can be run here/m);
    if (file === "index.ts") {
      for (const project of ["tsconfig.json", "tsconfig.esm.json"]) {
        run("env", "-C", program.folder, "npx", "tsc", "--noEmit", "--pretty", "false", "--project", project);
      }
      rmSync(join(program.folder, "esm.mts"));
    }
    const loaded = `require("pulumi-virt/handler"); console.log(Object.keys(require.cache).join("\\n")); process.exit();`;
    // What writes XML is loaded when something is written.
    expect(run("env", "-C", program.folder, "node", "-e", loaded)).not.toContain("xmlbuilder2");
    program.up();
    program.mustBeSettled();
    expect(host.virsh("list", "--all", "--name").trim()).toBe("packed");
    program.destroy();
    expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  } finally {
    program.remove();
  }
});

it("Node 22", () => {
  const node = run("npx", "--yes", "-p", "node@22", "-c", "command -v node").trim();
  const path = process.env.PATH;
  process.env.PATH = `${dirname(node)}:${path}`;
  try {
    expect(run("node", "--version")).toMatch(/^v22/);
    const program = new Program(
      `const virt = require("pulumi-virt");\n${body.replace("export const", "const").replace("URI", JSON.stringify(host.uri))}`,
    );
    program.up();
    program.mustBeSettled();
    program.destroy();
    program.remove();
  } finally {
    process.env.PATH = path;
  }
});

const managers: Readonly<Record<string, readonly string[]>> = {
  npm: ["npm", "install", "--silent", "--no-audit", "--no-fund"],
  pnpm: ["npx", "--yes", "pnpm@9", "install", "--silent"],
  // Yarn classic refuses a package whose engines do not name the Node that it runs on.
  "yarn classic": ["npx", "--yes", "-p", "node@22", "-p", "yarn@1.22.22", "yarn", "install", "--silent"],
};

it.each(Object.entries(managers))(
  "a workspace with %s, where the program has us as a direct dependency (8.37)",
  (_name, install) => {
    const program = new Program("");
    try {
      rmSync(join(program.folder, "node_modules"), { recursive: true });
      rmSync(join(program.folder, "index.js"));
      const dependencies = { "@pulumi/pulumi": "^3.260.0", "pulumi-virt": `file:${tarball}` };
      program.write("package.json", JSON.stringify({ name: "workspace", private: true, workspaces: ["app"] }));
      program.write("pnpm-workspace.yaml", "packages:\n  - app\n");
      program.write(
        "app/package.json",
        JSON.stringify({ name: "app", version: "1.0.0", main: "index.js", dependencies }),
      );
      program.write(
        "app/index.js",
        `const virt = require("pulumi-virt");\n${body.replace("export const", "const").replace("URI", JSON.stringify(host.uri))}`,
      );
      program.write("Pulumi.yaml", "name: e2e\nruntime: nodejs\nmain: app/\n");
      run("env", "-C", program.folder, ...install);
      program.up();
      program.mustBeSettled();
      program.destroy();
      expect(host.virsh("list", "--all", "--name").trim()).toBe("");
    } finally {
      program.remove();
    }
  },
);

it("says what to do where the provider would not find it, in a monorepo too (8.37)", () => {
  const program = new Program("");
  try {
    // As pnpm lays it out where pulumi-virt is a dependency of a dependency: visible to that one, not to the program.
    rmSync(join(program.folder, "node_modules/pulumi-virt"));
    program.link("pulumi-virt", root, "library");
    program.write(
      "library/index.js",
      `const virt = require("pulumi-virt"); exports.make = () => new virt.Host("host", { uri: "test:///default" });`,
    );
    program.write("index.js", `require("./library").make();`);
    const { code, text } = program.pulumi("preview");
    expect(code).not.toBe(0);
    expect(text).toMatch(/pulumi-virt cannot be found from .*npm install pulumi-virt \(or pnpm add pulumi-virt\)/);
    expect(text).toMatch(
      /In a monorepo that is the package with the Pulumi program.*pnpm --filter PROGRAM add pulumi-virt/,
    );
  } finally {
    program.remove();
  }
});
