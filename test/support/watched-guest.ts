/** A guest as somebody beside the host sees it: its process, what it says on its console, its XML. */

import { parseXml } from "../../provider/libvirt/xml";
import { type Element, elementsOf, firstElement } from "../../provider/reconcile/tree";
import type { TestHost } from "./test-host";
import { patience, until } from "./until";

function known(device: Element): string {
  const [card, target] = ["mac", "target"].map((name) => firstElement(device, name)?.attributes);
  return card?.address ?? target?.dev ?? "";
}

export class WatchedGuest {
  constructor(
    private readonly host: TestHost,
    readonly name: string,
    /** The file on the host into which its console is logged. */
    readonly log = `${host.data}/${name}.log`,
  ) {}

  /** A guest of Xen, which keeps by itself what guests say. */
  static onXen(host: TestHost, name: string): WatchedGuest {
    return new WatchedGuest(host, name, `/var/log/xen/console/guest-${name}.log`);
  }

  /** The QEMU process; "" where there is none. */
  get process(): string {
    return this.host.enter("sh", "-c", `cat '/run/libvirt/qemu/${this.name}.pid' 2>/dev/null || true`).trim();
  }

  get console(): string {
    return this.host.enter("sh", "-c", `cat '${this.log}' 2>/dev/null || true`);
  }

  /** Boot ids that the guest has said so far, oldest first. */
  get boots(): string[] {
    return [...this.console.matchAll(/guest: boot (\S+)/g)].map((found) => found[1] ?? "");
  }

  /** The identity of a run: the process, and the boots that the guest told of. The same as before: it ran on undisturbed. */
  get run(): { readonly process: string; readonly boots: readonly string[] } {
    return { process: this.process, boots: this.boots };
  }

  /** The address that the guest got last. */
  get address(): string | undefined {
    return [...this.console.matchAll(/has the address (\S+)/g)].at(-1)?.[1];
  }

  /** Whether it answers on this bridge of the host: by ARP, which works whatever subnet the host is in by now. */
  answersOn(bridge: string): boolean {
    try {
      this.host.enter("busybox", "arping", "-f", "-c", "2", "-w", "2", "-I", bridge, this.address ?? "");
      return true;
    } catch {
      return false;
    }
  }

  /** The hardware that the guest saw last: `cpus=2 memory=150MiB disks: vda=10MiB cards: eth0=…`. */
  get hardware(): string {
    return [...this.console.matchAll(/guest: sees (.*)/g)].at(-1)?.[1] ?? "";
  }

  /** Its PCI devices, by vendor and product: `8086:10d3`. */
  get devices(): readonly string[] {
    return [...this.console.matchAll(/guest: has PCI devices: ?(.*)/g)].at(-1)?.[1]?.trim().split(" ") ?? [];
  }

  /** Waits until it has so many PCI devices of this vendor and product. */
  async has(count: number, id: string, seconds = patience): Promise<void> {
    await until(
      () => this.devices.filter((each) => each === id).length === count,
      seconds,
      () => `${count} of ${id} in: ${this.devices.join(" ")}`,
    );
  }

  live(): Element {
    return parseXml(this.host.virsh("dumpxml", "--security-info", this.name));
  }

  definition(): Element {
    return parseXml(this.host.virsh("dumpxml", "--inactive", "--security-info", this.name));
  }

  /**
   * What of ours stands at which PCI address: the same live and in config, or the guest's hardware moves with the next
   * start. The alias tells nothing here: what runs has it from the key that a device was plugged with.
   */
  static addresses(document: Element): Record<string, string> {
    const devices = firstElement(document, "devices");
    return Object.fromEntries(
      (devices === undefined ? [] : elementsOf(devices)).flatMap((device) => {
        const alias = firstElement(device, "alias")?.attributes.name;
        const address = firstElement(device, "address");
        return alias?.startsWith("ua-") && address?.attributes.type === "pci"
          ? [[JSON.stringify(address.attributes), `${device.name} ${known(device)}`]]
          : [];
      }),
    );
  }

  /** Waits until the guest has said it. */
  async says(pattern: RegExp, seconds = patience): Promise<void> {
    await until(
      () => pattern.test(this.console),
      seconds,
      () => `${pattern} in:\n${this.console.slice(-2000)}`,
    );
  }

  async sees(pattern: RegExp, seconds = patience): Promise<void> {
    await until(
      () => pattern.test(this.hardware),
      seconds,
      () => `${pattern} in: ${this.hardware}`,
    );
  }
}
