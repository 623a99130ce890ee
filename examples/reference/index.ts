import * as pulumi from "@pulumi/pulumi";
import * as virt from "pulumi-virt";

const config = new pulumi.Config();
const uri = config.require("uri"); // qemu+ssh://root@kvm1.example.org/system
const folder = config.require("folder"); // on the host: holds kernel and initrd, and takes the disks

// #region Host
const kvm1 = new virt.Host("kvm1", { uri });
export const readiness = kvm1.readiness;
// #endregion

// #region Pool
const images = new virt.Pool("images", { host: kvm1, type: "dir", path: `${folder}/images` });
// #endregion

// #region Disk
const base = new virt.Disk("base", { pool: images, sizeGiB: 0.25 });
const root = new virt.Disk("web-root", { pool: images, backing: base, sizeGiB: 0.5 }); // only what differs from base
const data = new virt.Disk("web-data", { pool: images, format: "raw", sizeGiB: 0.125 });
// #endregion

// #region Network
const lan = new virt.Network("lan", {
  host: kvm1,
  mode: "nat",
  domain: "lan.example.org",
  ipv4: {
    gateway: "10.21.0.1/24",
    dhcp: {
      from: "10.21.0.100",
      to: "10.21.0.200",
      reservations: { printer: { mac: "52:54:00:aa:bb:01", ip: "10.21.0.10", hostname: "printer" } },
    },
  },
  ipv6: { gateway: "fd00:21::1/64", dhcp: { from: "fd00:21::100", to: "fd00:21::1ff" } },
  dns: { hosts: { "10.21.0.10": ["printer"], "fd00:21::10": ["printer6"] } },
});
// #endregion

// #region PassthroughDevice
// Where the host has one to spare: `pulumi config set card 0000:65:00.0`.
const address = config.get("card");
const card = address === undefined ? undefined : new virt.PassthroughDevice("card", { host: kvm1, pci: { address } });
// #endregion

// #region VirtualFunctions
// Where the host has a card with SR-IOV: `pulumi config set sriov enp3s0`.
const physical = config.get("sriov");
const functions =
  physical === undefined
    ? undefined
    : new virt.VirtualFunctions("fast", {
        host: kvm1,
        pci: { interface: physical },
        count: 4,
        persistent: true, // also after a restart of the host
        functions: { "0": { trust: true, spoofCheck: false } },
      });
export const addressesOfFunctions = functions?.addresses;
// #endregion

// #region Guest
const web = new virt.Guest("web", {
  host: kvm1,
  vcpus: { current: 1, max: 2 },
  memoryMiB: 192,
  boot: { kernel: `${folder}/kernel`, initrd: `${folder}/initrd`, commandLine: "console=ttyS0 quiet" },
  disks: { root: { disk: root }, data: { disk: data, cache: "writeback" } },
  nics: { lan: { network: lan } },
  passthrough: card === undefined ? {} : { card: { device: card } },
  console: { logFile: `${folder}/web.log` },
  restart: "ifNeeded",
  xml: { memory: { fragment: "<memoryBacking><nosharepages/></memoryBacking>" } },
});
export const pending = web.pending;
// #endregion
