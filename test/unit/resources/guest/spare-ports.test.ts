import { kvm } from "../../../../provider/hypervisors/kvm";
import { parseXml } from "../../../../provider/libvirt/xml";
import { givenPorts, sparePorts } from "../../../../provider/resources/guest/devices/spare-ports";
import type { Held } from "../../../../provider/resources/guest/devices/device";
import { toXml } from "../../../../provider/resources/guest/xml";
import type { GuestInputs } from "../../../../schema/guest";

interface Port {
  readonly name?: number | string;
  readonly taken?: boolean;
  readonly model?: string;
}

/** A guest with these controllers, from index 1 on. */
function held(ports: readonly Port[], spareRootPorts?: number): Held {
  const controllers = ports.map(({ name, taken = false, model = "pcie-root-port" }, at) => {
    const alias = name === undefined ? "" : `<alias name='ua-${typeof name === "number" ? `port-${name}` : name}'/>`;
    const device = `<rng><address type='pci' bus='0x${(at + 1).toString(16)}' slot='0x00'/></rng>`;
    return `<controller type='pci' index='${at + 1}' model='${model}'>${alias}</controller>${taken ? device : ""}`;
  });
  const root = "<controller type='pci' index='0' model='pcie-root'/>";
  const document = parseXml(`<domain><devices>${root}${controllers.join("")}</devices></domain>`);
  return { document, ownership: "ours", adopted: false, ...(spareRootPorts === undefined ? {} : { spareRootPorts }) };
}

const of = (wanted: number, there?: Held): unknown =>
  Object.fromEntries(sparePorts(wanted, there).map(({ number, index }) => [number, index]));
const [taken, free] = [{ taken: true }, {}];

it("lets libvirt number the ports of a guest that is not there, or has no PCIe", () => {
  expect(of(2)).toEqual({ 1: undefined, 2: undefined });
  const pc = parseXml("<domain><devices><controller type='pci' index='0' model='pci-root'/></devices></domain>");
  expect(of(1, { document: pc, ownership: "ours", adopted: false })).toEqual({ 1: undefined });
});

it("knows its ports by their names, and gives new ones the next numbers", () => {
  const there = held([taken, { name: 2 }, { name: 1, taken: true }]);
  expect(of(2, there)).toEqual({ 1: 3, 2: 2 });
  expect(of(4, there)).toEqual({ 1: 3, 2: 2, 3: 4, 4: 5 });
  // A free port that nobody named will do, and one that somebody named will not.
  expect(of(3, held([free, { name: 1 }, { name: 2 }, { name: "hers" }]))).toEqual({ 1: 2, 2: 3, 3: 1 });
  expect(of(3, held([taken, { name: 1 }, { name: 2 }, { name: "hers" }]))).toEqual({ 1: 2, 2: 3, 3: 5 });
});

it("keeps what a device is on, and what lies below a controller that stays", () => {
  const named = [{ name: 1 }, { name: 2 }, { name: 3 }];
  expect(of(1, held([taken, ...named]))).toEqual({ 1: 2 });
  expect(of(1, held([taken, { name: 1 }, { name: 2 }, { name: 3, taken: true }]))).toEqual({ 1: 2, 2: 3, 3: 4 });
  expect(of(1, held([taken, { name: 1 }, { name: 2, taken: true }, { name: 3 }]))).toEqual({ 1: 2, 2: 3 });
  expect(of(0, held([taken, ...named, { model: "pcie-to-pci-bridge" }]))).toEqual({ 1: 2, 2: 3, 3: 4 });
});

it("takes those of a guest without names for the last free ones, and for taken ones where there are too few", () => {
  expect(of(2, held([taken, taken, free, free], 2))).toEqual({ 1: 3, 2: 4 });
  expect(of(2, held([taken, free, free, free], 2))).toEqual({ 1: 3, 2: 4 });
  expect(of(2, held([taken, taken, taken, taken], 2))).toEqual({ 1: 3, 2: 4 });
  expect(of(3, held([taken, taken, taken, taken], 2))).toEqual({ 1: 3, 2: 4, 3: 5 });
  expect(of(1, held([taken, taken, free, free], 2))).toEqual({ 1: 3 });
  // Somebody else's guest was given none.
  expect(of(2, held([taken, taken, free], 0))).toEqual({ 1: 3, 2: 4 });
});

it("has given what was recorded, or the default; nothing to what others made", () => {
  const guest = (spareRootPorts?: number): GuestInputs => ({ spareRootPorts }) as GuestInputs;
  const ours = { ownership: "ours", adopted: false } as const;
  expect(givenPorts(guest(2), ours)).toBe(2);
  expect(givenPorts(guest(), ours)).toBe(8);
  expect(givenPorts(guest(), { ...ours, adopted: true })).toBe(0);
  expect(givenPorts(guest(3), { ...ours, adopted: true })).toBe(3);
  expect(givenPorts(guest(3), { ownership: "foreign", adopted: true })).toBe(0);
});

it.each([
  ["q35", "x86_64", 2],
  ["pc-q35-9.2", "x86_64", 2],
  ["virt", "aarch64", 2],
  ["virt-9.2", "aarch64", 2],
  ["pc", "x86_64", 0],
  ["microvm", "x86_64", 0],
])("machine %s on %s", (machine, architecture, expected) => {
  const inputs = { host: { uri: "x" }, name: "a", vcpus: 1, memoryMiB: 64, machine, architecture, spareRootPorts: 2 };
  const facts = { uuid: "1", libvirtVersion: 9_000_000, architecture, session: false };
  const devices = toXml(inputs, { facts, profile: kvm }).document.children.find(({ name }) => name === "devices");
  expect(devices?.children.filter(({ path }) => path === "spareRootPorts")).toHaveLength(expected);
});
