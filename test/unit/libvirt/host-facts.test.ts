/** What hosts of several versions and architectures say of themselves (captured/), and what is made of it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestDefaults } from "../../../provider/hypervisors/guest-defaults";
import type { HypervisorProfile } from "../../../provider/hypervisors/profile";
import { profileOf } from "../../../provider/hypervisors/profile-of";
import { descriptionOf, type HostDescription } from "../../../provider/libvirt/host-facts";
import { versionsIn } from "../../../provider/libvirt/versions";
import { readinessOf } from "../../../provider/resources/host/readiness";

const folder = join(__dirname, "captured");

const versionText = (daemon: string, client = "9.0.0"): string =>
  `Compiled against library: libvirt ${client}
Using library: libvirt ${client}
Using API: QEMU ${client}
Running hypervisor: QEMU 7.2.22
Running against daemon: ${daemon}
`;

function replay(file: string): ReturnType<typeof descriptionOf> {
  const [version = "", , rest = ""] = /^([\d.]+)-([^-]+)-(.*)\.xml$/.exec(file)?.slice(1) ?? [];
  const uri = rest === "xen" ? "xen:///system" : "qemu:///system";
  return descriptionOf(uri, readFileSync(join(folder, file), "utf8"), versionText(`${version}.0`));
}

function defaultsOn(description: HostDescription, architecture?: string): GuestDefaults | undefined {
  const { architecture: own } = description.facts;
  const guest = { virtualization: "full", architecture: architecture ?? own, hostArchitecture: own } as const;
  return profileOf(description).defaults(guest);
}

/** By the captured file: hypervisor, then the defaults of an ordinary guest. */
const expected: Readonly<Record<string, readonly [HypervisorProfile["name"], object]>> = {
  "7.7-x86_64-intel.xml": ["kvm", { domainType: "kvm", machine: "q35", cpuMode: "host-model", vmport: true }],
  "8.0-x86_64-rhel.xml": ["kvm", { domainType: "kvm", machine: "q35" }],
  "9.0-x86_64-dhyana.xml": ["kvm", { domainType: "kvm" }],
  "9.0-x86_64-without-vmx.xml": ["qemu", { domainType: "qemu", cpuMode: "maximum" }],
  "9.0-x86_64-penryn-without-vmx.xml": ["qemu", { domainType: "qemu" }],
  "9.0-x86_64-no-kvm.xml": ["qemu", { domainType: "qemu" }],
  "10.0-x86_64-epyc.xml": ["kvm", { domainType: "kvm" }],
  "11.3-x86_64-epyc-version.xml": ["kvm", { domainType: "kvm" }],
  "9.0-aarch64-neoverse.xml": [
    "kvm",
    { domainType: "kvm", machine: "virt", cpuMode: "host-passthrough", firmware: "efi", vmport: false, hpet: false },
  ],
  "11.0-aarch64-rhel.xml": ["kvm", { domainType: "kvm", machine: "virt", features: ["acpi"] }],
  "8.0-aarch64-raspberry-without-kvm.xml": ["qemu", { domainType: "qemu", machine: "virt", cpuMode: "maximum" }],
  "10.0-x86_64-xen.xml": ["xen", { domainType: "xen", machine: "xenfv" }],
};

describe("captured capabilities (8.26)", () => {
  it("are all expected", () => expect(readdirSync(folder).sort()).toEqual(Object.keys(expected).sort()));

  it.each(Object.entries(expected))("%s", (file, [hypervisor, defaults]) => {
    const description = replay(file);
    const profile = profileOf(description);
    expect(profile.name).toBe(hypervisor);
    expect(description.facts.architecture).toBe(/-(x86_64|aarch64)-/.exec(file)?.[1]);
    expect(defaultsOn(description)).toMatchObject(defaults);
    const examination = {
      description,
      profile,
      domainCapabilities: undefined,
      machine: undefined,
      withoutShell: "none",
    };
    expect(() => readinessOf(examination)).not.toThrow();
  });

  it("a guest of another architecture is emulated, a 32-bit one is not", () => {
    const epyc = replay("10.0-x86_64-epyc.xml");
    expect(defaultsOn(epyc, "i686")).toMatchObject({ domainType: "kvm", machine: "q35" });
    expect(defaultsOn(epyc, "aarch64")).toMatchObject({ domainType: "qemu", machine: "virt" });
    const arm = replay("9.0-aarch64-neoverse.xml");
    expect(defaultsOn(arm, "x86_64")).toMatchObject({ domainType: "qemu", machine: "q35" });
    expect(defaultsOn(epyc, "s390x")).toMatchObject({
      machine: undefined,
      features: [],
      graphics: "none",
    });
  });
});

describe("libvirt older than 7.7 gets a sentence (8.26)", () => {
  const capabilities = readFileSync(join(folder, "7.7-x86_64-intel.xml"), "utf8");
  const asked =
    (text: string): (() => unknown) =>
    () =>
      descriptionOf("qemu+ssh://root@kvm1/system", capabilities, text);

  it.each([
    [
      "on the host",
      versionText("6.0.0"),
      /libvirt 6\.0\.0 on qemu\+ssh:\/\/root@kvm1\/system is too old: .*7\.7 or later.*Upgrade libvirt on the host/s,
    ],
    ["just", versionText("7.6.0"), /libvirt 7\.6\.0 on/],
    ["here", versionText("9.0.0", "4.5.0"), /libvirt 4\.5\.0 on the machine that runs Pulumi .*Upgrade virsh there/s],
  ])("%s", (_, text, said) => expect(asked(text)).toThrow(said));

  it.each([versionText("7.7.0", "7.7.0"), versionText("11.3.0", "10.10.0")])("and not later: %j", (text) =>
    expect(asked(text)).not.toThrow(),
  );

  it("both sides are told apart, whatever else is printed", () => {
    expect(versionsIn(versionText("11.3.0", "8.0.0"))).toEqual({
      client: "8.0.0",
      daemon: "11.3.0",
      hypervisor: "QEMU 7.2.22",
    });
  });
});
