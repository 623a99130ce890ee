/** A guest of the tests' own image that is given devices of its host; such a device as a program's classes pass it, and as the host has it. */

import type { Values } from "../../provider/lifecycle/lifecycle";
import type { Stack } from "./stack";
import type { TestHost } from "./test-host";

/** Its console is where a WatchedGuest of this name looks. */
export function guestWith(host: TestHost, stack: Stack, name: string, passthrough: Values, more: Values = {}): Values {
  return {
    host: stack.host(),
    name,
    vcpus: 1,
    memoryMiB: 256,
    boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
    console: { logFile: `${host.data}/${name}.log` },
    passthrough,
    shutdownTimeoutSeconds: 180,
    ...more,
  };
}

/** A PassthroughDevice by its name in the stack. */
export function claimedDevice(stack: Stack, name: string): Values {
  const { id, facts, inputs } = stack.get(name);
  const { pci, usb, mdev, uuid } = inputs;
  return { host: stack.host(), address: facts.address, pci, usb, mdev, uuid, id };
}

/** Which driver of the host has the PCI device. */
export function driverOn(host: TestHost, address: string): string {
  return host.enter("sh", "-c", `basename "$(readlink /sys/bus/pci/devices/${address}/driver)"`).trim();
}
