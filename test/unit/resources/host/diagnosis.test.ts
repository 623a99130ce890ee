/**
 * What machines say of themselves (captured/), and what is made of it. `cloud` and `lab` were captured (shortened); the
 * others are what such machines say in the same places, put together by hand.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { profileOf } from "../../../../provider/hypervisors/profile-of";
import { descriptionOf } from "../../../../provider/libvirt/host-facts";
import { hugePagesIn, memoryIn, roomIn, type Condition } from "../../../../provider/resources/host/condition";
import { findingsOf } from "../../../../provider/resources/host/diagnosis";
import type { Examination } from "../../../../provider/resources/host/examine";
import type { Finding } from "../../../../provider/resources/host/finding";
import { machineIn } from "../../../../provider/resources/host/machine";
import { controlDomainIn } from "../../../../provider/resources/host/control-domain";
import { passesDevicesOn } from "../../../../provider/resources/host/passthrough";
import { readinessOf } from "../../../../provider/resources/host/readiness";

const versions = `Using library: libvirt 9.0.0\nRunning hypervisor: QEMU 7.2.22\nRunning against daemon: 9.0.0\n`;

const capabilitiesOf = (name: string): string =>
  readFileSync(join(__dirname, `../../libvirt/captured/${name}.xml`), "utf8");

const capturedMachine = (name: string): string => readFileSync(join(__dirname, `captured/${name}.txt`), "utf8");

function examined(capabilities: string, machine: string | undefined, uri = "qemu:///system"): Examination {
  const description = descriptionOf(uri, capabilities, versions);
  return {
    description,
    profile: profileOf(description),
    domainCapabilities: undefined,
    machine: machine === undefined ? undefined : machineIn(machine),
    withoutShell: machine === undefined ? "only libvirt is spoken over tls" : undefined,
  };
}

const well: Condition = {
  mayChange: true,
  memory: { totalKiB: 16e6, freeKiB: 8e6 },
  hugePages: [],
  pools: [],
  networks: [],
};

const folder = "/var/lib/libvirt/images";

function about(subject: RegExp, examination: Examination, condition: Condition = well): Finding | undefined {
  return findingsOf(examination, condition, folder).find((finding) => subject.test(finding.subject));
}

const withIommu = (capabilities: string): string =>
  capabilities.replace(/<iommu support='no'\/>|(?=<\/host>)/, "<iommu support='yes'/>");
const withoutIommu = (capabilities: string): string => capabilities.replaceAll("<iommu support='yes'/>", "");

const noKvm = capabilitiesOf("9.0-x86_64-no-kvm");
const intel = withoutIommu(capabilitiesOf("7.7-x86_64-intel"));
const amd = withoutIommu(capabilitiesOf("10.0-x86_64-epyc"));
const text = capturedMachine("intel");
/** As Debian's package has it. */
const labelled = intel.replace("<model>dac</model>", "<model>dac</model><baselabel type='kvm'>+64055:+104</baselabel>");

describe("acceleration: which switch it is (9.9)", () => {
  const kvm = (capabilities: string, machine: string | undefined): Finding | undefined =>
    about(/KVM/, examined(capabilities, machine));
  const without = (said: string, ...lines: RegExp[]): string =>
    lines.reduce((left, line) => left.replaceAll(new RegExp(line, "gm"), ""), said);

  it("works, and says whether guests can run guests", () => {
    expect(kvm(intel, text)).toMatchObject({ verdict: "ok", says: "KVM; guests can run guests (nested)" });
    expect(kvm(amd, capturedMachine("amd"))).toMatchObject({ says: "KVM; guests cannot run guests (nested)" });
    expect(kvm(intel, undefined)).toMatchObject({ verdict: "ok", says: "KVM" });
  });

  it.each<[string, string | undefined, RegExp, RegExp]>([
    [
      "firmware",
      without(text, / vmx/, /^module kvm.*\n/, /^kvm-device.*\n/),
      /switched off in the firmware/,
      /SVM Mode/,
    ],
    ["a virtual machine", capturedMachine("cloud"), /is a virtual machine itself/, /nested=1/],
    ["no module", without(text, /^module kvm.*\n/, /^kvm-device.*\n/), /kvm_intel is not loaded/, /modprobe kvm_intel/],
    ["no device", without(text, /^kvm-device.*\n/), /is loaded, but there is no \/dev\/kvm/, /--device \/dev\/kvm/],
    ["a daemon that looked before", text, /libvirt does not offer KVM: its daemon looked before/, /restart/],
    ["nobody to ask", undefined, /switched off in the firmware, or \/dev\/kvm is missing/, /virt-host-validate/],
  ])("%s", (_, machine, says, help) => {
    const found = kvm(noKvm, machine);
    expect(found).toMatchObject({ verdict: "missing" });
    expect(found?.says).toMatch(says);
    expect(found?.help).toMatch(help);
  });

  it("of AMD has another module", () => {
    const machine = without(capturedMachine("amd"), /^module kvm.*\n/, /^kvm-device.*\n/);
    expect(kvm(noKvm, machine)?.help).toMatch(/modprobe kvm_amd/);
  });

  it("a KVM that guests hang on", () => {
    const offered = capabilitiesOf("9.0-x86_64-without-vmx");
    expect(kvm(offered, capturedMachine("cloud"))?.says).toMatch(/ordinary guests hang on the KVM that it offers/);
  });

  it("a device that QEMU's user may not open, and one that it may by another group", () => {
    const group = text.replace(/^kvm-device .*$/m, "kvm-device 0 993 660\ngroups 993 64055");
    expect(kvm(labelled, group)).toMatchObject({ verdict: "ok" });
    const closed = text.replace(/^kvm-device .*$/m, "kvm-device 0 0 600");
    const found = kvm(labelled, closed);
    expect(found).toMatchObject({ verdict: "warning" });
    expect(found?.says).toMatch(/mode 600/);
  });
});

describe("passthrough: which switch it is (9.9)", () => {
  const iommu = (capabilities: string, machine: string | undefined): Finding | undefined =>
    about(/PCI/, examined(capabilities, machine));

  it("works, in so many groups", () => {
    const working = `${text}iommu-unit dmar0\niommu-group 0\niommu-group 1\n`;
    expect(iommu(withIommu(intel), working)).toMatchObject({
      verdict: "ok",
      says: expect.stringMatching(/2 groups/) as string,
    });
    expect(iommu(withIommu(intel), undefined)).toMatchObject({ verdict: "ok", says: "the IOMMU works" });
    expect(iommu(withIommu(intel), working.replace("vfio yes", "vfio no"))).toMatchObject({ verdict: "missing" });
  });

  it.each<[string, string, string | undefined, RegExp, RegExp]>([
    ["Intel's kernel line", intel, text, /the kernel does not use it unless it is told/, /add intel_iommu=on/],
    ["Intel's firmware", intel, text.replace(/^iommu-table.*\n/m, ""), /firmware offers no IOMMU/, /VT-d/],
    ["AMD's firmware", amd, capturedMachine("amd").replace(/^iommu-table.*\n/m, ""), /firmware offers no/, /AMD-Vi/],
    [
      "AMD's kernel line",
      amd,
      capturedMachine("amd").replace("quiet", "quiet amd_iommu=off"),
      /\(amd_iommu=off\)/,
      /take/,
    ],
    ["AMD's kernel", amd, capturedMachine("amd"), /could not use the IOMMU that the firmware/, /dmesg/],
    ["Intel's kernel", intel, text.replace("quiet", "quiet intel_iommu=on"), /could not use the IOMMU/, /dmesg/],
    ["a virtual machine", amd, capturedMachine("cloud"), /virtual machine itself, and has been given no/, /<iommu>/],
    ["nobody to ask", intel, undefined, /has no working IOMMU/, /intel_iommu=on/],
  ])("%s", (_, capabilities, machine, says, help) => {
    const found = iommu(capabilities, machine);
    expect(found).toMatchObject({ verdict: "missing" });
    expect(found?.says).toMatch(says);
    expect(found?.help).toMatch(help);
  });

  it("virtual functions: none, none switched on, some, and not known", () => {
    const functions = (machine: string | undefined): Finding | undefined => about(/SR-IOV/, examined(intel, machine));
    expect(functions(text)).toMatchObject({ verdict: "missing" });
    const card = `${text}virtual-functions 7 0 enp3s0\n`;
    expect(functions(card)).toMatchObject({ verdict: "warning", says: "enp3s0: 0 of 7 switched on" });
    expect(functions(card)?.help).toMatch(/^echo 4 > \/sys\/class\/net\/enp3s0\/device\/sriov_numvfs/);
    expect(functions(`${card}virtual-functions 2 2 eno1\n`)).toMatchObject({ verdict: "ok" });
    expect(functions(undefined)).toMatchObject({ verdict: "not known" });
  });

  it.each([
    ["hvm hvm_directio pv_directio", "ok", /Xen uses the IOMMU/],
    ["hvm hap", "missing", /lists no directio/],
    ["", "not known", /only Xen itself can tell/],
  ])("is asked of Xen itself: %s", (said, verdict, says) => {
    const machine = said === "" ? "" : `xen-capabilities ${said}`;
    const examination = examined(capabilitiesOf("10.0-x86_64-xen"), machine, "xen:///system");
    expect(about(/PCI/, examination)).toMatchObject({ verdict, says: expect.stringMatching(says) as string });
    expect(passesDevicesOn(examination)).toBe({ ok: true, missing: false }[verdict]);
  });
});

describe("the folder of images (9.9)", () => {
  const way = (...rows: string[]): Finding | undefined =>
    about(/^folder/, examined(labelled, `${text}${rows.join("\n")}\n`));

  it("is reached, by everybody or by the group", () => {
    expect(way(`folder 0 0 711 ${folder}`, "folder 0 0 755 /")).toMatchObject({ verdict: "ok" });
    expect(way("groups 104 64055", `folder 0 64055 710 ${folder}`, "folder 0 0 755 /")).toMatchObject({
      verdict: "ok",
    });
  });

  it.each<[string, string[], RegExp]>([
    [
      "closed",
      ["folder 0 0 755 /srv/a b/c", "folder 0 0 700 /srv/a b", "folder 0 0 755 /"],
      /may not pass \/srv\/a b \(mode 700\)/,
    ],
    ["absent", [`absent ${folder}`, "folder 0 0 755 /"], /^it is not there$/],
    [
      "absent further up",
      [`hidden ${folder}`, "absent /var/lib/libvirt", "folder 0 0 755 /"],
      /nor is \/var\/lib\/libvirt/,
    ],
    ["hidden", [`hidden ${folder}`, "folder 1 1 755 /var", "folder 0 0 755 /"], /may not see/],
  ])("%s", (_, rows, says) => expect(way(...rows)?.says).toMatch(says));

  it("is not known without a shell", () => {
    expect(about(/^folder/, examined(intel, undefined))).toMatchObject({ verdict: "not known" });
    expect(about(/^shell/, examined(intel, undefined))).toMatchObject({ says: "only libvirt is spoken over tls" });
  });
});

describe("the state it is in (9.9)", () => {
  const at = (subject: RegExp, condition: Partial<Condition>, machine = text): Finding | undefined =>
    about(subject, examined(intel, machine), { ...well, ...condition });

  it("rights", () => {
    expect(at(/rights/, {})).toMatchObject({ verdict: "ok" });
    expect(at(/rights/, { mayChange: undefined })).toMatchObject({ verdict: "ok" });
    expect(at(/rights/, { mayChange: false })).toMatchObject({ verdict: "missing", fatal: true });
  });

  it("memory and huge pages", () => {
    expect(at(/memory/, { hugePages: [[2048, 100]] })).toMatchObject({
      verdict: "ok",
      says: "7.6 of 15.3 GiB are free, 100 free pages of 2 MiB",
    });
    expect(at(/memory/, { memory: { totalKiB: 16e6, freeKiB: 1e5 } })).toMatchObject({ verdict: "warning" });
    expect(
      memoryIn(
        "total  :             24684100 KiB\nfree   :             20030792 KiB\nbuffers:  8 KiB\ncached : 200 KiB",
      ),
    ).toEqual({
      totalKiB: 24684100,
      freeKiB: 20031000,
    });
    expect(memoryIn("")).toBeUndefined();
    expect(hugePagesIn("Node 0:\n4KiB: 2269274\n2048KiB: 3\n1048576KiB: 0\n\nNode 1:\n4KiB: 1\n2048KiB: 4\n")).toEqual([
      [2048, 7],
    ]);
  });

  it("space", () => {
    const pools = [{ name: "guests", totalKiB: 1e9, freeKiB: 1e6 }];
    expect(at(/pool guests/, { pools })).toMatchObject({ verdict: "warning", says: "1.0 of 953.7 GiB are free" });
    expect(at(/^space in \//, {}, `${text}folder 0 0 755 /\nfree 78209620\n`)).toMatchObject({ verdict: "ok" });
    expect(roomIn("Name:  x\nCapacity:       105089261568\nAllocation:  1\nAvailable:      80086650880\n")).toEqual({
      totalKiB: 102626232,
      freeKiB: 78209620,
    });
  });

  it("the network default", () => {
    const network = { uuid: "", name: "default", active: true, autostart: true };
    expect(at(/network default/, {})).toMatchObject({ verdict: "warning", says: "it is not there" });
    expect(at(/network default/, { networks: [network] })).toMatchObject({ verdict: "ok", says: "it runs" });
    expect(at(/network default/, { networks: [{ ...network, active: false }] })?.help).toMatch(/net-start default/);
  });

  it("nothing that could run a guest", () => {
    const bare = examined(intel.replaceAll(/<guest>[^]*?<\/guest>/g, ""), text);
    expect(about(/hypervisor/, bare)).toMatchObject({ verdict: "missing", fatal: true });
    expect(about(/hypervisor/, examined(intel, text))).toBeUndefined();
  });
});

it("a machine that has it all, or nearly (9.9)", () => {
  const lab = findingsOf(examined(withIommu(amd), capturedMachine("lab")), well, folder);
  const verdicts = Object.fromEntries(lab.map(({ subject, verdict }) => [subject, verdict]));
  expect(verdicts).toMatchObject({
    "hardware acceleration (KVM)": "ok",
    "PCI passthrough": "ok",
    "virtual functions of network cards (SR-IOV)": "warning",
    [`folder ${folder}`]: "ok",
  });
});

it("readiness is what is missing of the same findings (9.9)", () => {
  const examination = examined(intel, text);
  const missing = findingsOf(examination, well, folder).filter(({ verdict }) => verdict === "missing");
  expect(readinessOf(examination)).toEqual(
    missing.map(({ subject, says, help }) => ({ missing: subject, why: says, help })),
  );
  expect(missing.map(({ subject }) => subject)).toEqual(["PCI passthrough", expect.stringMatching(/SR-IOV/)]);
});

it("Xen's Dom0 is told with what it has, by the words of virsh (10.6)", () => {
  const about = `Id:             0\nName:           Domain-0\nCPU(s):         2\nMax memory:     1572864 KiB\nUsed memory:    1572864 KiB\n`;
  expect(
    controlDomainIn({
      about,
      scheduling: "Scheduler      : credit2\nweight         : 256\n",
      free: "Total: 2479396 KiB",
      numaNodes: 1,
      capabilities: new Set(["pv", "hvm"]),
    }),
  ).toEqual({
    dom0: { vcpus: 2, memoryMiB: 1536 },
    memoryFreeMiB: 2421,
    scheduler: "credit2",
    numaNodes: 1,
    capabilities: ["hvm", "pv"],
  });
});
