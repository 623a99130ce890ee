/** The golden cases: inputs and a host's facts (NAME.json), and the XML that is written for them (NAME.xml). */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kvm } from "../../provider/hypervisors/kvm";
import type { HypervisorProfile } from "../../provider/hypervisors/profile";
import { qemu } from "../../provider/hypervisors/qemu";
import { xen } from "../../provider/hypervisors/xen";
import type { HostFacts } from "../../provider/libvirt/host-facts";
import { disk } from "../../provider/resources/disk/handler";
import { guest } from "../../provider/resources/guest/handler";
import { network } from "../../provider/resources/network/handler";
import { pool } from "../../provider/resources/pool/handler";
import type { KnownHost, Resource } from "../../provider/resources/resource";
import type { Inputs } from "./read-back";

interface Written {
  readonly facts?: Partial<HostFacts> & { readonly hypervisor?: HypervisorProfile["name"] };
  readonly inputs: Inputs;
}

export interface GoldenCase {
  /** As the program states them. */
  readonly given: Inputs;
  /** With what follows from them. */
  readonly inputs: Inputs;
  readonly host: KnownHost;
}

const facts: HostFacts = {
  uuid: "00000000-0000-4000-8000-000000000001",
  libvirtVersion: 9_000_000,
  architecture: "x86_64",
  session: false,
};

const profiles: readonly HypervisorProfile[] = [kvm, qemu, xen];

export const goldenKinds = {
  guest: { resource: guest as unknown as Resource<Inputs>, schema: "domain" },
  network: { resource: network as unknown as Resource<Inputs>, schema: "network" },
  pool: { resource: pool as unknown as Resource<Inputs>, schema: "storagepool" },
  disk: { resource: disk as unknown as Resource<Inputs>, schema: "storagevol" },
} as const;

export type GoldenKind = keyof typeof goldenKinds;

const identity = { urn: "urn:pulumi:golden::project::virt::name", resourceName: "golden" };

export const goldenFolder = join(__dirname, "../golden");

/** The names of the cases of a kind. */
export function goldenNames(kind: GoldenKind): string[] {
  return readdirSync(join(goldenFolder, kind))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));
}

export function goldenCase(kind: GoldenKind, name: string): GoldenCase {
  const written = JSON.parse(readFileSync(join(goldenFolder, kind, `${name}.json`), "utf8")) as Written;
  const { hypervisor = "kvm", ...more } = written.facts ?? {};
  const profile = profiles.find((each) => each.name === hypervisor);
  if (profile === undefined) throw new Error(`${kind}/${name}: there is no hypervisor "${hypervisor}"`);
  const inputs = goldenKinds[kind].resource.derive(written.inputs, undefined, identity);
  return { given: written.inputs, inputs, host: { profile, facts: { ...facts, ...more } } };
}

export function goldenXml(kind: GoldenKind, name: string): string {
  return readFileSync(join(goldenFolder, kind, `${name}.xml`), "utf8");
}

/** What libvirt made of a case where it was defined and started, without our mark: read back by test/lab/xen/golden.test.ts. */
export function readBackFile(name: string): string {
  return join(goldenFolder, "read-back", `${name}.xml`);
}
