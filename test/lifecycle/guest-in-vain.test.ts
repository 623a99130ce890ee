/** Updates of a running guest that cannot be had: it is never stopped in vain, and nothing of them stays behind. */

import { writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  for (const name of [
    "kept",
    "never",
    "back",
    "lost",
    "off",
    "deaf",
    "begun",
    "plugged",
    "one",
    "two",
    "moved",
    "broken",
  ])
    run("truncate", "-s", "1M", `${host.data}/${name}.img`);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** It has no system that could shut it down, and a disk of its own. */
const args = (name: string, more: Values = {}): Values => ({
  host: stack.host(),
  vcpus: 1,
  memoryMiB: 64,
  shutdownTimeoutSeconds: 1,
  forceOff: true,
  disks: { root: disk(name) },
  ...more,
});
const disk = (name: string): Values => ({ path: `${host.data}/${name}.img`, format: "raw" });
const fragment = (xml: string, at?: string): Values => ({ xml: { tried: { fragment: xml, ...(at && { at }) } } });
const definition = (name: string): string => host.virsh("dumpxml", "--inactive", "--security-info", name);
const stateOf = (name: string): string => host.virsh("domstate", name).trim();

/** What QEMU alone refuses, when it is started. */
const refusedAtStart = fragment(
  `<qemu:commandline xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><qemu:arg value="-no-such-option"/></qemu:commandline>`,
);

/** The program is taken back: nothing is to be done, and the guest starts with what it has. */
async function mustBeAsBefore(name: string, before: Values, defined: string): Promise<void> {
  expect(definition(name)).toBe(defined);
  await nextRun();
  expect(await stack.up("guest", name, before)).toBe("same");
  expect(stack.get(name).inputs).not.toHaveProperty("drift");
  if (before.running !== false) host.virsh("destroy", name);
  host.virsh("start", name);
}

const refusedBefore: readonly (readonly [string, () => Values])[] = [
  ["a machine that the host has not", () => ({ machine: "pc-q35-99.0" })],
  ["huge pages that the host has not", () => fragment("<memoryBacking><hugepages/></memoryBacking>")],
  ["a CPU that nobody knows", () => ({ cpu: { mode: "custom", model: "NoSuchModel" } })],
  ["a card that nobody knows", () => ({ memoryMiB: 80, nics: { lan: { user: true, model: "no-such-card" } } })],
  ["an element that libvirt does not know", () => fragment("<no-such-element/>", "devices")],
];

describe("what can be refused is refused while the guest runs, and its saved image is there (8.3)", () => {
  beforeAll(() => stack.up("guest", "kept", args("kept")));

  it.each(refusedBefore)("%s", async (_title, more) => {
    const { process } = new WatchedGuest(host, "kept");
    const defined = definition("kept");
    await expect(stack.up("guest", "kept", args("kept", { restart: "ifNeeded", ...more() }))).rejects.toThrow();
    expect(new WatchedGuest(host, "kept").process).toBe(process);
    await mustBeAsBefore("kept", args("kept"), defined);
  });

  it("a saved image is not dropped for it", async () => {
    host.virsh("managedsave", "kept");
    await nextRun();
    for (const [, more] of refusedBefore) {
      await expect(stack.up("guest", "kept", args("kept", { removeManagedSave: true, ...more() }))).rejects.toThrow();
      expect(host.virsh("list", "--all", "--with-managed-save", "--name").trim()).toBe("kept");
    }
    await nextRun();
    await stack.up("guest", "kept", args("kept"));
    expect(stateOf("kept")).toBe("running");
  });

  it("nor is a guest made that cannot start", async () => {
    const [, more] = refusedBefore[1] as (typeof refusedBefore)[number];
    await expect(stack.up("guest", "never", args("never", more()))).rejects.toThrow(/Nothing was changed/);
    expect(host.virsh("list", "--all", "--name")).not.toContain("never");
    expect(stack.kept.has("never")).toBe(false);
  });
});

/** Other resources of the program may bring a file until the last moment: it is gone when the guest's turn comes. */
describe("a guest is not stopped for a file that is gone by then (8.3)", () => {
  beforeAll(() => stack.up("guest", "kept", args("kept")));

  const gone: readonly (readonly [string, string, (path: string) => Values])[] = [
    ["a kernel", "kernel", (path) => ({ boot: { kernel: path } })],
    ["an initrd", "initrd", (path) => ({ boot: { kernel: `${host.data}/kept.img`, initrd: path } })],
    [
      "a disk that needs a start",
      "scsi.img",
      (path) => ({ disks: { root: disk("kept"), more: { path, format: "raw", bus: "sata" } } }),
    ],
  ];
  it.each(gone)("%s", async (_title, name, more) => {
    const file = `${host.data}/${name}`;
    run("truncate", "-s", "1M", file);
    const { process } = new WatchedGuest(host, "kept");
    const defined = definition("kept");
    const checked = await stack.check("guest", "kept", args("kept", { restart: "ifNeeded", ...more(file) }));
    expect(checked).toHaveProperty("impact");
    run("rm", file);
    await expect(stack.update("kept", checked)).rejects.toThrow(`there is no ${file} on the host. Nothing was changed`);
    expect(new WatchedGuest(host, "kept").process).toBe(process);
    await mustBeAsBefore("kept", args("kept"), defined);
  });

  it.each([
    ["a medium", "iso", { device: "cdrom" }],
    ["its own image", "img", { format: "raw" }],
  ])("%s that somebody removed while it ran", async (_title, ending, more) => {
    const path = `${host.data}/removed.${ending}`;
    run("truncate", "-s", "1M", path);
    const runs = args("removed", { disks: { root: { path, ...more } } });
    await stack.up("guest", "removed", runs);
    run("rm", path);
    const { process } = new WatchedGuest(host, "removed");
    const cycle = { ...runs, memoryMiB: 96, restart: "ifNeeded" };
    await expect(stack.up("guest", "removed", cycle)).rejects.toThrow(`there is no ${path} on the host`);
    if (ending === "img") {
      await expect(stack.up("guest", "removed", { ...runs, running: false })).rejects.toThrow(
        /somebody removed .*removed\.img, and what it holds is lost when the guest stops/,
      );
    }
    expect(new WatchedGuest(host, "removed").process).toBe(process);
    run("truncate", "-s", "1M", path);
    expect(await stack.up("guest", "removed", cycle)).toBe("updated");
    await stack.destroy("removed");
  });

  it("a network that somebody stopped", async () => {
    await stack.up("network", "lab", { host: stack.host(), mode: "isolated" });
    const runs = args("on-lab", { disks: {}, nics: { lab: { network: { name: "lab" } } } });
    await stack.up("guest", "on-lab", runs);
    host.virsh("net-destroy", "lab");
    const cycle = { ...runs, memoryMiB: 96, restart: "ifNeeded" };
    await expect(stack.up("guest", "on-lab", cycle)).rejects.toThrow(
      'the network "lab" does not run. Nothing was changed',
    );
    expect(stateOf("on-lab")).toBe("running");
    host.virsh("net-start", "lab");
    expect(await stack.up("guest", "on-lab", cycle)).toBe("updated");
    await stack.destroy("on-lab");
    await stack.destroy("lab");
  });

  it("but for a medium that may be missing (startupPolicy)", async () => {
    const iso = `<source file='${host.data}/gone.iso' startupPolicy='optional'/><target dev='sda' bus='sata'/>`;
    writeFileSync(
      `${host.data}/optional.xml`,
      `<domain type='qemu'><name>optional</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
       <devices><disk type='file' device='cdrom'>${iso}</disk></devices></domain>`,
    );
    host.virsh("define", `${host.data}/optional.xml`);
    host.virsh("start", "optional");
    const taken = args("optional", { adopt: true, deleteAdopted: true, disks: {} });
    await stack.up("guest", "optional", taken);
    expect(await stack.up("guest", "optional", { ...taken, memoryMiB: 96, restart: "ifNeeded" })).toBe("updated");
    expect(stateOf("optional")).toBe("running");
    await stack.destroy("optional");
  });

  it("nor is a saved image dropped", async () => {
    const file = `${host.data}/kernel`;
    run("touch", file);
    host.virsh("managedsave", "kept");
    await nextRun();
    const checked = await stack.check(
      "guest",
      "kept",
      args("kept", { removeManagedSave: true, boot: { kernel: file } }),
    );
    run("rm", file);
    await expect(stack.update("kept", checked)).rejects.toThrow(`there is no ${file}`);
    expect(host.virsh("list", "--all", "--with-managed-save", "--name").trim()).toBe("kept");
    await nextRun();
    await stack.up("guest", "kept", args("kept"));
  });
});

describe("a start that fails brings the old definition back, and the guest runs again (8.3)", () => {
  it("with the old definition and the old name, and the error says so", async () => {
    await stack.up("guest", "back", args("back", { autostart: true }));
    const defined = definition("back");
    const tried = args("back", {
      restart: "ifNeeded",
      name: "renamed",
      autostart: false,
      memoryMiB: 80,
      ...refusedAtStart,
    });
    await expect(stack.up("guest", "back", tried)).rejects.toThrow(
      /no-such-option[^]*former definition was put back, and it was started again with that/,
    );
    expect(stateOf("back")).toBe("running");
    expect(host.virsh("list", "--autostart", "--name").trim()).toBe("back");
    await mustBeAsBefore("back", args("back", { autostart: true }), defined);
  });

  it("where it cannot start with the old one either, the error says both, and the next up starts it", async () => {
    await stack.up("guest", "lost", args("lost"));
    const defined = definition("lost");
    run("mv", `${host.data}/lost.img`, `${host.data}/away.img`);
    try {
      await expect(
        stack.up("guest", "lost", args("lost", { restart: "ifNeeded", disks: {}, ...refusedAtStart })),
      ).rejects.toThrow(/no-such-option[^]*could not be brought back either[^]*lost\.img[^]*The guest is shut off/);
    } finally {
      run("mv", `${host.data}/away.img`, `${host.data}/lost.img`);
    }
    expect(definition("lost")).toBe(defined);
    await nextRun();
    expect(await stack.up("guest", "lost", args("lost"))).toBe("updated");
    expect(stateOf("lost")).toBe("running");
  });

  it("a guest that was off stays off, with the definition that it had", async () => {
    await stack.up("guest", "off", args("off", { running: false }));
    const defined = definition("off");
    await expect(stack.up("guest", "off", args("off", refusedAtStart))).rejects.toThrow(
      /former definition was put back/,
    );
    expect(stateOf("off")).toBe("shut off");
    await mustBeAsBefore("off", args("off", { running: false }), defined);
  });

  it("a guest that does not shut down keeps its definition", async () => {
    await stack.up("guest", "deaf", args("deaf", { forceOff: false }));
    const defined = definition("deaf");
    const { process } = new WatchedGuest(host, "deaf");
    for (const more of [{ restart: "ifNeeded" }, { running: false }]) {
      await expect(
        stack.up("guest", "deaf", args("deaf", { forceOff: false, memoryMiB: 80, name: "other", ...more })),
      ).rejects.toThrow(/did not shut down within 1 s/);
      expect(new WatchedGuest(host, "deaf").process).toBe(process);
    }
    await mustBeAsBefore("deaf", args("deaf", { forceOff: false }), defined);
  });

  it("a creation whose start fails is kept, and goes on with the next up", async () => {
    await expect(stack.up("guest", "begun", args("begun", refusedAtStart))).rejects.toThrow(/no-such-option/);
    expect(stack.kept.has("begun")).toBe(true);
    expect(await stack.up("guest", "begun", args("begun"))).toBe("updated");
    expect(stateOf("begun")).toBe("running");
    expect(definition("begun")).not.toContain("no-such-option");
  });
});

describe("what a failed update added is undone or recorded (8.4)", () => {
  const root = (): Values => args("plugged").disks as Values;
  const badRandom = fragment(
    `<rng model="virtio"><backend model="random">/dev/no-such-device</backend></rng>`,
    "devices",
  );
  beforeAll(async () => {
    await stack.up("guest", "plugged", args("plugged", { title: "before" }));
  });

  const refused: readonly (readonly [string, () => Values])[] = [
    ["a disk whose path is mistyped", () => ({ disks: { ...root(), more: disk("mistyped") } })],
    [
      "a card of a network that is not there",
      () => ({ nics: { out: { network: { host: stack.host(), name: "nowhere" } } } }),
    ],
    ["a device of raw XML that QEMU refuses", () => badRandom],
    [
      "all of them, beside what waits for a start",
      () => ({
        disks: { ...root(), more: disk("mistyped") },
        nics: { out: { network: { host: stack.host(), name: "nowhere" } } },
        watchdog: { model: "i6300esb", action: "reset" },
        autostart: true,
        ...badRandom,
      }),
    ],
  ];
  it.each(refused)("%s: the definition is as it was", async (_title, more) => {
    const defined = definition("plugged");
    await expect(stack.up("guest", "plugged", args("plugged", { title: "before", ...more() }))).rejects.toThrow();
    expect(host.virsh("list", "--autostart", "--name").trim()).not.toContain("plugged");
    await mustBeAsBefore("plugged", args("plugged", { title: "before" }), defined);
  });

  it("what the guest took before something else failed is recorded, and goes with the program that has it no more", async () => {
    const defined = definition("plugged");
    const tried = args("plugged", {
      title: "after",
      disks: { ...root(), one: disk("one"), two: disk("two") },
      ...badRandom,
    });
    await expect(stack.up("guest", "plugged", tried)).rejects.toThrow(
      /xml\.tried: .*no-such-device.*The running guest and its definition are as before in xml\.tried/,
    );
    for (const xml of [host.virsh("dumpxml", "plugged"), definition("plugged")]) {
      expect(xml).toMatch(/one\.img[^]*two\.img/);
      expect(xml).not.toContain("no-such-device");
      expect(xml).toContain("<title>after</title>");
    }
    host.virsh("destroy", "plugged");
    host.virsh("start", "plugged");
    // The guest has no system that would let go of a disk while it runs.
    host.virsh("destroy", "plugged");
    await nextRun();
    expect(await stack.up("guest", "plugged", args("plugged", { title: "before" }))).toBe("updated");
    expect(definition("plugged")).toBe(defined);
    expect(await stack.up("guest", "plugged", args("plugged", { title: "before" }))).toBe("same");
  });

  it("what the guest did not let go of waits, is recorded, and comes back with the program that has it", async () => {
    const both = args("plugged", { title: "before", disks: { ...root(), one: disk("one") } });
    expect(await stack.up("guest", "plugged", both)).toBe("updated");
    await expect(stack.up("guest", "plugged", args("plugged", { title: "before" }))).rejects.toThrow(
      /disks\.one: the guest did not let go of it within 20 s. Its definition has disks\.one as wanted, the running guest has not/,
    );
    expect(stack.get("plugged").facts.pending).toEqual(["disks.one"]);
    await nextRun();
    expect(await stack.up("guest", "plugged", both)).toBe("updated");
    expect(definition("plugged")).toContain("one.img");
    expect(await stack.up("guest", "plugged", both)).toBe("same");
  });
});

describe("nothing is taken away once something was refused (8.4)", () => {
  it("a disk stays where another one cannot come", async () => {
    const before = args("moved", { disks: { old: disk("moved") } });
    await stack.up("guest", "moved", before);
    const disks = (): string[] => [[], ["--inactive"]].map((scope) => host.virsh("domblklist", "moved", ...scope));
    const held = disks();
    const { process } = new WatchedGuest(host, "moved");
    // QEMU finds out only when it opens the image.
    const broken = { ...disk("broken"), format: "qcow2", target: "vdb" };
    await expect(stack.up("guest", "moved", args("moved", { disks: { new: broken } }))).rejects.toThrow(
      /disks\.new: [^]*disks\.old: .*was left/,
    );
    expect(disks()).toEqual(held);
    expect(new WatchedGuest(host, "moved").process).toBe(process);
    await stack.up("guest", "moved", before);
    expect(disks()).toEqual(held);
    await stack.destroy("moved");
  });
});

describe("a restart that is asked for (8.38)", () => {
  const asked = (name: string, trigger: string | undefined, more: Values = {}): Values => ({
    ...args(name, { disks: {}, ...(trigger === undefined ? {} : { restartTrigger: trigger }), ...more }),
  });
  const processOf = (name: string): string => new WatchedGuest(host, name).process;
  async function up(name: string, given: Values): Promise<string> {
    await nextRun();
    return stack.up("guest", name, given);
  }
  const impactOf = async (name: string, given: Values): Promise<unknown> => {
    await nextRun();
    return (await stack.check("guest", name, given)).impact;
  };

  it("comes once with each new text, though restarts are not allowed, and brings what waits", async () => {
    await stack.up("guest", "asked", asked("asked", undefined));
    let before = processOf("asked");
    for (const trigger of ["first <time>", "second"]) {
      const given = asked("asked", trigger, {
        machine: trigger === "second" ? "pc" : "q35",
        metadata: { of: trigger },
      });
      expect(await impactOf("asked", given)).toMatchObject({
        restartTrigger: expect.stringMatching(/^powerCycle: /) as string,
        ...(trigger === "second" ? { machine: expect.stringMatching(/^powerCycle: /) as string } : {}),
      });
      expect(await up("asked", given)).toBe("updated");
      const now = processOf("asked");
      expect([now === "", now === before]).toEqual([false, false]);
      expect(await up("asked", given)).toBe("same");
      expect(await stack.pendingOf("asked")).toEqual([]);
      expect(await stack.refresh("asked")).toMatchObject({ restartTrigger: trigger });
      before = now;
    }
    // Metadata of a guest that runs changes beside it; and a text that is dropped restarts nothing.
    for (const trigger of ["second", undefined]) {
      const given = asked("asked", trigger, { machine: "pc", metadata: { of: `nothing ${trigger}` } });
      expect(await up("asked", given)).toBe("updated");
      expect(await up("asked", given)).toBe("same");
      expect(await stack.pendingOf("asked")).toEqual([]);
    }
    expect(processOf("asked")).toBe(before);
  });

  it("is none for a guest that is off, made or adopted, and is ended where it was cut short", async () => {
    await stack.up("guest", "idle", asked("idle", "one", { running: false }));
    expect(await up("idle", asked("idle", "two", { running: false }))).toBe("updated");
    expect(stateOf("idle")).toBe("shut off");

    host.virsh("define", "--validate", theirs("theirs"));
    host.virsh("start", "theirs");
    const before = processOf("theirs");
    const { disks: _disks, ...adopted } = asked("theirs", "one", { adopt: true });
    expect(await impactOf("theirs", adopted)).toMatchObject({
      restartTrigger: expect.stringMatching(/^live: /) as string,
    });
    expect(await up("theirs", adopted)).toBe("created");
    expect(await up("theirs", adopted)).toBe("same");
    expect(processOf("theirs")).toBe(before);
    // Defined, and the provider died before it asked the guest to shut down.
    const defined = definition("theirs").replace(">one<", ">two<");
    host.write(`${host.data}/theirs.xml`, defined);
    host.virsh("define", "--validate", `${host.data}/theirs.xml`);
    const next = { ...adopted, restartTrigger: "two" };
    expect(await up("theirs", next)).toBe("updated");
    const now = processOf("theirs");
    expect([now === "", now === before]).toEqual([false, false]);
    expect(await up("theirs", next)).toBe("same");
  });
});

/** The file of a guest that somebody else made. */
function theirs(name: string): string {
  const path = `${host.data}/${name}.xml`;
  host.write(
    path,
    `<domain type="qemu"><name>${name}</name><memory unit="MiB">64</memory><vcpu>1</vcpu><os><type arch="x86_64" machine="q35">hvm</type></os><on_poweroff>destroy</on_poweroff></domain>`,
  );
  return path;
}
