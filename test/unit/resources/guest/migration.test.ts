/** What of a guest stays with its host (11.7). What libvirt answers where one tries is in the lab. */

import type { NodeDevice } from "../../../../provider/libvirt/node-device";
import { parseXml } from "../../../../provider/libvirt/xml";
import { migrationBlockers } from "../../../../provider/resources/guest/migration";

const guest = (...devices: string[]): ReturnType<typeof parseXml> =>
  parseXml(`<domain><devices>${devices.join("")}</devices></domain>`);
const source = (within: string): string => `<source>${within}</source>`;
const place = "<address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>";
const pci = `<hostdev mode='subsystem' type='pci' managed='yes'>${source(place)}<alias name='ua-hostdev-gpu'/></hostdev>`;
const nic = `<interface type='hostdev' managed='yes'>${source(place.replace("<address", "<address type='pci'"))}<alias name='ua-nic-lan'/></interface>`;
const usb = `<hostdev mode='subsystem' type='usb'>${source("<vendor id='0x046d'/><product id='0xc52b'/>")}</hostdev>`;
const mdev = `<hostdev mode='subsystem' type='mdev' model='vfio-pci'>${source("<address uuid='6ac6ab91-4ec5-46d3-9ec4-7b43bd6d1e2c'/>")}<alias name='ua-hostdev-vgpu'/></hostdev>`;

const onNetwork = (name: string): string =>
  `<interface type='network'><source network='${name}'/><alias name='ua-nic-wan'/></interface>`;

const boundTo = (driver: string | undefined): readonly NodeDevice[] => [
  { kind: "pci", address: "0000:01:00.0", driver } as unknown as NodeDevice,
];

it.each<readonly [string, string, boolean, string | undefined, readonly RegExp[]]>([
  ["nothing of the host", "<disk/>", true, undefined, []],
  ["a device of the plain driver", pci, true, "vfio-pci", [/^passthrough\.gpu: 0000:01:00\.0 is driven by vfio-pci/]],
  ["a device of a driver made for it", pci, true, "mlx5_vfio_pci", []],
  ["a device of another one", pci, true, "nvgrace-gpu-vfio-pci", []],
  ["a device on Xen", pci, true, "pciback", [/^passthrough\.gpu: 0000:01:00\.0 is driven by pciback/]],
  ["a device that the host has back", pci, false, "nouveau", [/^passthrough\.gpu: .*in general/]],
  ["a device that is not there", pci, true, undefined, [/^passthrough\.gpu: .*in general/]],
  ["a NIC", nic, true, "vfio-pci", [/^nics\.lan: 0000:01:00\.0 is driven/]],
  ["what has no name of ours", usb, true, undefined, [/^hostdev: the USB device 046d:c52b stays/]],
  ["a mediated device", mdev, true, undefined, [/^passthrough\.vgpu: the mediated device 6ac6ab91/]],
  ["several", pci + mdev, true, "vfio-pci", [/gpu/, /vgpu/]],
  [
    "a NIC that will be a function of a card",
    onNetwork("functions"),
    false,
    undefined,
    [/^nics\.wan: the network "functions" gives it a function of a card, .*in general/],
  ],
  ["a NIC on another network", onNetwork("lan"), false, undefined, []],
])("%s", (_, device, runs, driver, says) => {
  expect(migrationBlockers(guest(device), runs, { devices: boundTo(driver), functionNetworks: ["functions"] })).toEqual(
    says.map((pattern) => expect.stringMatching(pattern) as string),
  );
});
