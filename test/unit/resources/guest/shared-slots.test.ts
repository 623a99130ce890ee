/** Functions of one slot: which slot and which function each gets, and that it keeps them (11.3). */

import { kvm } from "../../../../provider/hypervisors/kvm";
import { parseXml } from "../../../../provider/libvirt/xml";
import { devicesIn } from "../../../../provider/libvirt/devices";
import { aliasOf } from "../../../../provider/reconcile/pair";
import { plan } from "../../../../provider/reconcile/plan";
import { type Desired, instantiate } from "../../../../provider/reconcile/desired";
import { type Element, firstElement } from "../../../../provider/reconcile/tree";
import type { Held } from "../../../../provider/resources/guest/devices/device";
import { guest } from "../../../../provider/resources/guest/handler";
import { toXml } from "../../../../provider/resources/guest/xml";

const uri = "qemu:///system";
const facts = { uuid: "u", libvirtVersion: 9_000_000, architecture: "x86_64", session: false };
const identity = { urn: "urn:pulumi:a::b::virt:guest::web", resourceName: "web" };
type Devices = Readonly<Record<string, string>>;

/** `devices`: by key the one on whose slot it is; "" for a slot of its own. */
const written = (devices: Devices, held?: string, more: object = {}): Element =>
  instantiate(built(devices, held, more).document);

function built(devices: Devices, held?: string, more: object = {}): Desired {
  const passthrough = Object.fromEntries(
    Object.entries(devices).map(([key, first], index) => [
      key,
      {
        device: { host: { uri }, address: `0000:01:00.${index}` },
        ...(first === "" ? {} : { onSlotOf: first }),
      },
    ]),
  );
  const inputs = guest.derive({ host: { uri }, vcpus: 1, memoryMiB: 64, passthrough, ...more }, undefined, identity);
  const document = held === undefined ? undefined : parseXml(held);
  return toXml(inputs, { profile: kvm, facts }, document && ({ document } as Held));
}

function addresses(document: Element): Record<string, string> {
  return Object.fromEntries(
    devicesIn(document, "hostdev").map((device) => {
      const { bus, slot, function: number, multifunction } = firstElement(device, "address")?.attributes ?? {};
      const key = aliasOf(device)?.replace("ua-hostdev-", "") ?? "";
      return [key, bus === undefined ? "" : `${bus} ${slot} ${number}${multifunction === undefined ? "" : " first"}`];
    }),
  );
}

const port = (index: number): string =>
  `<controller type='pci' index='${index}' model='pcie-root-port'><address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x${index}'/></controller>`;
const at = (bus: number, number = 0, more = ""): string =>
  `<address type='pci' domain='0x0000' bus='0x0${bus}' slot='0x00' function='0x${number}'${more}/>`;
const hostdev = (key: string, address: string): string =>
  `<hostdev mode='subsystem' type='pci' managed='yes'><source/><alias name='ua-hostdev-${key}'/>${address}</hostdev>`;
const machine = (...devices: string[]): string =>
  `<domain type='kvm'><os><type machine='pc-q35-7.2'>hvm</type></os><devices><controller type='pci' index='0' model='pcie-root'/>${[1, 2, 3, 4].map(port).join("")}${devices.join("")}</devices></domain>`;
const interfaceOn = (bus: number): string => `<interface type='user'>${at(bus)}</interface>`;
const multi = " multifunction='on'";

it.each<readonly [string, Devices, string | undefined, object, Record<string, string>]>([
  ["nothing shared", { gpu: "", sound: "" }, undefined, {}, { gpu: "", sound: "" }],
  [
    "a new guest",
    { gpu: "", sound: "gpu", usb: "gpu", other: "" },
    undefined,
    {},
    { gpu: "0x01 0x00 0x0 first", sound: "0x01 0x00 0x1", usb: "0x01 0x00 0x2", other: "" },
  ],
  [
    "two slots of a new guest",
    { a: "", aa: "a", b: "", bb: "b" },
    undefined,
    {},
    { a: "0x01 0x00 0x0 first", aa: "0x01 0x00 0x1", b: "0x02 0x00 0x0 first", bb: "0x02 0x00 0x1" },
  ],
  [
    "a new guest, beside raw XML with an address",
    { gpu: "", sound: "gpu" },
    undefined,
    { xml: { card: { at: "devices", fragment: `<sound model='ich9'>${at(1)}</sound>` } } },
    { gpu: "0x02 0x00 0x0 first", sound: "0x02 0x00 0x1" },
  ],
  [
    "where raw XML says it of the first one",
    { gpu: "", sound: "gpu" },
    undefined,
    { xml: { card: { at: "passthrough.gpu", fragment: at(3, 0, multi) } } },
    { gpu: "0x03 0x00 0x0 first", sound: "0x03 0x00 0x1" },
  ],
  [
    "a machine without PCIe",
    { gpu: "", sound: "gpu" },
    undefined,
    { machine: "pc" },
    { gpu: "0x00 0x1e 0x0 first", sound: "0x00 0x1e 0x1" },
  ],
  [
    "beside one that is there",
    { gpu: "", sound: "gpu" },
    machine(interfaceOn(1), hostdev("gpu", at(3))),
    {},
    { gpu: "0x03 0x00 0x0 first", sound: "0x03 0x00 0x1" },
  ],
  [
    "as they are there, also where one between them is gone",
    { gpu: "", usb: "gpu" },
    machine(hostdev("gpu", at(3, 0, multi)), hostdev("sound", at(3, 1)), hostdev("usb", at(3, 2))),
    {},
    { gpu: "0x03 0x00 0x0 first", usb: "0x03 0x00 0x2" },
  ],
  [
    "one more",
    { gpu: "", usb: "gpu", sound: "gpu" },
    machine(hostdev("gpu", at(3, 0, multi)), hostdev("usb", at(3, 2)), hostdev("other", at(3, 1))),
    {},
    { gpu: "0x03 0x00 0x0 first", usb: "0x03 0x00 0x2", sound: "0x03 0x00 0x3" },
  ],
  [
    "both new to a guest that is there",
    { gpu: "", sound: "gpu" },
    machine(interfaceOn(1)),
    {},
    { gpu: "0x02 0x00 0x0 first", sound: "0x02 0x00 0x1" },
  ],
  [
    "both new to a guest without a free port",
    { gpu: "", sound: "gpu" },
    machine(...[1, 2, 3, 4].map(interfaceOn)),
    {},
    { gpu: "0x05 0x00 0x0 first", sound: "0x05 0x00 0x1" },
  ],
  [
    "the first one was a further function",
    { sound: "", gpu: "sound" },
    machine(hostdev("gpu", at(3, 0, multi)), hostdev("sound", at(3, 1))),
    {},
    { sound: "0x01 0x00 0x0 first", gpu: "0x01 0x00 0x1" },
  ],
  [
    "shared no more",
    { gpu: "", sound: "" },
    machine(hostdev("gpu", at(3, 0, multi)), hostdev("sound", at(3, 1))),
    {},
    { gpu: "0x03 0x00 0x0", sound: "" },
  ],
])("%s", (_, devices, held, more, expected) => {
  expect(addresses(written(devices, held, more))).toEqual(expected);
});

it("stays where somebody put it who gave it no name of ours", () => {
  const bare = (number: number, place: string): string =>
    `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x01' slot='0x00' function='0x${number}'/></source>${place}</hostdev>`;
  const held = machine(interfaceOn(1), bare(0, at(3, 0, multi)), bare(1, at(3, 1)));
  expect(addresses(written({ gpu: "", sound: "gpu" }, held))).toEqual({
    gpu: "0x03 0x00 0x0 first",
    sound: "0x03 0x00 0x1",
  });
});

it("leaves the first one where it is when the others go", () => {
  const held = machine(hostdev("gpu", at(3, 0, multi)), hostdev("sound", at(3, 1)));
  const desiredOf = (devices: Devices): Desired => built(devices, held);
  const { document } = plan({
    desired: desiredOf({ gpu: "" }),
    lastApplied: undefined,
    madeBy: desiredOf({ gpu: "", sound: "gpu" }),
    actual: { document: parseXml(held), settings: {} },
    owned: (path) => path.startsWith("passthrough."),
    language: kvm.language,
  });
  expect(addresses(document)).toEqual({ gpu: "0x03 0x00 0x0" });
});

it("takes one port for all of a slot", () => {
  const ports = (devices: Devices): number =>
    devicesIn(written(devices), "controller").filter(({ attributes }) => attributes.model === "pcie-root-port").length;
  expect(ports({ gpu: "", sound: "gpu" })).toBe(ports({ gpu: "" }));
});

it.each<readonly [Devices, RegExp]>([
  [{ gpu: "", sound: "card" }, /^passthrough\.sound\.onSlotOf: there is no "card"/],
  [{ sound: "constructor" }, /^passthrough\.sound\.onSlotOf: there is no "constructor"/],
  [{ sound: "sound" }, /^passthrough\.sound\.onSlotOf: that is the device itself/],
  [{ gpu: "", sound: "gpu", usb: "sound" }, /^passthrough\.usb\.onSlotOf: "sound" is on the slot of another one/],
  [
    { gpu: "", ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`f${index}`, "gpu"])) },
    /^passthrough\.gpu: a slot has eight functions/,
  ],
])("refuses %j", (devices, says) => {
  const passthrough = Object.fromEntries(
    Object.entries(devices).map(([key, onSlotOf], index) => [
      key,
      { device: { host: { uri }, address: `0000:0${index}:00.0` }, ...(onSlotOf === "" ? {} : { onSlotOf }) },
    ]),
  );
  expect(guest.problems({ host: { uri }, vcpus: 1, memoryMiB: 64, passthrough }, undefined)).toEqual([
    expect.stringMatching(says),
  ]);
});

it("refuses USB devices, also before it is known where they are", () => {
  const usb = { host: { uri }, address: "046d:c52b" };
  const card = { host: { uri }, address: "0000:01:00.0" };
  for (const [first, second] of [
    [card, usb],
    [usb, card],
  ] as const)
    expect(
      guest.problems(
        {
          host: { uri },
          vcpus: 1,
          memoryMiB: 64,
          passthrough: { a: { device: first }, b: { device: second, onSlotOf: "a" } },
        },
        undefined,
      ),
    ).toEqual([expect.stringMatching(/^passthrough\.b\.onSlotOf: USB devices/)]);
});

it("refuses a device of another host, as a device and as a NIC", () => {
  const device = { host: { uri: "qemu+ssh://kvm2/system" }, address: "0000:01:00.0" };
  const given = { host: { uri }, vcpus: 1, memoryMiB: 64, passthrough: { a: { device } }, nics: { b: { device } } };
  expect(guest.problems(given, undefined)).toEqual(
    ["nics.b.device", "passthrough.a.device"].map(
      (path) => expect.stringContaining(`${path}: the device is of another host (qemu+ssh://kvm2/system)`) as string,
    ),
  );
});
