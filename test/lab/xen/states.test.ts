/** One paravirtual guest on Xen through what happens to guests: devices passed on, saved, paused, crashed, restarted, forgotten. */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { cutAfter } from "../../support/cut";
import { nextRun } from "../../support/hosts";
import { startLabHost } from "../../support/lab-host";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";

let host: TestHost;
let guest: WatchedGuest;
const stack = new Stack("states");

/** Each named as a guest that is no other's. */
function inputs(more: Values = {}): Values {
  return {
    host: stack.host(),
    name: "states",
    virtualization: "paravirtual",
    vcpus: 1,
    memoryMiB: 192,
    onCrash: "preserve",
    boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=hvc0 quiet" },
    shutdownTimeoutSeconds: 180,
    ...more,
  };
}

beforeAll(async () => {
  host = startLabHost("xen");
  host.installGuestImage();
  guest = WatchedGuest.onXen(host, "states");
  host.enter("rm", "-f", guest.log);
  await stack.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.stop();
});

const state = (): string => host.virsh("domstate", "states").trim();
const domainId = (): string => host.virsh("domid", "states").trim();
const driverOf = (device: string): string =>
  host.enter("sh", "-c", `basename "$(readlink /sys/bus/pci/devices/${device}/driver)"`).trim();
/** Boots to the end, since what has not finished booting hears nothing. */
const booted = async (times: number): Promise<void> => {
  await until(() => guest.boots.length >= times);
  await guest.says(new RegExp(`boot ${guest.boots.at(-1) ?? ""}[^]*guest: sees`));
};

describe("made by an up that is killed", () => {
  it("after any command that changes something: the next one has the one guest", async () => {
    let commands = 0;
    for (let wasCut = true; wasCut; commands += 1) {
      wasCut = await cutAfter(host.uri, commands, () => stack.up("guest", "states", inputs()));
      if (!wasCut) break;
      stack.kept.delete("states");
      await nextRun();
      await stack.up("guest", "states", inputs());
      expect(state()).toBe("running");
      host.virsh("destroy", "states");
      await stack.destroy("states");
      expect(host.virsh("list", "--all", "--name").trim()).toBe("Domain-0");
    }
    expect(commands).toBeGreaterThan(1);
    await settled(stack, "states");
    // Those before may have said something, too.
    await booted(1);
  });
});

describe("with a PCI device", () => {
  const nvme = `<hostdev mode="subsystem" type="pci" managed="yes"><source><address domain="0" bus="2" slot="0" function="0"/></source></hostdev>`;
  const passedOn = (): Values => inputs({ xml: { nvme: { at: "devices", fragment: nvme } } });

  it("gets it while it runs, bound to pciback", async () => {
    const id = domainId();
    expect(driverOf("0000:02:00.0")).toBe("nvme");
    expect((await stack.check("guest", "states", passedOn())).impact).toEqual({
      "xml/nvme": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "states", passedOn())).toBe("updated");
    expect(driverOf("0000:02:00.0")).toBe("pciback");
    await guest.sees(/ nvme0n1=\d+MiB/);
    expect(domainId()).toBe(id);
    await settled(stack, "states");
  });

  it("has it after a start, and loses it while it runs: the host has it back", async () => {
    const boots = guest.boots.length;
    host.virsh("reboot", "states");
    await booted(boots + 1);
    await guest.sees(/ nvme0n1=\d+MiB/);
    await settled(stack, "states");
    expect(await stack.up("guest", "states", inputs())).toBe("updated");
    await guest.sees(/disks: none/);
    await until(() => driverOf("0000:02:00.0") === "nvme");
    await settled(stack, "states");
  });

  it("is told of one that nothing can reset, and runs on", async () => {
    const id = domainId();
    const fragment = nvme.replace('bus="2" slot="0"', 'bus="0" slot="0x12"');
    await expect(stack.up("guest", "states", inputs({ xml: { old: { at: "devices", fragment } } }))).rejects.toThrow(
      /0000:00:12\.0: no FLR, PM reset or bus reset available/,
    );
    expect(domainId()).toBe(id);
    expect(host.virsh("dumpxml", "--inactive", "states")).not.toContain("<hostdev");
    expect(await stack.up("guest", "states", inputs())).toMatch(/same|updated/);
    await settled(stack, "states");
  });
});

describe("what others do to it", () => {
  it("a reboot is a start: what was pending arrives", async () => {
    const [id, boots] = [domainId(), guest.boots.length];
    expect(await stack.up("guest", "states", inputs({ maxMemoryMiB: 256 }))).toBe("updated");
    expect(stack.get("states").facts.pending).toEqual([expect.stringMatching(/^maxMemoryMiB/)]);
    host.virsh("reboot", "states");
    await booted(boots + 1);
    expect(domainId()).not.toBe(id);
    await nextRun();
    expect(await stack.pendingOf("states")).toEqual([]);
    await settled(stack, "states");
  });

  it("paused, it stays paused, and takes what needs no help from it", async () => {
    host.virsh("suspend", "states");
    await nextRun();
    expect(await stack.up("guest", "states", inputs({ maxMemoryMiB: 256, title: "Paused" }))).toBe("updated");
    expect(state()).toBe("paused");
    host.virsh("resume", "states");
    await nextRun();
  });

  it("saved, it is drift, comes back by an update, and has not booted anew", async () => {
    const boots = guest.boots.length;
    host.virsh("managedsave", "states");
    await nextRun();
    const args = inputs({ maxMemoryMiB: 256, title: "Paused" });
    expect((await stack.check("guest", "states", args)).drift).toEqual({ running: expect.any(String) as string });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    expect(state()).toBe("running");
    expect(guest.boots.length).toBe(boots);
    await settled(stack, "states");
  });

  it("killed under our hands, the daemon is asked again", async () => {
    host.killDaemon();
    host.startDaemon();
    const args = inputs({ maxMemoryMiB: 256, title: "Asked again" });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    await settled(stack, "states");
  });

  it("crashed and kept, it is listed as crashed, and an update starts it anew", async () => {
    const boots = guest.boots.length;
    host.enter("xl", "sysrq", domainId(), "c");
    await until(() => host.virsh("domstate", "--reason", "states").includes("crashed"));
    await nextRun();
    const args = inputs({ maxMemoryMiB: 256, title: "Asked again" });
    const { drift, impact } = await stack.check("guest", "states", args);
    expect([drift, impact]).toEqual([]);
    expect(guest.boots.length).toBe(boots);
  });

  it("is gone when the program no longer has it", async () => {
    await stack.destroy("states");
    expect(host.virsh("list", "--all", "--name").trim()).toBe("Domain-0");
    await stack.destroy("host");
  });
});
