import * as pulumi from "@pulumi/pulumi";
import * as virt from "pulumi-virt";

const config = new pulumi.Config();
// A folder of the host with kernel and initrd in it: `pulumi config set folder /srv/guests`.
const folder = config.require("folder");
const boot = { kernel: `${folder}/kernel`, initrd: `${folder}/initrd`, commandLine: "console=ttyS0 quiet" };

const host = new virt.Host("host", { uri: config.require("uri") });
// What the host has: addresses, names, IOMMU groups, who uses them. `pulumi stack output devices`.
export const devices = host.devices;

// A graphics card and its sound are one IOMMU group, so each is claimed with all of it:
// `pulumi config set gpu 0000:65:00.0`, `sound 0000:65:00.1`.
const claim = (name: string): virt.PassthroughDevice =>
  new virt.PassthroughDevice(name, { host, pci: { address: config.require(name) }, wholeGroup: true });
const [gpu, sound] = [claim("gpu"), claim("sound")];

// They are on one slot of the guest, too, where the card's driver looks for its sound.
const desk = new virt.Guest("desk", {
  host,
  vcpus: 1,
  memoryMiB: config.getNumber("memoryMiB") ?? 8192,
  boot,
  passthrough: { gpu: { device: gpu }, sound: { device: sound, onSlotOf: "gpu" } },
  // Older drivers of graphics cards refuse to work in a guest.
  hideHypervisor: true,
});
// The reasons why this guest cannot be saved or migrated while it runs.
export const deskStays = desk.migrationBlockers;

// A network card is divided: `pulumi config set card enp3s0`.
const card = new virt.VirtualFunctions("card", { host, pci: { interface: config.require("card") }, count: 2 });

// One of its functions is the router's…
const outside = new virt.PassthroughDevice("outside", {
  host,
  pci: { physicalFunction: card.address, virtualFunction: 0 },
});
const router = new virt.Guest("router", {
  host,
  vcpus: 1,
  memoryMiB: 256,
  boot,
  nics: { wan: { device: outside, mac: "52:54:00:42:00:01", vlan: 42 } },
});

// …and whoever is on this network gets any of the others that is free.
const others = card.addresses.apply(([, ...rest]) => rest);
const fast = new virt.Network("fast", { host, mode: "hostdev", virtualFunctions: others });
const web = new virt.Guest("web", {
  host,
  vcpus: 1,
  memoryMiB: 256,
  boot,
  nics: { lan: { network: fast } },
});

export const guests = [desk, router, web].map(({ name, state }) => ({ name, state }));
