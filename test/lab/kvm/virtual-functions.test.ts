/** Devices that are divided into virtual functions, on the emulated machine with SR-IOV: a network card and an NVMe disk (issue 11). */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { cutAfter } from "../../support/cut";
import { nextRun } from "../../support/hosts";
import { startLabHost } from "../../support/lab-host";
import { Program } from "../../support/program";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";

const [card, nvme] = ["0000:03:00.0", "0000:04:00.0"];
const [first, second, third] = ["0000:03:10.0", "0000:03:10.2", "0000:03:10.4"];
let host: TestHost;
const stack = new Stack("divided");
const other = new Stack("other");
const sh = (script: string): string => host.enter("sh", "-c", script).trim();
const rules = "/etc/udev/rules.d/70-pulumi-virt-*";
/** As the machine is when it starts; what a row that failed left behind is not the next one's trouble. */
const reset = (): void =>
  void sh(`echo 1 >/sys/bus/pci/rescan; rm -f ${rules}; udevadm control --reload
    for at in ${card} ${nvme}; do echo 0 >/sys/bus/pci/devices/$at/sriov_numvfs; done; ip link set dev enp3s0 down`);
beforeAll(async () => {
  host = startLabHost("kvm");
  host.installGuestImage();
  reset();
  for (const each of [stack, other]) await each.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  reset();
  host.stop();
});

const divided = (count: number, more: Values = {}): Values => ({
  host: stack.host(),
  pci: { interface: "enp3s0" },
  count,
  ...more,
});
const ofNvme = (count: number, more: Values = {}): Values => divided(count, { pci: { address: nvme }, ...more });
const numberOf = (address = card): string => sh(`cat /sys/bus/pci/devices/${address}/sriov_numvfs`);
const setNumber = (count: number, address = card): string =>
  sh(
    `echo 0 >/sys/bus/pci/devices/${address}/sriov_numvfs; echo ${count} >/sys/bus/pci/devices/${address}/sriov_numvfs`,
  );
const functionsOf = (): { vf: number; trust: boolean; spoofchk: boolean; rate: { max_tx: number } }[] =>
  (JSON.parse(sh("ip -json link show dev enp3s0")) as { vfinfo_list: never[] }[])[0]?.vfinfo_list ?? [];
const isUp = (): boolean => sh("ip -json link show dev enp3s0").includes('"UP"');
const secrets = (): string => host.virsh("secret-list").trim();
const drift = async (args: Values): Promise<unknown> => (await stack.check("virtualFunctions", "fast", args)).drift;
const up = (args: Values): Promise<string> => stack.up("virtualFunctions", "fast", args);
/** What the host has of ours: nothing. */
const nothingIsLeft = (address = card, before = "0"): void =>
  expect([numberOf(address), secrets(), sh(`ls ${rules} 2>/dev/null || true`)]).toEqual([before, "", ""]);

describe("a network card", () => {
  it("that was divided before is taken as it is, and given back so", async () => {
    setNumber(2);
    expect(await up(divided(2))).toBe("created");
    expect([numberOf(), isUp()]).toEqual(["2", true]);
    expect(await up(divided(4))).toBe("updated");
    expect(numberOf()).toBe("4");
    await stack.destroy("fast");
    nothingIsLeft(card, "2");
    setNumber(0);
  });

  it("is divided, and its functions are set; what is stated no more goes back", async () => {
    await up(divided(3, { functions: { "0": { trust: true, spoofCheck: false, maxMbit: 100 } } }));
    expect(stack.get("fast").facts).toMatchObject({
      address: card,
      description: expect.stringMatching(/\(8086:10c9\)$/) as string,
      interface: "enp3s0",
      maximum: 7,
      addresses: [first, second, third],
    });
    expect(numberOf()).toBe("3");
    expect(functionsOf()[0]).toMatchObject({ trust: true, spoofchk: false, rate: { max_tx: 100 } });
    await settled(stack, "fast");
    expect(await up(divided(3, { functions: { "1": { trust: true } } }))).toBe("updated");
    expect(functionsOf()).toMatchObject([
      { trust: false, spoofchk: true, rate: { max_tx: 0 } },
      { trust: true },
      { trust: false },
    ]);
    await settled(stack, "fast");
  });

  it("is put right where somebody changed it", async () => {
    const args = divided(3, { functions: { "1": { trust: true } } });
    setNumber(1);
    expect(await drift(args)).toEqual({
      count: "1 on the host, 3 wanted",
      "functions.1.trust": "absent on the host, true wanted",
    });
    expect(await stack.refresh("fast")).toMatchObject({ count: 1 });
    expect(await up(args)).toBe("updated");
    expect([numberOf(), functionsOf()[1]?.trust]).toEqual(["3", true]);
    sh("ip link set dev enp3s0 vf 1 trust off; ip link set dev enp3s0 down");
    expect(await drift(args)).toEqual({
      "functions.1.trust": "false on the host, true wanted",
      up: "false on the host, true wanted",
    });
    expect(await up(args)).toBe("updated");
    expect([functionsOf()[1]?.trust, isUp()]).toEqual([true, true]);
  });

  it("is divided by the host itself after its start, where that is wanted", async () => {
    const args = divided(3, { persistent: true, functions: { "1": { trust: true } } });
    expect(await up(args)).toBe("updated");
    // As at the start of the host: the driver takes the card.
    const driver = "/sys/bus/pci/drivers/igb";
    sh(`echo ${card} >${driver}/unbind; echo ${card} >${driver}/bind; udevadm settle --timeout=30`);
    expect([numberOf(), functionsOf()[1]?.trust, isUp()]).toEqual(["3", true, true]);
    // Or had it already, from the initramfs.
    setNumber(0);
    sh(`udevadm trigger --action=add /sys/bus/pci/devices/${card}; udevadm settle --timeout=30`);
    expect([numberOf(), functionsOf()[1]?.trust]).toEqual(["3", true]);
    await settled(stack, "fast");
    sh(`sed -i s/sriov_numvfs/numa_node/ ${rules}`);
    expect(await drift(args)).toEqual({ persistent: "another rule on the host, true wanted" });
    expect(await up(args)).toBe("updated");
    sh(`rm ${rules}`);
    expect(await drift(args)).toEqual({ persistent: "false on the host, true wanted" });
    expect(await up(args)).toBe("updated");
    await settled(stack, "fast");
    expect(await up(divided(3))).toBe("updated");
    expect([sh(`ls ${rules} 2>/dev/null || true`), numberOf()]).toEqual(["", "3"]);
  });

  it("that is pulled out is told, and divided again when it is back", async () => {
    sh(`echo 0 >/sys/bus/pci/devices/${card}/sriov_numvfs; echo 1 >/sys/bus/pci/devices/${card}/remove`);
    await nextRun();
    const { report } = await stack.preview("virtualFunctions", "fast", divided(3));
    const told = expect.stringMatching(/^pci: .*no network interface "enp3s0"/) as string;
    expect([report.warnings, report.drift]).toEqual([[told], []]);
    sh("echo 1 >/sys/bus/pci/rescan; udevadm settle --timeout=30");
    await nextRun();
    expect(await drift(divided(3))).toMatchObject({ count: "0 on the host, 3 wanted" });
    expect(await up(divided(3, { persistent: true }))).toBe("updated");
  });

  it("gives way to another device of the program's choice", async () => {
    expect(await up(ofNvme(1, { persistent: true }))).toBe("updated");
    expect([numberOf(), numberOf(nvme), secrets()]).toEqual(["0", "1", expect.stringMatching(`vf/${nvme}$`)]);
    expect(sh(`ls ${rules}`)).toBe(`/etc/udev/rules.d/70-pulumi-virt-${nvme}.rules`);
    await settled(stack, "fast");
    await stack.destroy("fast");
    nothingIsLeft(nvme);
    nothingIsLeft();
  });
});

describe("is refused in the preview, with the reason", () => {
  it.each<readonly [string, Values, RegExp]>([
    ["what has no SR-IOV", { pci: { address: "01:00.0" } }, /^pci: 0000:01:00\.0 .*offers no SR-IOV/],
    ["too many", { count: 8 }, /^count: 0000:03:00\.0 can have 7 virtual functions at the most/],
    ["none", { count: 0 }, /^count: .*leave the resource out/],
    ["no such device", { pci: { interface: "eth9" } }, /no network interface "eth9"/],
    [
      "settings without a network interface",
      { pci: { address: nvme }, count: 1, functions: { "0": { trust: true } } },
      /^functions: 0000:04:00\.0 .*has no network interface/,
    ],
  ])("%s", async (_, more, says) => {
    await expect(stack.check("virtualFunctions", "fast", divided(2, more))).rejects.toThrow(says);
  });

  it("a virtual function itself, a card that another stack has, one that is for a guest", async () => {
    await up(divided(2));
    const check = (by: Stack, more: Values): Promise<Values> =>
      by.check("virtualFunctions", "more", { ...divided(2, more), host: by.host() });
    await expect(check(stack, { pci: { address: first } })).rejects.toThrow(
      /is itself a virtual function, of 0000:03:00/,
    );
    await expect(check(other, {})).rejects.toThrow(/0000:03:00\.0: another stack divides it/);
    const { report } = await stack.preview("virtualFunctions", "more", divided(2));
    expect(report.warnings).toEqual([expect.stringMatching(/another resource of this stack divides it/)]);
    await stack.destroy("fast");
    // The network of the emulator has given its interface a default route by now.
    const theirs = { host: other.host(), pci: { interface: "enp3s0" }, force: true };
    await other.up("passthroughDevice", "theirs", theirs);
    await expect(check(stack, {})).rejects.toThrow(/0000:03:00\.0: another stack claims it for a guest/);
    await other.destroy("theirs");
    nothingIsLeft();
  });

  it("a host that is no machine", async () => {
    const nowhere = new Stack("nowhere");
    await nowhere.up("host", "host", { uri: "test:///default" });
    await expect(nowhere.check("virtualFunctions", "fast", { ...divided(2), host: nowhere.host() })).rejects.toThrow(
      /^host: .*no devices to divide/,
    );
  });
});

describe("while one is in use", () => {
  it("by the host, another stack, or a guest that is off", async () => {
    await up(divided(4));
    sh("ip link set dev enp3s0v0 up; ip address add 10.99.0.1/24 dev enp3s0v0");
    await expect(stack.check("virtualFunctions", "fast", divided(5))).rejects.toThrow(
      /^count: .*cannot change from 4 to 5.*0000:03:10\.0: its interface enp3s0v0 on the host has the address 10\.99\.0\.1/,
    );
    await expect(stack.destroy("fast")).rejects.toThrow(/from 4 to 0.*enp3s0v0 on the host has the address/);
    sh(
      "ip address flush dev enp3s0v0; ip link set dev enp3s0v0 down; ip link add br-vf type bridge; ip link set dev enp3s0v1 master br-vf",
    );
    await expect(stack.destroy("fast")).rejects.toThrow(
      /0000:03:10\.2: it is a part of the interface br-vf of the host/,
    );
    sh("ip link del br-vf; ip netns add box; ip link set dev enp3s0v1 netns box");
    await expect(stack.destroy("fast")).rejects.toThrow(/0000:03:10\.2: its interface is in a network namespace/);
    sh("ip netns del box");
    host.write(
      `${host.data}/pool.xml`,
      `<network><name>vf-pool</name><forward mode="hostdev" managed="yes"><pf dev="enp3s0"/></forward></network>`,
    );
    host.enter("virsh", "net-create", `${host.data}/pool.xml`);
    await nextRun();
    const { report } = await stack.preview("virtualFunctions", "fast", divided(5));
    expect(report.warnings).toContainEqual(
      expect.stringMatching(/^count: network "vf-pool" gives out virtual functions as they were/),
    );
    host.virsh("net-destroy", "vf-pool");
    // As DPDK, or a QEMU of which this libvirt knows nothing.
    const opened = `/dev/vfio/$(basename $(readlink /sys/bus/pci/devices/${third}/iommu_group))`;
    host.virsh("nodedev-detach", "pci_0000_03_10_4");
    const process = sh(`sleep 300 <>${opened} >/dev/null 2>&1 & echo $!`);
    await expect(stack.destroy("fast")).rejects.toThrow(/0000:03:10\.4: a process of the host has it \(sleep\)/);
    sh(`kill ${process}`);
    await other.up("passthroughDevice", "theirs", { host: other.host(), pci: { address: first } });
    await expect(stack.check("virtualFunctions", "fast", divided(5))).rejects.toThrow(
      /another stack claims 0000:03:10\.0/,
    );
    await other.destroy("theirs");
    host.write(
      `${host.data}/off.xml`,
      `<domain type="kvm"><name>off</name><memory unit="MiB">64</memory><os><type>hvm</type></os><devices><interface type="hostdev" managed="yes"><source><address type="pci" domain="0" bus="3" slot="16" function="4"/></source></interface></devices></domain>`,
    );
    host.enter("virsh", "define", `${host.data}/off.xml`);
    await expect(stack.check("virtualFunctions", "fast", divided(2))).rejects.toThrow(
      /cannot change from 4 to 2.*: guest off has 0000:03:10\.4\. Take/,
    );
    // It bears that there are more.
    expect(await up(divided(5))).toBe("updated");
    await expect(stack.destroy("fast")).rejects.toThrow(/guest off has 0000:03:10\.4/);
    expect(numberOf()).toBe("5");
    host.virsh("undefine", "off");
    await stack.destroy("fast");
    nothingIsLeft();
  });

  it("leaves nothing behind, and is finished by the next run, wherever it is killed", async () => {
    const args = divided(1, { persistent: true, functions: { "0": { trust: true } } });
    const cut = (commands: number, action: () => Promise<unknown>): Promise<boolean> =>
      cutAfter(host.uri, commands, action, { byShell: true });
    let [creations, deletions] = [0, 0];
    for (let commands = 0, isDone = false; !isDone; commands += 1) {
      const [wasCut, before] = [await cut(commands, () => up(args)), stack.kept.get("fast")];
      if (wasCut) creations += 1;
      stack.kept.delete("fast");
      if (wasCut) await up(args);
      else stack.kept.set("fast", before as never);
      expect([numberOf(), functionsOf()[0]?.trust]).toEqual(["1", true]);
      const kept = stack.get("fast");
      const wasCutAgain = await cut(commands, () => stack.destroy("fast"));
      if (wasCutAgain) {
        deletions += 1;
        stack.kept.set("fast", kept);
        await stack.destroy("fast");
      }
      nothingIsLeft();
      isDone = !wasCut && !wasCutAgain;
    }
    expect([creations, deletions]).toEqual([6, 4]);
  });
});

describe("a program, by the real engine", () => {
  const source = (count: number, running = true): string => `
    const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const fast = new virt.VirtualFunctions("fast", { host, pci: { interface: "enp3s0" }, count: ${count}, functions: { "0": { trust: true } } });
    new virt.Guest("web", {
      host, vcpus: 1, memoryMiB: 256, running: ${running}, forceOff: true, shutdownTimeoutSeconds: 1,
      boot: { kernel: "${host.data}/kernel", initrd: "${host.data}/initrd", commandLine: "console=ttyS0 quiet" },
      passthrough: { nic: { device: { host, address: fast.addresses.apply((all) => all[0]) } } },
    });
    exports.addresses = fast.addresses;`;
  let program: Program;
  beforeAll(() => (program = new Program(source(2))));
  afterAll(() => program.remove());

  it("divides a card, gives a guest the first, and has nothing more to do", () => {
    program.up();
    expect(host.virsh("dumpxml", "web")).toMatch(/<hostdev[^]*bus='0x03' slot='0x10'/);
    program.mustBeSettled();
  });

  it("refuses another number while the guest runs with it, and brings it when the guest is off", () => {
    program.write("index.js", source(3));
    const refused = program.pulumi("preview");
    expect([refused.code === 0, refused.text]).toEqual([
      false,
      expect.stringMatching(/count: .*cannot change from 2 to 3.*guest web runs with 0000:03:10\.0/),
    ]);
    program.write("index.js", source(2, false));
    program.up();
    // Changed by hand: mended, since nobody uses one.
    setNumber(1);
    expect(program.must("preview", "--diff")).toMatch(/count *: "1 on the host, 2 wanted"/);
    program.up();
    expect(numberOf()).toBe("2");
    program.destroy();
    nothingIsLeft();
  });
});
