/**
 * Spare root ports: what the number means for a guest that devices come to, for one that an earlier version made, and for
 * one that was adopted (8.14).
 */

import { writeFileSync } from "node:fs";
import { freeSlots } from "../../provider/libvirt/pci";
import { parseXml } from "../../provider/libvirt/xml";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { aliasOf } from "../../provider/reconcile/pair";
import { type Element, elementsOf, firstElement } from "../../provider/reconcile/tree";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

let stack: Stack;
let name: string;
let count = 0;
beforeEach(() => {
  count += 1;
  name = `test-ports-${count}`;
  stack = new Stack(name);
});
afterEach(() => {
  // None of them has a system that could hear a power button.
  if (host.virsh("list", "--name").includes(name)) host.virsh("destroy", name);
  if (host.virsh("list", "--all", "--name").includes(name)) host.virsh("undefine", name);
});

const image = (key: string): Values => {
  const path = `${host.data}/${name}-${key}.img`;
  writeFileSync(path, Buffer.alloc(1 << 20));
  return { path };
};
const disks = (...keys: string[]): Values => ({ disks: Object.fromEntries(keys.map((key) => [key, image(key)])) });
const base = (): Values => ({
  host: { uri: host.uri },
  name,
  vcpus: 1,
  memoryMiB: 128,
  nics: { lan: { user: true } },
  forceOff: true,
  shutdownTimeoutSeconds: 1,
  ...disks("root"),
});

/** Makes it so, and proves that a second time there is nothing to do. Answers the classes that the preview said. */
async function up(more: Values): Promise<Values> {
  const args = { ...base(), ...more };
  const { impact = {} } = await stack.check("guest", "guest", args);
  await stack.up("guest", "guest", args);
  await isSettled(more);
  return Object.fromEntries(
    Object.entries(impact as Record<string, string>).map(([path, said]) => [path, said.split(":")[0]]),
  );
}

async function isSettled(more: Values): Promise<void> {
  const { drift, impact } = await stack.check("guest", "guest", { ...base(), ...more });
  expect({ drift, impact }).toEqual({ drift: undefined, impact: undefined });
  expect(await stack.up("guest", "guest", { ...base(), ...more })).toBe("same");
}

const definition = (): Element => parseXml(host.virsh("dumpxml", "--inactive", name));
const live = (): Element => parseXml(host.virsh("dumpxml", name));
const pending = (): Promise<unknown> => stack.pendingOf("guest");

function portsOf(document: Element): Element[] {
  const controllers = elementsOf(firstElement(document, "devices") as Element, "controller");
  return controllers.filter(({ attributes }) => attributes.model === "pcie-root-port");
}

const spares = (document: Element): string[] => portsOf(document).flatMap((port) => aliasOf(port) ?? []);
const free = (document: Element): number => freeSlots(document, document, false).length;
const named = (...keys: number[]): string[] => keys.map((key) => `ua-port-${key}`);

describe("the number of a guest that we made", () => {
  it("is raised, lowered and dropped, and nothing else is touched", async () => {
    const off = { running: false };
    await up({ ...off, spareRootPorts: 2 });
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2), 2]);
    const all = portsOf(definition());
    expect(await up({ ...off, spareRootPorts: 4 })).toEqual({ spareRootPorts: "live" });
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2, 3, 4), 4]);
    expect(portsOf(definition()).slice(0, all.length)).toEqual(all);
    expect(await up({ ...off, spareRootPorts: 1 })).toEqual({ spareRootPorts: "live" });
    expect([spares(definition()), free(definition())]).toEqual([named(1), 1]);
    expect(await up(off)).toEqual({ spareRootPorts: "live" });
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2, 3, 4, 5, 6, 7, 8), 8]);
  });

  it("is 8 where it is not stated, and stating that is no difference", async () => {
    await up({});
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2, 3, 4, 5, 6, 7, 8), 8]);
    expect(await up({ spareRootPorts: 8 })).toEqual({});
    expect(await up({ spareRootPorts: 8, ...disks("root", "data") })).toEqual({ "disks.data": "live" });
    expect(await up({ ...disks("root", "data") })).toEqual({});
    expect(await pending()).toEqual([]);
  });

  it("waits for a start of a guest that runs, also beside other changes", async () => {
    await up({ spareRootPorts: 2 });
    const args = { ...base(), spareRootPorts: 3 };
    await stack.up("guest", "guest", args);
    expect(await pending()).toEqual(["spareRootPorts"]);
    expect(await stack.up("guest", "guest", args)).toBe("same");
    await stack.up("guest", "guest", { ...args, title: "another" });
    expect(await pending()).toEqual(["spareRootPorts"]);
    host.virsh("destroy", name);
    host.virsh("start", name);
    expect(await pending()).toEqual([]);
    expect(spares(live())).toEqual(named(1, 2, 3));
  });

  it("counts ports that devices are on, and these are never taken away", async () => {
    await up({ spareRootPorts: 3 });
    const plugged = disks("root", "one", "two");
    expect(await up({ spareRootPorts: 3, ...plugged })).toEqual({ "disks.one": "live", "disks.two": "live" });
    expect([spares(live()), free(live()), free(definition())]).toEqual([named(1, 2, 3), 1, 1]);
    await stack.up("guest", "guest", { ...base(), ...plugged, spareRootPorts: 0 });
    expect(spares(definition())).toEqual(named(1, 2));
    await isSettled({ ...plugged, spareRootPorts: 0 });
    expect(await pending()).toEqual(["spareRootPorts"]);
    expect(host.virsh("domstate", name).trim()).toBe("running");
  });

  it("leaves the ports that lie below another controller, since libvirt would put them back", async () => {
    const off = { running: false };
    await up({ ...off, spareRootPorts: 2 });
    const bridged = { ...off, nics: { lan: { user: true }, old: { user: true, model: "e1000" } } };
    await up({ ...bridged, spareRootPorts: 2 });
    const before = definition();
    expect(await up({ ...bridged, spareRootPorts: 0 })).toEqual({});
    expect(portsOf(definition())).toEqual(portsOf(before));
  });

  it("gets its ports anew with another machine", async () => {
    const off = { running: false, spareRootPorts: 2, ...disks("root", "one") };
    await up({ ...off, machine: "pc" });
    expect(portsOf(definition())).toEqual([]);
    await up({ ...off, machine: "pc-q35-7.1" });
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2), 2]);
    await up({ ...off, machine: "pc-q35-7.1", ...disks("root", "one", "two") });
    expect(free(definition())).toBe(1);
    await up({ ...off, machine: "pc-q35-7.2", ...disks("root", "one", "two") });
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2), 2]);
    await up({ ...off, machine: "pc", ...disks("root", "one", "two") });
    expect(portsOf(definition())).toEqual([]);
  });

  it("lets what finds no port wait for the next start, which gives it one", async () => {
    await up({ spareRootPorts: 1 });
    const args = { ...base(), spareRootPorts: 1, ...disks("root", "one", "two") };
    const { impact } = await stack.check("guest", "guest", args);
    expect(impact).toEqual({
      "disks.one": expect.stringMatching(/^live/) as unknown,
      "disks.two": expect.stringMatching(/^nextStart: .*no PCIe root port is free/) as unknown,
    });
    await stack.up("guest", "guest", args);
    expect(await pending()).toEqual(["disks.two"]);
    host.virsh("destroy", name);
    host.virsh("start", name);
    expect(await pending()).toEqual([]);
    expect(elementsOf(firstElement(live(), "devices") as Element, "disk")).toHaveLength(3);
    await isSettled({ spareRootPorts: 1, ...disks("root", "one", "two") });
  });
});

/**
 * What version 0.1.0 wrote for `base()` with two spare ports, before these had names: the text as it was given to libvirt,
 * but for name, UUID, MAC address, image and mark.
 */
function asOnceWritten(uuid: string, mac: string, mark: string): string {
  return `<domain type="qemu">
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  ${mark}
  <memory unit="MiB">128</memory>
  <currentMemory unit="MiB">128</currentMemory>
  <vcpu current="1">1</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <boot dev="hd"/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <cpu mode="maximum"/>
  <clock offset="utc"/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw" cache="writeback" discard="unmap"/>
      <source file="${String(image("root").path)}"/>
      <target dev="vda" bus="virtio"/>
      <serial>root</serial>
      <alias name="ua-disk-root"/>
    </disk>
    <controller type="usb" index="0" model="qemu-xhci"/>
    <controller type="pci" index="0" model="pcie-root"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <controller type="pci" model="pcie-root-port"/>
    <interface type="user">
      <mac address="${mac}"/>
      <model type="virtio"/>
      <alias name="ua-nic-lan"/>
    </interface>
    <serial type="pty">
      <target port="0"/>
    </serial>
    <console type="pty">
      <target type="serial" port="0"/>
    </console>
    <channel type="unix">
      <target type="virtio" name="org.qemu.guest_agent.0"/>
      <alias name="ua-agent"/>
    </channel>
    <rng model="virtio">
      <backend model="random">/dev/urandom</backend>
      <alias name="ua-rng"/>
    </rng>
    <memballoon model="virtio">
      <stats period="10"/>
    </memballoon>
  </devices>
</domain>`;
}

/** A guest as an earlier version made and recorded it. */
async function madeOnce(more: Values): Promise<void> {
  await stack.up("guest", "guest", { ...base(), ...more, running: false });
  const xml = host.virsh("dumpxml", "--inactive", name);
  const [mark = ""] = /<metadata>[^]*<\/metadata>/.exec(xml) ?? [];
  const [, mac = ""] = /<mac address='([^']*)'/.exec(xml) ?? [];
  const uuid = host.virsh("domuuid", name).trim();
  host.virsh("undefine", name);
  const file = `${host.data}/${name}.xml`;
  writeFileSync(file, asOnceWritten(uuid, mac, mark));
  host.virsh("define", "--validate", file);
  if (more.running === false) return;
  host.virsh("start", name);
  stack.kept.set("guest", { ...stack.get("guest"), inputs: { ...stack.get("guest").inputs, running: true } });
  await stack.up("guest", "guest", { ...base(), ...more });
}

describe.each([
  ["off", { running: false }],
  ["running", {}],
])("a guest of an earlier version that is %s", (state, more) => {
  const runs = state === "running";
  const process = (): string => host.virsh("list", "--all");

  it.each([[2], [undefined]])("shows no difference, and is not restarted (spareRootPorts: %s)", async (number) => {
    const args = { ...more, ...(number === undefined ? {} : { spareRootPorts: number }) };
    await madeOnce(args);
    const before = [definition(), process()];
    await isSettled(args);
    expect([definition(), process()]).toEqual(before);
    if (runs) expect(await pending()).toEqual([]);
    // What else is changed touches no port, and the next start brings nothing of ours.
    expect(await up({ ...args, title: "another" })).toEqual({ title: "live" });
    expect(process()).toBe(before[1]);
    const numbers = (document: Element): unknown => portsOf(document).map(({ attributes }) => attributes.index);
    expect(numbers(definition())).toEqual(numbers(before[0] as Element));
    if (runs) expect(await pending()).toEqual([]);
    if (runs) await up({ ...args, title: "another", running: false });
    expect(await up({ ...args, title: "another", running: true })).toEqual({ running: "start" });
    expect(await pending()).toEqual([]);
  });

  it("takes devices as one of this version does", async () => {
    await madeOnce({ ...more, spareRootPorts: 2 });
    const before = process();
    const plugged = { ...more, spareRootPorts: 2, ...disks("root", "one", "two") };
    expect(await up(plugged)).toEqual({ "disks.one": "live", "disks.two": "live" });
    expect(portsOf(definition())).toHaveLength(8);
    expect(process()).toBe(before);
    if (runs) expect(await pending()).toEqual([]);
  });

  it("gets as many ports as the number is raised by, and loses as many as it is lowered by", async () => {
    await madeOnce({ running: false, spareRootPorts: 2 });
    await up({ running: false, spareRootPorts: 1 });
    expect([spares(definition()), free(definition())]).toEqual([named(1), 1]);
    await stack.destroy("guest");
    await madeOnce({ ...more, spareRootPorts: 2 });
    await stack.up("guest", "guest", { ...base(), ...more, spareRootPorts: 4 });
    expect([spares(definition()), free(definition())]).toEqual([named(1, 2, 3, 4), 4]);
    if (runs) expect(await pending()).toEqual(["spareRootPorts"]);
  });
});

it("what waited for a start under an earlier version waits for it still, and for nothing more", async () => {
  const args = { spareRootPorts: 2, ...disks("root", "one") };
  await madeOnce({ spareRootPorts: 2 });
  await up(args);
  // With the disk, that version wanted one more port: it is defined, and does not run yet.
  const file = `${host.data}/${name}.xml`;
  const xml = host.virsh("dumpxml", "--inactive", name).replaceAll(/<alias name='ua-port-\d+'\/>/g, "");
  writeFileSync(file, xml.replace("</devices>", "<controller type='pci' model='pcie-root-port'/>$&"));
  host.virsh("define", "--validate", file);
  const before = [definition(), host.virsh("list")];
  await isSettled(args);
  expect(await pending()).toEqual(["spareRootPorts"]);
  expect([definition(), host.virsh("list")]).toEqual(before);
  host.virsh("destroy", name);
  host.virsh("start", name);
  expect(await pending()).toEqual([]);
});

it("an adopted guest keeps the ports that it has; a number that is stated counts its free ones", async () => {
  const port = "<controller type='pci' model='pcie-root-port'/>";
  const file = `${host.data}/${name}.xml`;
  writeFileSync(
    file,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>128</memory><vcpu>1</vcpu><os><type machine='q35'>hvm</type></os>
     <features><acpi/></features><devices><controller type='pci' index='0' model='pcie-root'/>${port.repeat(6)}<interface type='user'><model type='virtio'/></interface>
     <controller type='usb' model='qemu-xhci'/><memballoon model='virtio'/></devices></domain>`,
  );
  host.virsh("define", "--validate", file);
  host.virsh("start", name);
  const args = { adopt: true, disks: undefined, nics: undefined };
  const ports = portsOf(definition());
  expect(free(definition())).toBe(3);
  await up(args);
  expect(portsOf(definition())).toEqual(ports);
  expect(await up({ ...args, spareRootPorts: 3 })).toEqual({});
  expect(portsOf(definition())).toHaveLength(6);
  expect(await pending()).toEqual([]);
  await stack.up("guest", "guest", { ...base(), ...args, spareRootPorts: 4 });
  expect([portsOf(definition()).length, free(definition()), spares(definition())]).toEqual([7, 4, named(1, 2, 3, 4)]);
  expect(await pending()).toEqual(["spareRootPorts"]);
});
