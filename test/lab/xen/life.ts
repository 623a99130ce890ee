/** The first life of everything on a Xen host, through the provider: guests of these kinds, judged by their own words. */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { parseHostId, uuidOf } from "../../../provider/resources/recorded-identity";
import { startLabHost } from "../../support/lab-host";
import { nextRun } from "../../support/hosts";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";
import { tripleFaults } from "./triple-faults";

/** Each as its guests' own kernel calls it. */
const kinds = { paravirtual: "PV", pvh: "PVH", full: "HVM" } as const;

export function livesOnXen(...modes: readonly (keyof typeof kinds)[]): void {
  let host: TestHost;
  let before: string[];
  const stack = new Stack("lab");
  beforeAll(() => {
    host = startLabHost("xen");
    host.installGuestImage();
    host.enter("sh", "-c", "rm -f /var/log/xen/console/guest-*.log");
    before = objects();
  }, 900_000);
  afterAll(async () => {
    await disconnect();
    host.stop();
  });

  /** What is on the host: Domain-0, and a network that Debian's libvirt brings. */
  function objects(): string[] {
    const lists = ["list --all --name", "net-list --all", "pool-list --all", "secret-list"];
    return lists.map((list) => host.virsh(...list.split(" ")).trim());
  }

  const lan: Values = {
    mode: "nat",
    ipv4: { gateway: "10.42.0.1/24", dhcp: { from: "10.42.0.100", to: "10.42.0.200" } },
  };

  /**
   * A guest with a qcow2 disk of its own and a NIC, and room for some memory more. The emulated processor's own
   * virtualization does not carry a second vCPU of a guest that uses it: a triple fault sooner or later
   * (decisions/lab-xen.md).
   */
  function inputs(virtualization: string): Values {
    return {
      host: stack.host(),
      virtualization,
      vcpus: virtualization === "paravirtual" ? { current: 1, max: 2 } : 1,
      memoryMiB: 192,
      maxMemoryMiB: 224,
      boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=hvc0 quiet" },
      disks: { root: { disk: stack.disk(`root-${virtualization}`) } },
      nics: { lan: { network: stack.network("lan") } },
      shutdownTimeoutSeconds: 180,
    };
  }

  it("is seen as a Xen host with libvirt 9.0, and known by its machine's UUID", async () => {
    expect(await stack.up("host", "host", { uri: host.uri })).toBe("created");
    const { facts } = stack.get("host");
    expect(facts).toMatchObject({
      hypervisor: "xen",
      acceleration: "xen",
      fullVirtualization: true,
      paravirtual: true,
      machineTypes: expect.arrayContaining(["xenfv", "xenpv", "xenpvh"]) as string[],
    });
    expect(facts.libvirtVersion).toMatch(/^9\.0\./);
    const board = host.enter("dmidecode", "-s", "system-uuid").trim().toLowerCase();
    expect(parseHostId(stack.get("host").id)?.uuid).toBe(uuidOf(`host/${board}`));
  });

  it("never takes over Domain-0", async () => {
    const dom0 = { host: stack.host(), name: "Domain-0", adopt: true, vcpus: 1, memoryMiB: 1024 };
    const definition = host.virsh("dumpxml", "Domain-0");
    await expect(stack.up("guest", "dom0", dom0)).rejects.toThrow(/^name: that is Xen's management domain/);
    expect(host.virsh("dumpxml", "Domain-0")).toBe(definition);
  });

  it.each(["0", "Domain-0x"])("leaves Domain-0 alone where it makes, changes and removes %j", async (name) => {
    const definition = host.virsh("dumpxml", "Domain-0");
    const kernel = `${host.data}/kernel`;
    const args = { host: stack.host(), name, virtualization: "pvh", vcpus: 1, memoryMiB: 128, boot: { kernel } };
    expect(await stack.up("guest", "near", { ...args, running: false })).toBe("created");
    expect(await stack.up("guest", "near", { ...args, running: false, title: "No Dom0" })).toBe("updated");
    await settled(stack, "near");
    await stack.destroy("near");
    expect(host.virsh("dumpxml", "Domain-0")).toBe(definition);
    expect(objects()).toEqual(before);
  });

  it("has a pool, disks and a network", async () => {
    expect(await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` })).toBe(
      "created",
    );
    for (const mode of modes) {
      expect(await stack.up("disk", `root-${mode}`, { pool: stack.pool("pool"), sizeGiB: 0.25 })).toBe("created");
    }
    expect(await stack.up("disk", "data", { pool: stack.pool("pool"), format: "raw", sizeGiB: 0.03125 })).toBe(
      "created",
    );
    expect(await stack.up("network", "lan", { host: stack.host(), ...lan })).toBe("created");
    for (const name of ["host", "pool", `root-${modes[0]}`, "data", "lan"]) await settled(stack, name);
  });

  describe.each(modes)("a guest, %s", (mode) => {
    const kind = kinds[mode];
    let guest: WatchedGuest;
    let current: Values | undefined;
    const domainId = (): string => host.virsh("domid", mode).trim();
    /** As many as there were before this guest. */
    let faults: number | undefined;
    /** A row in which the processor failed the guest is asked once more, of a new guest; it says so. */
    const row = (name: string, ask: () => Promise<void>): void =>
      it(name, async () => {
        faults ??= tripleFaults(host);
        const before = current;
        await ask().catch(async (error: unknown) => {
          if (tripleFaults(host) === faults) throw error;
          faults = tripleFaults(host);
          console.warn(`${mode}: the emulated processor failed the guest (triple fault); "${name}" is asked once more`);
          host.enter("sh", "-c", `virsh destroy ${mode}; virsh undefine ${mode}; rm -f ${guest.log}; true`);
          await nextRun();
          stack.kept.delete(mode);
          if (before !== undefined) await stack.up("guest", mode, (current = before));
          if (before !== undefined) await guest.says(/guest: sees/);
          await ask();
        });
      });
    /** Announced as live alone, done while the guest runs on, and nothing left to do. */
    const changesLive = async (change: Values, paths: readonly string[], sees?: RegExp): Promise<void> => {
      const [id, boots] = [domainId(), guest.boots.length];
      current = { ...current, ...change };
      const { impact } = await stack.check("guest", mode, current);
      expect(impact).toEqual(
        Object.fromEntries(paths.map((path) => [path, expect.stringMatching(/^live: /) as string])),
      );
      expect(await stack.up("guest", mode, current)).toBe("updated");
      if (sees !== undefined) await guest.sees(sees);
      expect([domainId(), guest.boots.length]).toEqual([id, boots]);
      expect(stack.get(mode).facts.pending).toEqual([]);
      await settled(stack, mode);
    };

    row("boots, sees the content of its disk, and gets an address", async () => {
      guest = WatchedGuest.onXen(host, mode);
      current = inputs(mode);
      expect(await stack.up("guest", mode, current)).toBe("created");
      await guest.says(new RegExp(`is a guest of Xen: ${kind}\\s`));
      await guest.sees(/^cpus=1 memory=\d+MiB disks: xvda=256MiB cards: eth0=/);
      // Of a qcow2 file that is given as it is, it would read 514649fb.
      await guest.says(/guest: reads xvda=0000000000000000/);
      await until(() => /^10\.42\.0\./.test(guest.address ?? ""));
    });

    row("has nothing to do then", async () => {
      await settled(stack, mode);
    });

    row("has another title, description and metadata at once", async () => {
      await changesLive({ title: "A title", description: "Words", metadata: { team: "blue" } }, [
        "description",
        "metadata.team",
        "title",
      ]);
    });

    row("has more memory at once", async () => {
      // Of full virtualization the host gives it, and this kernel does not take it.
      const sees = mode === "full" ? undefined : /^cpus=1 memory=(?!1[0-7]\d)/;
      await changesLive({ memoryMiB: 224 }, ["memoryMiB"], sees);
    });

    if (mode === "paravirtual")
      row("has a second vCPU at once, and loses it again", async () => {
        await changesLive({ vcpus: { current: 2, max: 2 } }, ["vcpus.current"], /^cpus=2 /);
        await changesLive({ vcpus: { current: 1, max: 2 } }, ["vcpus.current"], /^cpus=1 /);
      });

    row("has one more disk at once, and loses it again", async () => {
      const root = { root: { disk: stack.disk(`root-${mode}`) } };
      await changesLive({ disks: { ...root, data: { disk: stack.disk("data") } } }, ["disks.data"], /xvdb=32MiB/);
      await changesLive({ disks: root }, ["disks.data"], /xvda=256MiB cards/);
    });

    row("has one more card at once, and loses it again", async () => {
      const first = { lan: { network: stack.network("lan") } };
      await changesLive(
        { nics: { ...first, more: { network: stack.network("lan") } } },
        ["nics.more"],
        /eth0=\S+ eth1=/,
      );
      await changesLive({ nics: first }, ["nics.more"], /eth0=\S+$/);
    });

    if (mode === "paravirtual")
      row("is on its network again when that has started anew: its NIC goes and comes", async () => {
        const id = domainId();
        const elsewhere = { gateway: "10.43.0.1/24", dhcp: { from: "10.43.0.100", to: "10.43.0.200" } };
        for (const ipv4 of [elsewhere, lan.ipv4]) {
          expect(await stack.up("network", "lan", { host: stack.host(), ...lan, ipv4 })).toBe("updated");
          const bridge = /^Bridge: +(\S+)$/m.exec(host.virsh("net-info", "lan"))?.[1] ?? "";
          const [port = ""] = /vif\S+/.exec(host.virsh("domiflist", mode)) ?? [];
          expect(host.enter("ls", `/sys/class/net/${bridge}/brif`).split("\n")).toContain(port);
          await guest.sees(/eth0=\S+$/);
        }
        expect(domainId()).toBe(id);
        await nextRun();
        await settled(stack, mode);
      });

    row("is shut down when the program no longer has it", async () => {
      await stack.destroy(mode);
      expect(guest.console).toContain("guest: asked for poweroff");
      expect(host.virsh("list", "--all", "--name").split("\n")).not.toContain(mode);
    });
  });

  it("is left as it was", async () => {
    for (const name of ["data", ...modes.map((mode) => `root-${mode}`), "pool", "lan", "host"])
      await stack.destroy(name);
    expect(objects()).toEqual(before);
    expect(host.enter("ls", host.data).split("\n").filter(Boolean)).toEqual(["initrd", "kernel"]);
  });
}
