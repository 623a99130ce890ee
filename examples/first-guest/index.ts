import * as pulumi from "@pulumi/pulumi";
import * as virt from "pulumi-virt";

const config = new pulumi.Config();
// A folder on the host that holds kernel and initrd, and takes the disks: `pulumi config set folder /srv/first-guest`.
const folder = config.require("folder");

const host = new virt.Host("host", { uri: config.require("uri") });

const pool = new virt.Pool("guests", { host, type: "dir", path: `${folder}/disks` });
const base = new virt.Disk("base", { pool, sizeGiB: 0.25 });
const root = new virt.Disk("web-root", { pool, backing: base, sizeGiB: 0.5 });

const lan = new virt.Network("lan", {
  host,
  mode: "nat",
  ipv4: { gateway: "10.20.0.1/24", dhcp: { from: "10.20.0.100", to: "10.20.0.200" } },
});

const web = new virt.Guest("web", {
  host,
  vcpus: 1,
  memoryMiB: config.getNumber("memoryMiB") ?? 192,
  title: config.get("title") ?? "The first guest",
  boot: { kernel: `${folder}/kernel`, initrd: `${folder}/initrd`, commandLine: "console=ttyS0 quiet" },
  console: { logFile: `${folder}/web.log` },
  disks: { root: { disk: root } },
  nics: { lan: { network: lan } },
});

export const hypervisor = host.hypervisor;
export const uuid = web.uuid;
export const state = web.state;
export const addresses = web.addresses;
