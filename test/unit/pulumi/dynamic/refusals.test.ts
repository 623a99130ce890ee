/** What would break a stack, or would arrive as something else, is refused while the program runs. */

import * as pulumi from "@pulumi/pulumi";
import { Disk, Guest, Host, Network, Pool } from "../../../../provider/pulumi/dynamic/resources";
import { mockEngine } from "../../../support/mocked";

const uri = "qemu:///system";
const size = { vcpus: 1, memoryMiB: 64 };
const classes = Object.entries({ Host, Pool, Disk, Network, Guest }) as unknown as [
  string,
  (new (name: string, args: object, options?: pulumi.CustomResourceOptions) => pulumi.CustomResource) & {
    get(name: string): never;
  },
][];

const { run } = mockEngine();
const refusal = (program: () => unknown): Promise<string> =>
  run(() => {
    try {
      program();
      return "nothing was refused";
    } catch (error) {
      expect(pulumi.RunError.isInstance(error)).toBe(true);
      return (error as Error).message;
    }
  });

describe.each(classes)("options of a %s (8.10)", (kind, Class) => {
  it.each([
    [{ import: "6695eb01" }, /the option import cannot be used here: .*adopt: true/],
    [{ id: "6695eb01" }, /the option id cannot be used here: .*adopt: true/],
    [{ urn: "urn:pulumi:s::p::t::n" }, /the option urn cannot be used here: .*StackReference/],
    [{ version: "1.0.0" }, /the option version cannot be used here: .*package.json/],
    [{ pluginDownloadURL: "https://example.org" }, /the option pluginDownloadURL cannot be used here/],
    [{ provider: {} as pulumi.ProviderResource }, /the option provider cannot be used here: .*the argument host/],
    [{ providers: [], protect: false }, /the option providers cannot be used here: .*the argument host/],
    [{ deleteBeforeReplace: false }, /deleteBeforeReplace: false cannot be used here: .*would delete the new one/],
  ])("%j is refused", async (options, sentence) => {
    const said = await refusal(() => new Class("web", {}, options));
    expect(said).toMatch(sentence);
    expect(said).toMatch(`${kind} "web": `);
  });

  it("what does no harm is taken, and the order of a replacement stands", async () => {
    const none = { deleteBeforeReplace: undefined, import: undefined };
    const all = { deleteBeforeReplace: true, protect: true, retainOnDelete: true, replaceOnChanges: ["name"] };
    for (const options of [none, all]) {
      let order: unknown;
      const transformations = [
        (args: pulumi.ResourceTransformationArgs): undefined => {
          order = (args.opts as pulumi.CustomResourceOptions).deleteBeforeReplace;
        },
      ];
      await run(() => new Class("web", {}, { ...options, transformations }));
      expect(order).toBe(true);
    }
  });

  it("what goes with one of ours would be forgotten on its host, and what goes with something else is not", async () => {
    const said = await refusal(() => new Class("web", {}, { deletedWith: new Host("host", { uri }) }));
    expect(said).toMatch(/deletedWith cannot name a Host: .*would stay there, forgotten/);
    const rack = (): pulumi.Resource => new pulumi.ComponentResource("test:Rack", "rack");
    expect(await refusal(() => new Class("web", {}, { deletedWith: rack() }))).toBe("nothing was refused");
  });

  it("all fields are none of the hidden ones, and those are shown in no difference", async () => {
    let sent: pulumi.CustomResourceOptions = {};
    const transformations = [
      (args: pulumi.ResourceTransformationArgs): undefined => {
        sent = args.opts;
      },
    ];
    const all = { ignoreChanges: ["*"], replaceOnChanges: ["*"], hideDiffs: ["title"] };
    await run(() => new Class("web", {}, { ...all, transformations }));
    for (const paths of [sent.ignoreChanges, sent.replaceOnChanges]) {
      expect(paths?.length).toBeGreaterThan(0);
      expect(paths?.filter((path) => path === "*" || path.startsWith("__"))).toEqual([]);
    }
    expect(sent.hideDiffs).toEqual(["title", "__changes", "__order", "__secrets", "__urn"]);
  });

  it("there is no get", async () => {
    expect(await refusal(() => Class.get("web"))).toMatch(`${kind}.get("web"): there is no get.`);
  });
});

describe("values that the engine would lose (8.35)", () => {
  const host = { uri };
  const wrong: [string, (made: { disk: Disk; lan: Network; pool: Pool }) => object, RegExp][] = [
    ["a Disk for an entry", ({ disk }) => ({ disks: { root: disk } }), /disks\.root: is a Disk .*write \{ disk: … \}/],
    ["a Network for an entry", ({ lan }) => ({ nics: { lan } }), /nics\.lan: is a Network .*write \{ network: … \}/],
    ["a Disk for the map", ({ disk }) => ({ disks: disk }), /disks: is a Disk where a map \{ key: … \} stands/],
    [
      "another kind",
      ({ pool }) => ({ disks: { root: { disk: pool } } }),
      /disks\.root\.disk: must be a Disk, and is a Pool/,
    ],
    [
      "a resource for a text",
      ({ pool }) => ({ title: pool }),
      /title: is a Pool; give the property of it that is meant/,
    ],
    ["a file", () => ({ title: new pulumi.asset.FileAsset("a") }), /title: must not be a Pulumi asset; give the path/],
    [
      "an archive",
      () => ({ boot: { kernel: new pulumi.asset.FileArchive("a") } }),
      /boot\.kernel: must not be a Pulumi asset/,
    ],
    ["a bigint", () => ({ memoryMiB: 64n }), /memoryMiB: must not be a bigint/],
    ["a function", () => ({ metadata: { a: () => "b" } }), /metadata\.a: must not be a function/],
    ["a symbol", () => ({ title: Symbol("a") }), /title: must not be a symbol/],
    ["a date", () => ({ description: new Date() }), /description: must not be a Date/],
    ["a map of the language", () => ({ disks: new Map() }), /disks: must not be a Map/],
  ];
  it.each(wrong)("%s", async (_name, args, sentence) => {
    const said = await refusal(() => {
      const pool = new Pool("pool", { host, type: "dir", path: "/p" });
      const made = {
        pool,
        disk: new Disk("disk", { pool, sizeGiB: 1 }),
        lan: new Network("lan", { host, mode: "isolated" }),
      };
      new Guest("web", { host, ...size, ...args(made) });
    });
    expect(said).toMatch(sentence);
    expect(said).toMatch(/^Guest "web": /);
  });
});
