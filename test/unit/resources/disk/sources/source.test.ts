import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DiskInputs } from "../../../../../schema/disk";
import { objectionsToSource, seedOf } from "../../../../../provider/resources/disk/sources/source";
import { run } from "../../../../support/run";
import { until } from "../../../../support/until";

const folder = mkdtempSync(join(tmpdir(), "pvs-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const image = (format: string, name: string, ...options: string[]): void =>
  void run("qemu-img", "create", "-q", "-f", format, ...options, at(name), "4M");
const inputs = (name: string, format: "qcow2" | "raw"): DiskInputs => ({
  pool: { host: { uri: "test:///default" }, name: "p" },
  format,
  source: { path: at(name) },
});
const said = async (name: string, format: "qcow2" | "raw"): Promise<string> =>
  (await objectionsToSource(inputs(name, format))).map(({ path, reason }) => `${path}: ${reason}`).join("\n");

/** Where a kernel counts CPU time coarsely, QEMU fails now and then to time its hashing: "Unable to get accurate CPU usage". */
function isLocked(): boolean {
  try {
    image("qcow2", "locked.qcow2", "-o", "encrypt.format=luks,encrypt.key-secret=k", "--object", "secret,id=k,data=x");
    return true;
  } catch (error) {
    if (String(error).includes("CPU usage")) return false;
    throw error;
  }
}

beforeAll(async () => {
  image("qcow2", "good.qcow2");
  image("qcow2", "old.qcow2", "-o", "compat=0.10");
  image("raw", "good.img");
  writeFileSync(at("page.qcow2"), "<html>404 Not Found</html>");
  writeFileSync(at("empty.img"), "");
  image("qcow2", "over.qcow2", "-b", at("good.qcow2"), "-F", "qcow2");
  image("qcow2", "outside.qcow2", "-o", `data_file=${at("outside.raw")}`);
  await until(isLocked);
  for (const format of ["vmdk", "vdi", "vhdx", "vpc", "qed"]) image(format, `other.${format}`);
  writeFileSync(at("packed.gz"), Buffer.from("1f8b0800", "hex"));
  run("cp", at("good.qcow2"), at("short.qcow2"));
  truncateSync(at("short.qcow2"), 65536);
  run("cp", at("good.qcow2"), at("stub.qcow2"));
  truncateSync(at("stub.qcow2"), 50);
  mkdirSync(at("folder"));
});

describe("the file that fills a disk (8.33)", () => {
  it.each([
    ["good.qcow2", "qcow2"],
    ["old.qcow2", "qcow2"],
    ["good.img", "raw"],
    // Converted, and unpacked.
    ["good.qcow2", "raw"],
    ["packed.gz", "raw"],
  ] as const)("%s fills a disk of format %s", async (name, format) => expect(await said(name, format)).toBe(""));

  it.each([
    ["page.qcow2", "qcow2", /^source\.path: .*page\.qcow2 is no qcow2 image.*format: "raw".*a download that failed/],
    ["good.img", "qcow2", /good\.img is no qcow2 image/],
    ["over.qcow2", "qcow2", /over\.qcow2 cannot fill a disk: it lies on another image itself/],
    ["outside.qcow2", "qcow2", /it keeps its data in another file/],
    ["locked.qcow2", "qcow2", /it is encrypted/],
    ["short.qcow2", "qcow2", /it is cut off/],
    ["stub.qcow2", "qcow2", /it ends within its header/],
    ["empty.img", "raw", /empty\.img cannot fill a disk: it is empty/],
    ["empty.img", "qcow2", /it is empty/],
    ["other.vmdk", "raw", /is a vmdk image.*qemu-img convert -O raw/],
    ["other.vdi", "qcow2", /is a vdi image.*qemu-img convert -O qcow2/],
    ["other.vhdx", "raw", /is a vhdx image/],
    ["other.vpc", "raw", /is a vpc image/],
    ["other.qed", "qcow2", /is a qed image/],
    ["folder", "raw", /cannot be read on the machine that runs Pulumi: it is a folder/],
    ["nothing.img", "raw", /cannot be read .*there is no such file\. Paths are relative to the folder of the program/],
  ] as const)("%s does not fill one of format %s", async (name, format, why) =>
    expect(await said(name, format)).toMatch(why),
  );

  it("may still come where it is not there, and never where it is wrong", async () => {
    expect(await objectionsToSource(inputs("nothing.img", "raw"))).toMatchObject([{ mayPass: true }]);
    expect((await objectionsToSource(inputs("page.qcow2", "qcow2")))[0]).not.toHaveProperty("mayPass");
  });

  it("is known by its size and its ends, not by its date", async () => {
    const seed = await seedOf(inputs("good.img", "raw"));
    run("touch", "-d", "2001-01-01", at("good.img"));
    expect(await seedOf(inputs("good.img", "raw"))).toBe(seed);
    writeFileSync(at("good.img"), "changed", { flag: "r+" });
    expect(await seedOf(inputs("good.img", "raw"))).not.toBe(seed);
    expect(await seedOf(inputs("nothing.img", "raw"))).toBeUndefined();
  });
});
