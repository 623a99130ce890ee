/** What the preview of an adoption says of a running guest is what its `up` then does (6, 8.7). */

import { writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(120_000);

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

interface Made {
  readonly vcpu?: string;
  readonly boot?: string;
  /** Within the disk. */
  readonly order?: string;
}

/** A guest that a person made and started; its system answers nothing. */
function running(name: string, { vcpu = "<vcpu>1</vcpu>", boot = "", order = "" }: Made): void {
  const image = `${host.data}/${name}.img`;
  writeFileSync(image, Buffer.alloc(1 << 20));
  const file = `${host.data}/${name}.xml`;
  writeFileSync(
    file,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory>${vcpu}
    <os><type machine='q35'>hvm</type>${boot}</os><features><acpi/></features><devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image}'/><target dev='vda' bus='virtio'/>${order}</disk>
    </devices></domain>`,
  );
  host.virsh("define", "--validate", file);
  host.virsh("start", name);
}

const bootOf = (name: string): string[] => host.virsh("dumpxml", "--inactive", name).match(/<boot .*(?=\/>)/g) ?? [];
const disks = (name: string): Values => ({ disks: { root: { path: `${host.data}/${name}.img` } } });
const asItIs = "(the guest keeps running as it is)";

const rows: readonly (readonly [
  string,
  Made,
  program: (name: string) => Values,
  impact: Values | undefined,
  pending: readonly string[],
])[] = [
  [
    "room for more vCPUs than it has goes with the next start",
    { vcpu: "<vcpu current='1'>3</vcpu>" },
    () => ({ vcpus: 1 }),
    { vcpus: `nextStart: 1 of at most 3 → 1 ${asItIs}` },
    [],
  ],
  [
    "so does memory that it was started with, which nobody asks it for",
    {},
    () => ({ memoryMiB: 32 }),
    { memoryMiB: `nextStart: 64 → 32 ${asItIs}` },
    ["memoryMiB"],
  ],
  ["it boots from the media that it has", { boot: "<boot dev='cdrom'/>" }, disks, undefined, []],
  ["in the order that it has", { order: "<boot order='1'/>" }, disks, undefined, []],
];

it.each(rows.flatMap((row) => (["never", "ifNeeded"] as const).map((restart) => [row[0], restart, row] as const)))(
  "%s; restart: %s",
  async (_title, restart, row) => {
    const [, made, program, impact, pending] = row;
    const name = `test-${rows.indexOf(row)}-${restart}`;
    running(name, made);
    const [boot, { process }] = [bootOf(name), new WatchedGuest(host, name)];
    const runs = host.virsh("dumpxml", name);
    await nextRun();
    const stack = new Stack(name);
    const args = { host: { uri: host.uri }, name, adopt: true, vcpus: 1, memoryMiB: 64, restart, ...program(name) };
    expect((await stack.check("guest", "guest", args)).impact).toEqual(impact);
    await stack.up("guest", "guest", args);
    expect(host.virsh("dumpxml", name).split("<metadata>")[0]).toBe(runs.split("<metadata>")[0]);
    expect(new WatchedGuest(host, name).process).toBe(process);
    expect(bootOf(name)).toEqual(boot);
    expect(await stack.pendingOf("guest")).toEqual(pending);
    expect(await stack.up("guest", "guest", args)).toBe("same");
    host.virsh("destroy", name);
    host.virsh("undefine", name);
  },
);

it("an order that the program takes back gives way to the disk, which libvirt adds", async () => {
  const name = "test-order";
  running(name, { order: "<boot order='1'/>" });
  const stack = new Stack(name);
  const root = { path: `${host.data}/${name}.img` };
  const args = { host: { uri: host.uri }, name, adopt: true, vcpus: 1, memoryMiB: 64 };
  await nextRun();
  await stack.up("guest", "guest", { ...args, disks: { root: { ...root, bootOrder: 1 } } });
  expect(bootOf(name)).toEqual(["<boot order='1'"]);
  await stack.up("guest", "guest", { ...args, disks: { root } });
  expect(bootOf(name)).toEqual(["<boot dev='hd'"]);
  await stack.up("guest", "guest", { ...args, disks: { root: { ...root, bootOrder: 2 } } });
  expect(bootOf(name)).toEqual(["<boot order='2'"]);
  host.virsh("destroy", name);
});

it("what the program says is not to be goes, of a guest that is off and of one that runs with its next start (8)", async () => {
  const name = "test-denied";
  const file = `${host.data}/${name}.xml`;
  writeFileSync(`${host.data}/${name}.img`, Buffer.alloc(1 << 20));
  writeFileSync(
    file,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
    <os><type machine='q35'>hvm</type></os><features><acpi/></features><devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${host.data}/${name}.img'/>
      <target dev='vda' bus='virtio'/><shareable/></disk>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='tablet' bus='usb'/><graphics type='vnc' port='-1' autoport='yes'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    </devices></domain>`,
  );
  const denied = {
    agent: false,
    rng: false,
    tablet: false,
    graphics: { type: "none" },
    disks: { root: { path: `${host.data}/${name}.img`, shareable: false } },
  };
  const gone = /guest_agent|<rng|tablet|<graphics|<shareable/;
  const args: Values = { host: { uri: host.uri }, name, adopt: true, vcpus: 1, memoryMiB: 64, ...denied };
  for (const runs of [false, true]) {
    host.virsh("define", "--validate", file);
    if (runs) host.virsh("start", name);
    await nextRun();
    const stack = new Stack(name);
    const { impact } = await stack.check("guest", "guest", args);
    expect(Object.keys(impact as Values).sort()).toEqual([
      "agent",
      "disks.root.shareable",
      "graphics.type",
      "rng",
      "tablet",
    ]);
    // A guest without a system lets go of nothing: what could be plugged out is asked of it, and waits.
    await stack.up("guest", "guest", args).catch((error: unknown) => expect(String(error)).toMatch(/did not let go/));
    expect(host.virsh("dumpxml", "--inactive", name)).not.toMatch(gone);
    if (runs) {
      host.virsh("destroy", name);
      host.virsh("start", name);
    }
    await nextRun();
    await stack.up("guest", "guest", args);
    expect(await stack.up("guest", "guest", args)).toBe("same");
    if (runs) expect(host.virsh("dumpxml", name)).not.toMatch(gone);
    if (runs) host.virsh("destroy", name);
    host.virsh("undefine", name);
  }
});
