/** What was there before us: taken over, changed, left behind, and never managed by two at once. One rule for all kinds. */

import { type PrivateHost, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";

jest.setTimeout(400_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
  define("pool", `<pool type='dir'><name>theirs</name><target><path>${host.data}</path></target></pool>`);
  host.virsh("pool-start", "theirs");
  host.virsh("vol-create-as", "theirs", "theirs.qcow2", "16M", "--format", "qcow2");
  // As libvirt itself writes every host's `default`.
  define(
    "net",
    `<network><name>theirs</name><forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward><bridge name='br-theirs' stp='on' delay='0'/><ip address='10.61.0.1' netmask='255.255.255.0'><dhcp><range start='10.61.0.2' end='10.61.0.254'/></dhcp></ip></network>`,
  );
  host.virsh("net-start", "theirs");
  host.write(
    `${host.data}/theirs.xml`,
    `<domain type='qemu'><name>theirs</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type machine='q35'>hvm</type></os><devices><interface type='network'><source network='theirs'/><mac address='52:54:00:00:61:01'/></interface></devices></domain>`,
  );
  host.virsh("define", `${host.data}/theirs.xml`);
  host.virsh("start", "theirs");
});
afterAll(() => host.stop());

function define(kind: string, xml: string): void {
  const path = `${host.data}/${kind}.xml`;
  host.write(path, xml);
  host.virsh(`${kind}-define`, path);
}

interface More {
  /** Name of all of them. */
  readonly name?: string;
  /** Whether the guest goes before its network does. */
  readonly inOrder?: boolean;
  readonly all?: string;
  readonly pool?: string;
  readonly disk?: string;
  readonly network?: string;
  readonly guest?: string;
}

/** One of each kind; `all` stands in each of them. */
function source({ all, name = "theirs", inOrder = false, ...more }: More): string {
  const extra = (kind: "pool" | "disk" | "network" | "guest"): string =>
    [all, more[kind]].flatMap((each) => (each === undefined ? [] : `, ${each}`)).join("");
  return `${opening(host)}const host = new virt.Host("host", { uri });
    const given = { host, name: "${name}" };
    const pool = new virt.Pool("pool", { ...given, type: "dir", path: data${extra("pool")} });
    new virt.Disk("disk", { pool, name: "theirs.qcow2"${extra("disk")} });
    const network = new virt.Network("network", { ...given, mode: "nat", ipv4: { gateway: "10.61.0.1/24" }${extra("network")} });
    new virt.Guest("guest", { ...given, vcpus: 1, memoryMiB: 64${extra("guest")} }${inOrder ? ", { dependsOn: network }" : ""});`;
}

function stack(more: More): Program {
  return newProgram(source(more));
}

const process = (): string => host.enter("sh", "-c", "cat /run/libvirt/qemu/theirs.pid").trim();
const marks = (): string[] => [
  ...(host.virsh("dumpxml", "--inactive", "theirs").match(/pulumi-virt:resource/g) ?? []),
  ...(host.virsh("net-dumpxml", "--inactive", "theirs").match(/pulumi-virt:resource/g) ?? []),
  ...(host.virsh("secret-list").match(/volume/g) ?? []),
];

it("is left behind on delete, refused to a second stack, and deleted only on request (8.7)", () => {
  const adopt = { all: "adopt: true" };
  const [bridge, running] = [host.virsh("net-info", "theirs"), process()];
  const first = stack(adopt);
  first.up();
  first.must("preview", "--expect-no-changes");
  expect(marks()).toHaveLength(4);
  // In libvirt's own spelling it was as stated: nothing was stopped, nothing added (8.8).
  expect(host.virsh("net-dumpxml", "theirs").match(/<ip /g)).toHaveLength(1);
  expect([host.virsh("net-info", "theirs"), process()]).toEqual([bridge, running]);

  const second = stack(adopt);
  const { code, text } = second.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
  expect(code).not.toBe(0);
  // It fails as its preview does, at the first of them; so each is tried alone, too.
  expect(text).toMatch(/Unable to adopt (pool|network|guest) .*theirs.*another stack or resource manages it/);
  for (const [kind, made] of [
    ["pool", `virt.Pool("pool", { ...given, type: "dir", path: data })`],
    ["network", `virt.Network("network", { ...given, mode: "nat", ipv4: { gateway: "10.61.0.1/24" } })`],
    ["guest", `virt.Guest("guest", { ...given, vcpus: 1, memoryMiB: 64 })`],
  ] as const) {
    const alone = newProgram(
      `${opening(host)}const given = { host: new virt.Host("host", { uri }), name: "theirs", adopt: true }; new ${made};`,
    ).pulumi("preview");
    expect(alone.code).not.toBe(0);
    expect(alone.text).toMatch(new RegExp(`Unable to adopt ${kind} .*theirs.*another stack or resource manages it`));
  }

  first.write(
    "index.js",
    source({
      guest: 'title: "changed"',
      disk: "sizeGiB: 0.03125",
      network: `dns: { hosts: { "10.61.0.9": ["nine"] } }`,
    }),
  );
  first.up();
  first.mustBeSettled();
  expect(host.virsh("dumpxml", "theirs")).toContain("<title>changed</title>");
  first.destroy();
  expect(marks()).toEqual([]);
  expect(host.virsh("net-dumpxml", "theirs")).toMatch(/nine[^]*10\.61\.0\.254/);
  expect(host.virsh("vol-info", "--pool", "theirs", "theirs.qcow2")).toContain("32.00 MiB");
  expect([host.virsh("net-info", "theirs"), process()]).toEqual([bridge, running]);

  second.write(
    "index.js",
    source({
      inOrder: true,
      all: "adopt: true, deleteAdopted: true",
      guest: "forceOff: true, shutdownTimeoutSeconds: 1",
    }),
  );
  second.up();
  second.destroy();
  expect(["list", "net-list", "pool-list"].map((list) => host.virsh(list, "--all", "--name").trim())).toEqual([
    "",
    "",
    "",
  ]);
  expect(host.enter("ls", host.data)).not.toContain("theirs.qcow2");
  expect(host.virsh("secret-list").trim()).toBe("");
});

it("nothing there is nothing to adopt (8.7)", () => {
  const { code, text } = stack({ name: "nowhere", all: "adopt: true" }).pulumi(
    "up",
    "--yes",
    "--skip-preview",
    "--continue-on-error",
  );
  expect(code).not.toBe(0);
  for (const kind of ["pool", "network", "guest"])
    expect(text).toMatch(new RegExp(`Unable to adopt ${kind} "nowhere".*there is none of this name`));
});
