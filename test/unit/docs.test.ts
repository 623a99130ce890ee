/** What the pages show can be copied: each program in README and guides type-checks as it stands, and no link is dead. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "../..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...["docs", "docs/reference", "provider/decisions"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  ),
].map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** The programs of a page: blocks of TypeScript that import us, without the indentation of a list they stand in. */
function programsOf(text: string): string[] {
  return [...text.matchAll(/^( *)```ts\n([^]*?)^ *```/gm)]
    .map(([, indent = "", body = ""]) => body.replaceAll(new RegExp(`^${indent}`, "gm"), ""))
    .filter((body) => body.includes("pulumi-virt"));
}

it("shows programs that type-check (8.38)", () => {
  const programs = new Map(
    pages.flatMap(({ path, text }) =>
      programsOf(text).map((body, index) => [join(root, "examples", `${path.replaceAll("/", "-")}-${index}.ts`), body]),
    ),
  );
  expect(programs.size).toBeGreaterThan(4);
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const source = host.getSourceFile.bind(host);
  host.readFile = (path) => programs.get(path) ?? read(path);
  host.fileExists = (path) => programs.has(path) || ts.sys.fileExists(path);
  host.getSourceFile = (path, ...rest) => {
    const text = programs.get(path);
    return text === undefined ? source(path, ...rest) : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  };
  const checked = ts.createProgram([...programs.keys()], { ...options, noEmit: true, noUnusedLocals: false }, host);
  const said = [...programs.keys()].flatMap((path) => {
    const file = checked.getSourceFile(path);
    return [...checked.getSyntacticDiagnostics(file), ...checked.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
  expect(said).toEqual([]);
}, 120_000);

it("links to what is there (8.38)", () => {
  const dead = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(dead).toEqual([]);
});

it("shows the XML that is made", () => {
  const shown = pages.flatMap(({ text }) => [...text.matchAll(/<!-- (\S+\.xml) -->\n+```xml\n([^]*?\n)```/g)]);
  expect(shown.length).toBeGreaterThan(1);
  for (const [, path = "", xml] of shown) expect(xml).toBe(`${readFileSync(join(root, path), "utf8").trimEnd()}\n`);
});
