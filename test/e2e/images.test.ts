/** Disks from a web server, with the real engine: what is told meanwhile, Ctrl-C, kills, and another image later. */

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImageServer, startImageServer } from "../support/image-server";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { type Program, sessionsOf } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { until } from "../support/until";

jest.setTimeout(240_000);

const cache = mkdtempSync(join(tmpdir(), "pvi-"));
let host: PrivateHost;
let server: ImageServer;
let image: Buffer;
const program = programsOfThisFile();
const newProgram = (source: string): Program => program(source, { environment: { XDG_CACHE_HOME: cache } });
beforeAll(async () => {
  host = startPrivateHost();
  server = await startImageServer();
  run("sh", "-c", `head -c 3M /dev/urandom >'${cache}/content'`);
  run("qemu-img", "convert", "-O", "qcow2", `${cache}/content`, `${cache}/image`);
  image = readFileSync(`${cache}/image`);
});
afterAll(() => {
  server.stop();
  host.stop();
  rmSync(cache, { recursive: true });
});

const digest = (): string => createHash("sha256").update(image).digest("hex");
const source = (name: string, more = `sha256: "${digest()}"`, options = ""): string => `${opening(host)}
  const host = new virt.Host("host", { uri });
  const pool = new virt.Pool("pool", { host, type: "dir", path: data + "/images" });
  new virt.Disk("debian", { pool, source: { url: "${server.base}/${name}", ${more} }, ${options} });`;
const up = ["up", "--yes", "--skip-preview"];
const volume = (): string => `${host.data}/images/debian.qcow2`;
const volumes = (): string[] => (existsSync(`${host.data}/images`) ? readdirSync(`${host.data}/images`) : []);
const cached = (): string[] => readdirSync(join(cache, "pulumi-virt/images"));

it("is interrupted and killed on its way, which leaves nothing, and finished by the next up", async () => {
  // Some eight seconds.
  server.put("slow", image, image.length / 80);
  const program = newProgram(source("slow"));
  const onTheWay = async (deed: () => Promise<void> | void): Promise<void> => {
    await until(() => server.asked().includes("slow"), 60);
    await deed();
  };
  const interrupted = await program.beside(up, (engine) => {
    void onTheWay(async () => {
      engine.kill("SIGINT");
      // The engine takes two that come together as one.
      await new Promise((resolve) => setTimeout(resolve, 300));
      engine.kill("SIGINT");
    });
  });
  expect(interrupted.code).not.toBe(0);
  await until(() => sessionsOf(host).length === 0, 5);
  program.pulumi("cancel", "--yes");
  expect(volumes()).toEqual([]);

  await program.beside(up, (engine) => void onTheWay(() => void engine.kill("SIGKILL")));
  await until(() => sessionsOf(host).length === 0, 5);
  expect(volumes()).toEqual([]);
  program.pulumi("cancel", "--yes");

  const finished = await program.beside(up);
  expect([finished.code, finished.text]).toEqual([0, expect.stringMatching(/downloads slow: \d+ % of \d/)]);
  expect(readFileSync(volume())).toEqual(image);
  // What the others had begun is gone.
  expect(cached()).toEqual([`sha256-${digest()}`]);
  program.mustBeSettled();
  program.destroy();
  expect(volumes()).toEqual([]);
});

it("another image later is told, and nothing else; asked for, it is another disk", async () => {
  server.put("first", image);
  const other = Buffer.concat([image, Buffer.alloc(65536)]);
  server.put("other", other);
  const program = newProgram(source("first"));
  expect((await program.beside(up)).code).toBe(0);
  program.write("index.js", source("first", `sha256: "${"0".repeat(64)}"`));
  expect(program.must("preview", "--diff")).toMatch(/source *: ".*it seeded the disk once, and the disk's data stays/);
  const otherDigest = createHash("sha256").update(other).digest("hex");
  program.write("index.js", source("other", `sha256: "${otherDigest}"`, `onSourceChange: "replace"`));
  expect(program.must("preview", "--diff")).toMatch(/replace/);
  const replaced = await program.beside(up);
  expect([replaced.code, readFileSync(volume()).equals(other)]).toEqual([0, true]);
  program.mustBeSettled();
  program.destroy();
  expect(volumes()).toEqual([]);
});
