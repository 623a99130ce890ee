/**
 * Golden pairs (test/support/golden.ts): the XML is what libvirt's own schemas accept, and is read back as what was stated.
 * UPDATE_GOLDEN=1 rewrites it.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseXml, serializeXml } from "../../provider/libvirt/xml";
import { type Desired, instantiate } from "../../provider/reconcile/desired";
import { type Plan, plan } from "../../provider/reconcile/plan";
import { creationXml } from "../../provider/resources/disk/xml";
import type { DiskInputs } from "../../schema/disk";
import { validate } from "../../schema/explain";
import {
  goldenCase,
  goldenFolder,
  type GoldenKind,
  goldenKinds,
  goldenNames,
  goldenXml,
  readBackFile,
} from "../support/golden";
import { run } from "../support/private-host";
import { expectAsStated, expectNoChange, seenAs } from "../support/read-back";

describe.each(Object.keys(goldenKinds) as GoldenKind[])("%s", (kind) => {
  const { resource, schema } = goldenKinds[kind];
  const names = goldenNames(kind);

  it.each(names)("%s", (name) => {
    const { given, inputs, host } = goldenCase(kind, name);
    expect(validate(resource.schema, given)).toEqual([]);
    expect(resource.problems(inputs, undefined)).toEqual([]);
    const build = (): Desired =>
      kind === "disk"
        ? { document: creationXml(inputs as unknown as DiskInputs, 2 ** 30), settings: {} }
        : resource.desired(inputs, host);
    const [desired, equal] = [build(), build()];
    const text = serializeXml(instantiate(desired.document));
    const path = join(goldenFolder, kind, `${name}.xml`);
    if (process.env.UPDATE_GOLDEN === "1" || !existsSync(path)) writeFileSync(path, text);
    expect(text).toBe(goldenXml(kind, name));
    run("xmllint", "--noout", "--relaxng", `/usr/share/libvirt/schemas/${schema}.rng`, path);
    const planned = (held: string, lastApplied: Desired): Plan =>
      plan({
        desired,
        lastApplied,
        madeBy: lastApplied,
        actual: { document: parseXml(held), settings: desired.settings },
        owned: () => true,
        language: host.profile.language,
      });
    // What was just written is what is wanted: no difference, whatever is owned.
    for (const lastApplied of [desired, equal]) expect(planned(text, lastApplied).changes).toEqual([]);
    // Whether what was applied last is the very document that is wanted, or an equal one, tells nothing of what is there.
    const other = goldenXml(kind, names[(names.indexOf(name) + 1) % names.length] ?? "");
    expect(planned(other, desired)).toEqual(planned(other, equal));
  });

  describe.each(["ours", "foreign"] as const)("read back as %s", (ownership) => {
    it.each(names)("%s", (name) => {
      const { inputs, host } = goldenCase(kind, name);
      const { settings } = resource.desired(inputs, host);
      const seen = seenAs(ownership, parseXml(goldenXml(kind, name)), settings);
      const read = resource.inputsOf(seen, host);
      expectNoChange(resource, host, read, seen);
      // Nobody can tell under which keys an unmanaged one would have its devices.
      if (ownership === "ours") expectAsStated(resource, host, read, inputs);
    });
  });
});

describe("what libxl made of it where it was started", () => {
  const { resource } = goldenKinds.guest;
  const names = goldenNames("guest").filter((name) => goldenCase("guest", name).host.profile.name === "xen");

  it.each(names)("%s", (name) => {
    const { inputs, host } = goldenCase("guest", name);
    const { settings } = resource.desired(inputs, host);
    const seen = seenAs("ours", parseXml(readFileSync(readBackFile(name), "utf8")), settings);
    expectNoChange(resource, host, inputs, seen);
    const read = resource.inputsOf(seen, host);
    expectNoChange(resource, host, read, seen);
    // libvirt says how much memory its graphics card has.
    expectAsStated(resource, host, read, inputs, ["video.vramMiB"]);
  });
});

/** Whatever a guest is made into on the same hypervisor, what is written for it is a definition. */
it.each(["kvm", "xen"])("one case is edited into any other: %s", (hypervisor) => {
  const { resource, schema } = goldenKinds.guest;
  const names = goldenNames("guest").filter((name) => goldenCase("guest", name).host.profile.name === hypervisor);
  const folder = mkdtempSync(join(tmpdir(), "pvt-pairs-"));
  for (const from of names) {
    const lastApplied = resource.desired(goldenCase("guest", from).inputs, goldenCase("guest", from).host);
    for (const to of names) {
      const { inputs, host } = goldenCase("guest", to);
      const { document } = plan({
        desired: resource.desired(inputs, host),
        lastApplied: undefined,
        madeBy: lastApplied,
        actual: { document: parseXml(goldenXml("guest", from)), settings: lastApplied.settings },
        owned: () => true,
        dependants: (path) => resource.dependants(path),
        language: host.profile.language,
      });
      writeFileSync(join(folder, `${from}-to-${to}.xml`), serializeXml(document));
    }
  }
  const files = readdirSync(folder).map((file) => join(folder, file));
  run("xmllint", "--noout", "--relaxng", `/usr/share/libvirt/schemas/${schema}.rng`, ...files);
  rmSync(folder, { recursive: true });
});
