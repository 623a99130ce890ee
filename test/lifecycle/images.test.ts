/** Disks from images: downloaded, verified, unpacked, converted; nothing is made of what is not the image that was meant. */

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type ImageServer, startImageServer } from "../support/image-server";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

const folder = mkdtempSync(join(tmpdir(), "pvi-"));
const at = (name: string): string => join(folder, name);
const digest = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

let host: PrivateHost;
let server: ImageServer;
let stack: Stack;
let image: Buffer;
beforeAll(async () => {
  process.env.XDG_CACHE_HOME = at("cache");
  host = startPrivateHost();
  server = await startImageServer();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
  run("sh", "-c", `yes content | head -c 1M >'${at("plain.img")}'`);
  run("qemu-img", "convert", "-O", "qcow2", at("plain.img"), at("image.qcow2"));
  run("sh", "-c", `cd '${folder}' && xz -k image.qcow2`);
  image = readFileSync(at("image.qcow2"));
  server.put("image.qcow2", image);
  server.put("image.qcow2.xz", readFileSync(at("image.qcow2.xz")));
  server.put("SHA256SUMS", Buffer.from(`${digest(readFileSync(at("image.qcow2.xz")))}  image.qcow2.xz\n`));
});
afterAll(async () => {
  await disconnect();
  server.stop();
  host.stop();
  delete process.env.XDG_CACHE_HOME;
  rmSync(folder, { recursive: true });
});

const url = (name: string): string => `${server.base}/${name}`;
const disk = (source: Values, more: Values = {}): Values => ({ pool: stack.pool("pool"), source, ...more });
const volumes = (): string[] => readdirSync(`${host.data}/pool`);
/** Of disks. */
const claims = (): string[] =>
  host
    .virsh("secret-list")
    .split("\n")
    .filter((row) => /:volume:\//.test(row));
const content = (name: string, format: string): Buffer => {
  run("qemu-img", "convert", "-f", format, "-O", "raw", `${host.data}/pool/${name}`, at("seen"));
  return readFileSync(at("seen"));
};
async function settled(name: string, args: Values): Promise<void> {
  expect(await stack.up("disk", name, args)).toBe("same");
  expect(await stack.refresh(name)).toMatchObject(stack.get(name).inputs);
  expect(await stack.up("disk", name, args)).toBe("same");
}

it("a packed image from a server, verified by its list, grown to the size that is wanted", async () => {
  const args = disk({ url: url("image.qcow2.xz"), checksums: url("SHA256SUMS") }, { sizeGiB: 0.01 });
  expect(await stack.up("disk", "packed", args)).toBe("created");
  expect(content("packed.qcow2", "qcow2").subarray(0, 2 ** 20)).toEqual(readFileSync(at("plain.img")));
  expect(stack.get("packed").facts.capacityGiB).toBeCloseTo(0.01, 3);
  await settled("packed", args);
  await stack.destroy("packed");
});

it("one for several disks passes the wire once, and none at the next up", async () => {
  server.asked();
  const args = disk({ url: url("image.qcow2"), sha256: digest(image) });
  const names = ["one", "two", "three"];
  await Promise.all(names.map((name) => stack.up("disk", name, args)));
  expect(server.asked()).toEqual(["image.qcow2"]);
  for (const name of names) {
    expect(readFileSync(`${host.data}/pool/${name}.qcow2`)).toEqual(image);
    await settled(name, args);
  }
  for (const name of names) await stack.destroy(name);
  await stack.up("disk", "one", args);
  expect(server.asked()).toEqual([]);
  await stack.destroy("one");
});

it("what is here already needs no server: a dated image that is gone from there", async () => {
  const args = disk({ url: url("gone.qcow2"), sha256: digest(image) });
  expect((await stack.preview("disk", "dated", args)).report.warnings ?? []).toEqual([]);
  expect(await stack.up("disk", "dated", args)).toBe("created");
  await stack.destroy("dated");
});

it("a raw disk of a qcow2 image has what a guest would see in it", async () => {
  const args = disk({ url: url("image.qcow2"), sha256: digest(image) }, { format: "raw" });
  await stack.up("disk", "raw", args);
  expect(readFileSync(`${host.data}/pool/raw.img`)).toEqual(readFileSync(at("plain.img")));
  await settled("raw", args);
  await stack.destroy("raw");
});

describe("nothing is left of", () => {
  afterEach(() => expect([volumes(), claims()]).toEqual([[], []]));

  it("another content than was stated", async () => {
    const args = disk({ url: url("image.qcow2"), sha256: "0".repeat(64) });
    await expect(stack.up("disk", "wrong", args)).rejects.toThrow(
      /image\.qcow2 has the sha256 checksum .*, and 0+ is wanted/,
    );
  });

  it("what its server does not have, which the preview says", async () => {
    const args = disk({ url: url("gone.qcow2") });
    const { report } = await stack.preview("disk", "gone", args);
    expect(report.warnings).toEqual([
      expect.stringMatching(/source\.url: .*gone\.qcow2 cannot be downloaded: .* 404 Not Found/),
    ]);
    await expect(stack.up("disk", "gone", args)).rejects.toThrow(/404 Not Found/);
  });

  it("a page in place of an image", async () => {
    await expect(stack.up("disk", "page", disk({ url: url("SHA256SUMS") }))).rejects.toThrow(/is no qcow2 image/);
  });

  it("two words for one source, or none", async () => {
    const both = disk({ url: url("image.qcow2"), path: at("image.qcow2") });
    await expect(stack.check("disk", "both", both)).rejects.toThrow(/source: is either a file .*\(path\) or .*\(url\)/);
    await expect(stack.check("disk", "none", disk({ sha256: "0".repeat(64) }))).rejects.toThrow(/source: is either/);
    const sums = disk({ url: url("image.qcow2"), sha256: "0".repeat(64), sha512: "0".repeat(128) });
    await expect(stack.check("disk", "sums", sums)).rejects.toThrow(/one of sha256, sha512 and checksums is enough/);
    await expect(stack.check("disk", "short", disk({ url: url("x"), sha256: "abc" }))).rejects.toThrow(
      /64 hexadecimal/,
    );
    await expect(stack.check("disk", "ftp", disk({ url: "ftp://a/b" }))).rejects.toThrow(/begins with https:/);
  });

  it("what is interrupted while it is downloaded", async () => {
    server.put("slow.qcow2", Buffer.concat([image, Buffer.alloc(2 ** 20)]), 65536);
    const nobody = new AbortController();
    const said: string[] = [];
    const progress = (text: string): void => {
      if (said.push(text) === 2) nobody.abort();
    };
    const up = stack.up("disk", "slow", disk({ url: url("slow.qcow2") }), { progress, signal: nobody.signal });
    await expect(up).rejects.toThrow(/^Interrupted: it downloads slow\.qcow2/);
    expect(said[0]).toMatch(/^downloads slow\.qcow2: \d+ % of \d\.\d MiB, \d+ KiB\/s, \d+ s left$/);
    expect(readdirSync(at("cache/pulumi-virt/images")).filter((name) => name.includes("part"))).toEqual([]);
  });
});

describe("another source of a disk that is there", () => {
  const first = (more: Values = {}): Values => disk({ url: url("image.qcow2"), sha256: digest(image) }, more);
  const other = (more: Values = {}): Values => disk({ url: url("image.qcow2"), sha256: "1".repeat(64) }, more);
  beforeAll(() => stack.up("disk", "kept", first()));
  afterAll(() => stack.destroy("kept"));

  it("is told, and touches nothing", async () => {
    expect((await stack.check("disk", "kept", other())).impact).toEqual({
      source: expect.stringMatching(/it seeded the disk once, and the disk's data stays as it is/) as string,
    });
    await stack.up("disk", "kept", other());
    expect(readFileSync(`${host.data}/pool/kept.qcow2`)).toEqual(image);
    await stack.up("disk", "kept", first());
  });

  it("is none where the content is the same: elsewhere, or verified from now on", async () => {
    const moved = disk({ path: at("image.qcow2"), sha256: digest(image) });
    expect((await stack.check("disk", "kept", moved)).impact).toBeUndefined();
    await settled("kept", first());
  });

  it("replaces it where the program says so", async () => {
    const { report } = await stack.preview("disk", "kept", other({ onSourceChange: "replace" }));
    expect(report.impact).toEqual([expect.objectContaining({ path: "seed", class: "replace" })]);
    await expect(stack.up("disk", "kept", other({ onSourceChange: "replace" }))).rejects.toThrow("replaces: seed");
    // Only to say so changes nothing.
    expect(await stack.up("disk", "kept", first({ onSourceChange: "replace" }))).not.toBe("created");
    await settled("kept", first({ onSourceChange: "replace" }));
  });
});
