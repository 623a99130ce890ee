/** The files that XML travels in: readable for us alone, and gone with the command and with a process that is killed. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LibvirtError } from "../../provider/libvirt/errors";
import { PrivateFiles } from "../../provider/libvirt/private-files";
import { hosts } from "../support/hosts";

afterAll(() => hosts.close());

it("are ours alone, and gone when they are removed", async () => {
  const files = new PrivateFiles();
  const [one, other] = [await files.add("<one/>"), await files.add("<other/>")];
  expect([readFileSync(one, "utf8"), readFileSync(other, "utf8")]).toEqual(["<one/>", "<other/>"]);
  expect(statSync(one).mode & 0o777).toBe(0o600);
  await files.remove();
  expect([existsSync(one), existsSync(other)]).toEqual([false, false]);
});

it("are read by virsh, and a refusal says neither where they were nor what was secret in them", async () => {
  const virsh = hosts.connect("test:///default");
  const xml = (name: string, graphics: string): string =>
    `<domain type="test"><name>${name}</name><memory>1024</memory><os><type>hvm</type></os><devices><graphics type="${graphics}" passwd="hush-hush"/></devices></domain>`;
  const error = await virsh.run("define", [{ xml: xml("refused", "nothing") }]).then(
    () => Promise.reject(new Error("defined")),
    (refused: unknown) => refused as LibvirtError,
  );
  expect(error.message).toMatch(/refused "define": Failed to define domain: /);
  expect(error.message).not.toMatch(/hush|\/proc\/|\/tmp\//);
  await virsh.run("define", [{ xml: xml("taken", "vnc") }]);
  expect(await virsh.run("list", ["--all", "--name"])).toContain("taken");
});

it("leave nothing behind when the process is killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pvf-"));
  try {
    const script = `const { PrivateFiles } = require(${JSON.stringify(join(__dirname, "../../dist/provider/libvirt/private-files.js"))});
      new PrivateFiles().add("<secret/>").then((path) => { console.log(path); setInterval(() => {}, 1000); });`;
    const child = spawn(process.execPath, ["-e", script], {
      env: { ...process.env, NODE_OPTIONS: "", TMPDIR: folder },
    });
    const [path] = (await once(child.stdout, "data")) as [Buffer];
    expect(readFileSync(String(path).trim(), "utf8")).toBe("<secret/>");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
