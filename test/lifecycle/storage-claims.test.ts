/** Whose a volume is, by whichever path: what one stack manages no other takes over, and nobody is refused for what is gone. */

import { linkSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let one: Stack;
let other: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  [one, other] = [new Stack("one"), new Stack("other")];
  for (const stack of [one, other]) await stack.up("host", "host", { uri: host.uri });
  await one.up("pool", "images", poolArgs(one, "images"));
  symlinkSync(`${host.data}/images`, `${host.data}/alias`);
  await other.up("pool", "alias", poolArgs(other, "alias"));
  await other.up("pool", "elsewhere", poolArgs(other, "elsewhere"));
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const poolArgs = (stack: Stack, name: string): Values => ({
  host: stack.host(),
  type: "dir",
  path: `${host.data}/${name}`,
});
const diskArgs = (stack: Stack, pool: string, more: Values = {}): Values => ({
  pool: stack.pool(pool),
  name: "data.img",
  sizeGiB: 0.01,
  format: "raw",
  ...more,
});
const adopting = { adopt: true, deleteAdopted: true };
const secrets = (): string => host.virsh("secret-list");
const uuidOfClaim = /\S+(?= +\S+ +\S+data\.img$)/m;
const claims = (): string[] => [...secrets().matchAll(/\S+\.img$/gm)].map(([path]) => path);

describe("a disk that another stack manages, under another name (8.1)", () => {
  let data: string;
  beforeEach(async () => {
    await one.up("disk", "data", diskArgs(one, "images"));
    data = `${host.data}/images/data.img`;
    writeFileSync(data, "worth keeping");
  });
  afterEach(async () => {
    expect(readFileSync(data, "utf8")).toBe("worth keeping");
    expect(claims()).toEqual([`pulumi-virt:volume:${data}`]);
    await one.destroy("data");
    rmSync(`${host.data}/elsewhere/data.img`, { force: true });
  });

  const names: readonly [string, string, () => void][] = [
    ["in a folder that is a symbolic link", "alias", () => undefined],
    ["that is a symbolic link", "elsewhere", () => symlinkSync(data, `${host.data}/elsewhere/data.img`)],
    [
      "in a folder that only its volumes tell to be the same",
      "elsewhere",
      () => linkSync(data, `${host.data}/elsewhere/data.img`),
    ],
  ];
  it.each(names)("%s, is neither adopted nor made anew", async (_what, pool, prepare) => {
    prepare();
    await expect(other.up("disk", "data", diskArgs(other, pool, adopting))).rejects.toThrow(
      /Unable to adopt disk "data.img" .*another stack or resource manages it/,
    );
    await expect(other.up("disk", "data", diskArgs(other, pool))).rejects.toThrow(/another resource has claimed/);
  });

  it.each(names)("%s, is deleted by neither of two that have claimed it already", async (_what, pool, prepare) => {
    prepare();
    const [uuid = ""] = uuidOfClaim.exec(secrets()) ?? [];
    const theirs = "5ad5c0de-0000-4000-8000-000000000001";
    const xml = host.virsh("secret-dumpxml", uuid).replace(uuid, theirs).replace("/images/", `/${pool}/`);
    writeFileSync(`${host.data}/secret.xml`, xml);
    host.virsh("secret-define", `${host.data}/secret.xml`);
    await nextRun();
    await expect(one.destroy("data")).rejects.toThrow(
      new RegExp(
        `another stack or resource manages the same file, as ${host.data}/${pool}/data.img. Nothing was changed`,
      ),
    );
    host.virsh("secret-undefine", theirs);
  });

  it.each(names)("%s, is its own stack's, which has moved its pool there by hand", async (_what, pool, prepare) => {
    prepare();
    for (const command of ["pool-destroy", "pool-undefine"]) host.virsh(command, "images");
    host.virsh("pool-destroy", pool);
    host.virsh("pool-undefine", pool);
    host.virsh("pool-define-as", "images", "dir", "--target", `${host.data}/${pool}`);
    host.virsh("pool-start", "images");
    expect(await one.refresh("data")).toBeDefined();
    expect(await one.up("disk", "data", diskArgs(one, "images", { sizeGiB: 0.02 }))).toBe("updated");
    // Its claim, written anew by who has lost the state, keeps its name.
    one.forget("data");
    expect(await one.up("disk", "data", diskArgs(one, "images", { sizeGiB: 0.03 }))).toBe("created");
    writeFileSync(data, "worth keeping");
    for (const command of ["pool-destroy", "pool-undefine"]) host.virsh(command, "images");
    await one.up("pool", "images", poolArgs(one, "images"));
    await other.up("pool", pool, poolArgs(other, pool));
  });
});

describe("the claim on what somebody took away (8.21)", () => {
  beforeEach(() => one.up("disk", "data", diskArgs(one, "images")));

  it("stays where another creation has claimed it anew, and not made it yet", async () => {
    const [uuid = ""] = uuidOfClaim.exec(secrets()) ?? [];
    const xml = host.virsh("secret-dumpxml", uuid).replace(/creation=\S+(?=<)/, "creation=another");
    rmSync(`${host.data}/images/data.img`);
    writeFileSync(`${host.data}/secret.xml`, xml.replace("state=finished", "state=unfinished"));
    host.virsh("secret-define", `${host.data}/secret.xml`);
    expect(await one.refresh("data")).toBeUndefined();
    expect(claims()).toHaveLength(1);
    await expect(other.up("disk", "data", diskArgs(other, "alias"))).rejects.toThrow(
      new RegExp(`another resource has claimed ${host.data}/images/data.img.*secret-undefine ${uuid}`, "s"),
    );
    host.virsh("secret-undefine", uuid);
    one.forget("data");
  });
});
