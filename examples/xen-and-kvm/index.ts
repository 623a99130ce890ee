import * as pulumi from "@pulumi/pulumi";
import * as virt from "pulumi-virt";

const config = new pulumi.Config();
// A folder that both hosts have, with kernel and initrd in it: `pulumi config set folder /srv/guests`.
const folder = config.require("folder");
// `pulumi config set uri qemu+ssh://root@kvm1/system`, and `xenUri xen+ssh://root@xen1/system` where there is such a host.
const uris = { kvm: config.require("uri"), xen: config.get("xenUri") };

/** Nothing in it says which hypervisor it is for. */
function web(name: string, uri: string): virt.Guest {
  const host = new virt.Host(name, { uri });
  const pool = new virt.Pool(`${name}-guests`, { host, name: "guests", type: "dir", path: `${folder}/disks` });
  const root = new virt.Disk(`${name}-root`, { pool, name: "root.qcow2", sizeGiB: 0.25 });
  const lan = new virt.Network(`${name}-lan`, {
    host,
    name: "lan",
    mode: "isolated",
    ipv4: { gateway: "10.21.0.1/24" },
  });
  return new virt.Guest(`${name}-web`, {
    host,
    name: "web",
    vcpus: { current: 1, max: 2 },
    memoryMiB: 192,
    maxMemoryMiB: 256,
    boot: { kernel: `${folder}/kernel`, initrd: `${folder}/initrd`, commandLine: "console=ttyS0 console=hvc0 quiet" },
    disks: { root: { disk: root } },
    nics: { lan: { network: lan, mac: "52:54:00:21:00:01" } },
  });
}

export const guests = Object.entries(uris)
  .flatMap(([name, uri]) => (uri === undefined ? [] : [web(name, uri)]))
  .map(({ name, uuid, state }) => ({ name, uuid, state }));
