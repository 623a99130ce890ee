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
    boot: {
      kernel: `${host.data}/kernel`,
      initrd: `${host.data}/initrd`,
      commandLine: "console=hvc0 quiet sysrq_always_enabled",
    },
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

describe("with devices of the host", () => {
  const given = (...keys: readonly string[]): Values => ({
    passthrough: Object.fromEntries(
      keys.map((key) => [key, { device: { host: stack.host(), address: addresses[key] } }]),
    ),
  });
  const addresses: Readonly<Record<string, string>> = {
    card: "0000:01:00.0",
    disk: "0000:02:00.0",
    old: "0000:00:12.0",
  };

  it("is given the first with a start, and it is bound to pciback", async () => {
    const boots = guest.boots.length;
    const args = inputs({ ...given("card"), restart: "ifNeeded" });
    expect((await stack.check("guest", "states", args)).impact).toEqual({
      "passthrough.card": expect.stringMatching(/^powerCycle: .*without any device of the host/) as string,
    });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    expect(driverOf("0000:01:00.0")).toBe("pciback");
    await booted(boots + 1);
    await guest.has(1, "8086:10d3");
    await settled(stack, "states");
  });

  it("gets the second while it runs, and loses it: the host has it back", async () => {
    const id = domainId();
    const args = inputs(given("card", "disk"));
    expect((await stack.check("guest", "states", args)).impact).toEqual({
      "passthrough.disk": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    expect(driverOf("0000:02:00.0")).toBe("pciback");
    await guest.has(1, "1b36:0010");
    await settled(stack, "states");
    expect(await stack.up("guest", "states", inputs(given("card")))).toBe("updated");
    await guest.has(0, "1b36:0010");
    await until(() => driverOf("0000:02:00.0") === "nvme");
    await settled(stack, "states");
    expect(domainId()).toBe(id);
  });

  it("is told of one that nothing can reset, and runs on", async () => {
    const id = domainId();
    await expect(stack.up("guest", "states", inputs(given("card", "old")))).rejects.toThrow(
      /0000:00:12\.0: no FLR, PM reset or bus reset available/,
    );
    expect(domainId()).toBe(id);
    expect(host.virsh("dumpxml", "--inactive", "states").match(/<hostdev/g)).toHaveLength(1);
    expect(await stack.up("guest", "states", inputs())).toBe("updated");
    await until(() => driverOf("0000:01:00.0") === "e1000e");
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

  it("crashed and kept, it is said to be so, hears no button, and is switched off where that is said", async () => {
    host.enter("xl", "sysrq", domainId(), "c");
    await until(() => host.virsh("domstate", "--reason", "states").includes("crashed"));
    await nextRun();
    const args = inputs({ maxMemoryMiB: 256, title: "Asked again" });
    expect(await stack.up("guest", "states", args)).toBe("same");
    await stack.refresh("states");
    await expect(stack.destroy("states")).rejects.toThrow(
      /hears no power button \(the guest has crashed\)[^]*forceOff/,
    );
    expect(await stack.up("guest", "states", { ...args, forceOff: true })).toBe("updated");
    expect(stack.get("states").facts.state).toBe("crashed");
    await stack.destroy("states");
    expect(host.virsh("list", "--all", "--name").trim()).toBe("Domain-0");
    await stack.destroy("host");
  });
});
