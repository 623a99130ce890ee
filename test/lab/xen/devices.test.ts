/**
 * Devices of the host for guests on Xen: golden cases, and one paravirtual guest that gets them and loses them. Not in
 * `.ci/run`: the emulated machine does not always live through it (decisions/lab-xen.md).
 */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { startLabHost } from "../../support/lab-host";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";
import { startsGoldenCases } from "./golden-cases";

describe("golden cases", () => startsGoldenCases({ withDevices: true }));

describe("a paravirtual guest", () => {
  let host: TestHost;
  let guest: WatchedGuest;
  const stack = new Stack("devices");
  beforeAll(async () => {
    host = startLabHost("xen");
    host.installGuestImage();
    guest = WatchedGuest.onXen(host, "devices");
    host.enter("rm", "-f", guest.log);
    await stack.up("host", "host", { uri: host.uri });
    await stack.up("guest", "devices", inputs());
    await booted(1);
  }, 900_000);
  afterAll(async () => {
    for (const name of ["devices", "host"]) await stack.destroy(name);
    await disconnect();
    host.stop();
  });

  const inputs = (more: Values = {}): Values => ({
    host: stack.host(),
    name: "devices",
    virtualization: "paravirtual",
    vcpus: 1,
    memoryMiB: 192,
    boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=hvc0 quiet" },
    shutdownTimeoutSeconds: 180,
    ...more,
  });
  const domainId = (): string => host.virsh("domid", "devices").trim();
  const driverOf = (device: string): string =>
    host.enter("sh", "-c", `basename "$(readlink /sys/bus/pci/devices/${device}/driver)"`).trim();
  /** Boots to the end, since what has not finished booting hears nothing. */
  const booted = async (times: number): Promise<void> => {
    await until(() => guest.boots.length >= times);
    await guest.says(new RegExp(`boot ${guest.boots.at(-1) ?? ""}[^]*guest: sees`));
  };

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
    expect((await stack.check("guest", "devices", args)).impact).toEqual({
      "passthrough.card": expect.stringMatching(/^powerCycle: .*without any device of the host/) as string,
    });
    expect(await stack.up("guest", "devices", args)).toBe("updated");
    expect(driverOf("0000:01:00.0")).toBe("pciback");
    await booted(boots + 1);
    await guest.has(1, "8086:10d3");
    await settled(stack, "devices");
  });

  it("gets the second while it runs, and loses it: the host has it back", async () => {
    const id = domainId();
    const args = inputs(given("card", "disk"));
    expect((await stack.check("guest", "devices", args)).impact).toEqual({
      "passthrough.disk": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "devices", args)).toBe("updated");
    expect(driverOf("0000:02:00.0")).toBe("pciback");
    await guest.has(1, "1b36:0010");
    await settled(stack, "devices");
    expect(await stack.up("guest", "devices", inputs(given("card")))).toBe("updated");
    await guest.has(0, "1b36:0010");
    await until(() => driverOf("0000:02:00.0") === "nvme");
    await settled(stack, "devices");
    expect(domainId()).toBe(id);
  });

  it("is told of one that nothing can reset, and runs on", async () => {
    const id = domainId();
    await expect(stack.up("guest", "devices", inputs(given("card", "old")))).rejects.toThrow(
      /0000:00:12\.0: no FLR, PM reset or bus reset available/,
    );
    expect(domainId()).toBe(id);
    expect(host.virsh("dumpxml", "--inactive", "devices").match(/<hostdev/g)).toHaveLength(1);
    expect(await stack.up("guest", "devices", inputs())).toBe("updated");
    await until(() => driverOf("0000:01:00.0") === "e1000e");
    await settled(stack, "devices");
  });
});
