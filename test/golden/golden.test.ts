/**
 * Golden pairs: inputs and a host's facts (NAME.json) beside the XML that is written for them (NAME.xml), which libvirt's
 * own schemas have to accept. UPDATE_GOLDEN=1 rewrites the XML.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kvm } from "../../provider/hypervisors/kvm";
import type { HypervisorProfile } from "../../provider/hypervisors/profile";
import { qemu } from "../../provider/hypervisors/qemu";
import { xen } from "../../provider/hypervisors/xen";
import type { HostFacts } from "../../provider/libvirt/host-facts";
import { parseXml, serializeXml } from "../../provider/libvirt/xml";
import { type Desired, instantiate } from "../../provider/reconcile/desired";
import { type Plan, plan } from "../../provider/reconcile/plan";
import type { Resource } from "../../provider/resources/resource";
import { creationXml } from "../../provider/resources/disk/xml";
import { disk } from "../../provider/resources/disk/handler";
import { guest } from "../../provider/resources/guest/handler";
import { network } from "../../provider/resources/network/handler";
import { pool } from "../../provider/resources/pool/handler";
import { validate } from "../../schema/explain";
import type { DiskInputs } from "../../schema/disk";
import { run } from "../support/private-host";
import { expectAsStated, expectNoChange, type Inputs, seenAs } from "../support/read-back";

interface Case {
  readonly facts?: Partial<HostFacts> & { readonly hypervisor?: HypervisorProfile["name"] };
  readonly inputs: object;
}

const facts: HostFacts = {
  uuid: "00000000-0000-4000-8000-000000000001",
  libvirtVersion: 9_000_000,
  architecture: "x86_64",
  session: false,
};

const profiles: readonly HypervisorProfile[] = [kvm, qemu, xen];

const kinds = {
  guest: { resource: guest as unknown as Resource<object>, schema: "domain" },
  network: { resource: network as unknown as Resource<object>, schema: "network" },
  pool: { resource: pool as unknown as Resource<object>, schema: "storagepool" },
  disk: { resource: disk as unknown as Resource<object>, schema: "storagevol" },
} as const;

const identity = { urn: "urn:pulumi:golden::project::virt::name", resourceName: "golden" };

describe.each(Object.entries(kinds))("%s", (kind, { resource, schema }) => {
  const folder = join(__dirname, kind);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));

  it.each(names)("%s", (name) => {
    const given = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Case;
    expect(validate(resource.schema, given.inputs)).toEqual([]);
    const inputs = resource.derive(given.inputs, undefined, identity);
    expect(resource.problems(inputs, undefined)).toEqual([]);
    const { hypervisor = "kvm", ...more } = given.facts ?? {};
    const profile = profiles.find((each) => each.name === hypervisor) as HypervisorProfile;
    const build = (): Desired =>
      kind === "disk"
        ? { document: creationXml(inputs as DiskInputs, 2 ** 30), settings: {} }
        : resource.desired(inputs, { profile, facts: { ...facts, ...more } });
    const [desired, equal] = [build(), build()];
    const text = serializeXml(instantiate(desired.document));
    const path = join(folder, `${name}.xml`);
    if (process.env.UPDATE_GOLDEN === "1" || !existsSync(path)) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
    run("xmllint", "--noout", "--relaxng", `/usr/share/libvirt/schemas/${schema}.rng`, path);
    const planned = (held: string, lastApplied: Desired): Plan =>
      plan({
        desired,
        lastApplied,
        madeBy: lastApplied,
        actual: { document: parseXml(held), settings: desired.settings },
        owned: () => true,
        language: profile.language,
      });
    // What was just written is what is wanted: no difference, whatever is owned.
    for (const lastApplied of [desired, equal]) expect(planned(text, lastApplied).changes).toEqual([]);
    // Whether what was applied last is the very document that is wanted, or an equal one, tells nothing of what is there.
    const other = readFileSync(join(folder, `${names[(names.indexOf(name) + 1) % names.length]}.xml`), "utf8");
    expect(planned(other, desired)).toEqual(planned(other, equal));
  });

  describe.each(["ours", "foreign"] as const)("read back as %s", (ownership) => {
    it.each(names)("%s", (name) => {
      const given = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Case;
      const { hypervisor = "kvm", ...more } = given.facts ?? {};
      const profile = profiles.find((each) => each.name === hypervisor) as HypervisorProfile;
      const host = { profile, facts: { ...facts, ...more } };
      const inputs = resource.derive(given.inputs, undefined, identity) as Inputs;
      const document = parseXml(readFileSync(join(folder, `${name}.xml`), "utf8"));
      const { settings } = resource.desired(inputs, host);
      const seen = seenAs(ownership, document, settings);
      const read = resource.inputsOf(seen, host) as Inputs;
      expectNoChange(resource as Resource<Inputs>, host, read, seen);
      // Nobody can tell under which keys a stranger would have its devices.
      if (ownership === "ours") expectAsStated(resource as Resource<Inputs>, host, read, inputs);
    });
  });
});
