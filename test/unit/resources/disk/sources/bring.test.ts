import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { bring } from "../../../../../provider/resources/disk/sources/bring";
import { cacheFolder } from "../../../../../provider/resources/disk/sources/cache";
import { run } from "../../../../support/run";

const folder = mkdtempSync(join(tmpdir(), "pvb-"));
const at = (name: string): string => join(folder, name);
const digest = (name: string, algorithm = "sha256"): string =>
  createHash(algorithm)
    .update(readFileSync(at(name)))
    .digest("hex");
const asked: string[] = [];
const server = createServer((request, response) => {
  const name = basename(request.url ?? "");
  asked.push(name);
  response.writeHead(200).end(readFileSync(at(name)));
});
let base: string;
const before = process.env.XDG_CACHE_HOME;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = at("cache");
  run("qemu-img", "create", "-q", "-f", "qcow2", at("image.qcow2"), "4M");
  writeFileSync(at("plain.img"), Buffer.alloc(65536, "content"));
  run(
    "sh",
    "-c",
    `cd '${folder}' && gzip -k image.qcow2 && xz -k plain.img && zstd -q plain.img && bzip2 -k plain.img`,
  );
  writeFileSync(at("broken.gz"), readFileSync(at("image.qcow2.gz")).subarray(0, 100));
  run("qemu-img", "create", "-q", "-f", "qcow2", "-b", at("image.qcow2"), "-F", "qcow2", at("over.qcow2"));
  run("sh", "-c", `cd '${folder}' && gzip -k over.qcow2`);
  writeFileSync(at("SHA512SUMS"), `${digest("image.qcow2.gz", "sha512")}  image.qcow2.gz\n`);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => asked.splice(0));
afterAll(() => {
  server.close();
  process.env.XDG_CACHE_HOME = before;
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  rmSync(folder, { recursive: true });
});

const operation = { progress: () => undefined };
const brought = async (...args: [Parameters<typeof bring>[0], Parameters<typeof bring>[1]]): Promise<Buffer> =>
  readFileSync((await bring(...args, operation)).path);
const cached = (): string[] => readdirSync(cacheFolder()).sort();

it("a file as it is, which is not copied", async () => {
  const { path, image } = await bring({ path: at("image.qcow2") }, "qcow2", operation);
  expect([path, image.format]).toEqual([at("image.qcow2"), "qcow2"]);
});

it.each([
  ["image.qcow2.gz", "qcow2", "image.qcow2"],
  ["plain.img.xz", "raw", "plain.img"],
  ["plain.img.zst", "raw", "plain.img"],
  ["plain.img.bz2", "raw", "plain.img"],
] as const)("%s is unpacked", async (name, format, plain) =>
  expect(await brought({ path: at(name) }, format)).toEqual(readFileSync(at(plain))),
);

it("qcow2 for a raw disk is converted", async () => {
  expect(await brought({ path: at("image.qcow2") }, "raw")).toEqual(Buffer.alloc(4 * 2 ** 20));
});

it("a URL is downloaded once for all disks, verified by its list, and kept by its content", async () => {
  const source = { url: `${base}/image.qcow2.gz`, checksums: `${base}/SHA512SUMS` };
  const all = await Promise.all([1, 2, 3].map(() => brought(source, "qcow2")));
  for (const each of all) expect(each).toEqual(readFileSync(at("image.qcow2")));
  expect(asked.filter((name) => name === "image.qcow2.gz")).toHaveLength(1);
  expect(cached()).toContain(`sha512-${digest("image.qcow2.gz", "sha512")}.unpacked`);
  // The next one, of the same content by another name.
  asked.splice(0);
  await brought({ url: `${base}/other.gz`, sha512: digest("image.qcow2.gz", "sha512") }, "qcow2");
  expect(asked).toEqual([]);
});

it("what is here already needs no server", async () => {
  const here = { url: `${base}/image.qcow2.gz`, sha512: digest("image.qcow2.gz", "sha512") };
  const gone = { url: "http://127.0.0.1:1/gone.gz", sha512: here.sha512 };
  await brought(here, "qcow2");
  expect(await brought(gone, "qcow2")).toEqual(readFileSync(at("image.qcow2")));
});

it("a file that changed in its middle alone is converted anew", async () => {
  const store = (text: string): void => {
    writeFileSync(at("large"), Buffer.alloc(4 * 2 ** 20, 1));
    run("sh", "-c", `printf '${text}' | dd of='${at("large")}' bs=1 seek=2097152 conv=notrunc status=none`);
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", at("large"), at("large.qcow2"));
  };
  for (const text of ["one", "two"]) {
    store(text);
    expect(await brought({ path: at("large.qcow2") }, "raw")).toEqual(readFileSync(at("large")));
  }
});

it("what nobody used for long is removed, and so are parts of processes that are no more", async () => {
  const lie = (name: string, days: number): void => {
    writeFileSync(join(cacheFolder(), name), "old");
    const then = new Date(Date.now() - days * 24 * 3600 * 1000);
    utimesSync(join(cacheFolder(), name), then, then);
  };
  const gone = Number(run("sh", "-c", "echo $$").trim());
  lie("sha256-old", 31);
  lie("sha256-young", 29);
  lie(`x.${gone}.part`, 0);
  lie(`x.${process.pid}.part`, 0);
  await brought({ url: `${base}/plain.img.bz2` }, "raw");
  expect(cached()).toEqual(expect.arrayContaining(["sha256-young", `x.${process.pid}.part`]));
  expect(cached().filter((name) => name === "sha256-old" || name === `x.${gone}.part`)).toEqual([]);
});

it("a URL without a checksum is asked once", async () => {
  const source = { url: `${base}/plain.img` };
  for (const _ of [1, 2]) expect(await brought(source, "raw")).toEqual(readFileSync(at("plain.img")));
  expect(asked).toEqual(["plain.img"]);
});

describe("nothing comes of", () => {
  const message = (...args: Parameters<typeof brought>): Promise<string> =>
    brought(...args).then(
      () => "",
      (error: Error) => error.message,
    );
  const fails = async (...args: Parameters<typeof brought>): Promise<string> => {
    const left = cached();
    const said = await message(...args);
    expect(cached()).toEqual(left);
    return said;
  };
  beforeAll(() => void mkdirSync(cacheFolder(), { recursive: true }));

  it("another content than was stated", async () => {
    const wrong = "0".repeat(64);
    for (const source of [{ path: at("plain.img") }, { url: `${base}/plain.img` }]) {
      expect(await fails({ ...source, sha256: wrong }, "raw")).toMatch(
        new RegExp(`plain\\.img has the sha256 checksum ${digest("plain.img")}, and 0+ is wanted\\. Nothing was made`),
      );
    }
  });

  it("a list that does not name the file", async () => {
    const source = { url: `${base}/plain.img.xz`, checksums: `${base}/SHA512SUMS` };
    expect(await fails(source, "raw")).toMatch(
      /Unable to verify .*plain\.img\.xz: .*SHA512SUMS has no line for "plain/,
    );
  });

  it("a packed file that is cut off", async () => {
    expect(await fails({ path: at("broken.gz") }, "qcow2")).toMatch(/Unable to unpack .*broken\.gz: .*unexpected end/);
  });

  it("an image on another one, packed or not", async () => {
    for (const name of ["over.qcow2", "over.qcow2.gz"]) {
      expect(await message({ path: at(name) }, "raw")).toMatch(
        /over\.qcow2(\.gz)? cannot fill a disk: it lies on another image itself/,
      );
    }
  });

  it("a page in place of an image", async () => {
    expect(await message({ url: `${base}/SHA512SUMS` }, "qcow2")).toMatch(/is no qcow2 image/);
  });
});
