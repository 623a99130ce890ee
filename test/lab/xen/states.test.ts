/** One paravirtual guest on Xen through what happens to guests: saved, paused, crashed, restarted, forgotten. */

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
      // Its system takes its time to shut down.
      commandLine: "console=hvc0 quiet sysrq_always_enabled linger=15",
    },
    shutdownTimeoutSeconds: 180,
    ...more,
  };
}

beforeAll(async () => {
  host = startLabHost("xen");
  host.installGuestImage();
  guest = WatchedGuest.onXen(host, "states");
  await stack.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.stop();
});

const state = (): string => host.virsh("domstate", "states").trim();
const domainId = (): string => host.virsh("domid", "states").trim();
/** Boots to the end, since what has not finished booting hears nothing. */
const booted = async (times: number): Promise<void> => {
  await until(() => guest.boots.length >= times);
  await guest.says(new RegExp(`boot ${guest.boots.at(-1) ?? ""}[^]*guest: sees`));
};

describe("made by an up that is killed", () => {
  it("after any command that changes something: the next one has the one guest", async () => {
    let commands = 0;
    for (let wasCut = true; wasCut; commands += 1) {
      // What the one before said is not taken for the words of the next.
      host.enter("rm", "-f", guest.log);
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
    await booted(1);
  });
});

describe("switched off by others", () => {
  /** Xen keeps its domain then, as it does for the time in which it takes one down: libvirt calls it shut off, with an id. */
  const kept = { onPoweroff: "preserve" };
  const goesOff = async (): Promise<void> => {
    host.virsh("shutdown", "states");
    await until(() => state() === "shut off");
    expect(domainId()).toMatch(/^\d+$/);
    await nextRun();
  };

  it("its system still at it, it is restarted when that is done", async () => {
    const boots = guest.boots.length;
    host.virsh("shutdown", "states");
    await guest.says(/asked for poweroff/);
    await nextRun();
    const args = inputs({ ...kept, maxMemoryMiB: 224, restart: "ifNeeded" });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    await booted(boots + 1);
    expect(await stack.pendingOf("states")).toEqual([]);
    await settled(stack, "states");
  });

  it("its domain still there, it is shutting down, and changes wait for its next start", async () => {
    const boots = guest.boots.length;
    const args = inputs({ ...kept, maxMemoryMiB: 240 });
    await goesOff();
    const { drift, impact } = await stack.check("guest", "states", args);
    expect(drift ?? {}).toEqual({});
    expect(impact).toMatchObject({ maxMemoryMiB: expect.stringMatching(/^nextStart: .*shutting down/) as string });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    expect(stack.get("states").facts.state).toBe("in shutdown");
    host.virsh("destroy", "states");
    await nextRun();
    expect((await stack.check("guest", "states", args)).drift).toEqual({ running: expect.any(String) as string });
    expect(await stack.up("guest", "states", args)).toBe("updated");
    await booted(boots + 1);
    await settled(stack, "states");
  });

  it("its domain still there, its deletion waits, so that nothing of it is left", async () => {
    const boots = guest.boots.length;
    await goesOff();
    let isOver = false;
    const deleted = stack.destroy("states").finally(() => (isOver = true));
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(isOver).toBe(false);
    host.virsh("destroy", "states");
    await deleted;
    expect(host.virsh("list", "--all", "--name").trim()).toBe("Domain-0");
    expect(await stack.up("guest", "states", inputs())).toBe("created");
    await booted(boots + 1);
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
