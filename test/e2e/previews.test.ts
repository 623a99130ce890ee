/** What previews say with the real engine: what is known although something else is not, hosts that are away, adoptions. */

import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(300_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterEach(() => {
  delete process.env.PULUMI_VIRT_OFFLINE;
  delete process.env.PULUMI_VIRT_STRICT;
});
afterAll(() => host.stop());

function program(source: string): Program {
  const made = newProgram("");
  rewrite(made, source);
  return made;
}

function rewrite(made: Program, source: string): void {
  made.write("index.js", `${opening(host)}const host = new virt.Host("host", { uri });\n${source}`);
}

/** A guest without an operating system, which starts in a moment and is switched off in another. */
const guest = (name: string, more: string): string =>
  `new virt.Guest("${name}", { host, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1, ${more} });`;
const processOf = (name: string): unknown => new WatchedGuest(host, name, "").process;

interface Step {
  readonly op: string;
  readonly impact: Record<string, string> | undefined;
  readonly drift: Record<string, string> | undefined;
}

/** What a preview would do with one resource, and what it says of it. */
function previewOf(made: Program, name: string): Step {
  const { steps } = JSON.parse(made.must("preview", "--json")) as {
    steps: { urn: string; op: string; newState?: { inputs?: Partial<Step> } }[];
  };
  const step = steps.find(({ urn }) => urn.endsWith(`::${name}`));
  return { op: step?.op ?? "none", impact: step?.newState?.inputs?.impact, drift: step?.newState?.inputs?.drift };
}

/** The same as data. */
function changesOf(made: Program, name: string): unknown {
  const { steps } = JSON.parse(made.must("preview", "--json")) as {
    steps: { urn: string; newState?: { inputs?: { __changes?: unknown } } }[];
  };
  return steps.find(({ urn }) => urn.endsWith(`::${name}`))?.newState?.inputs?.__changes;
}

/** What stands at the end of a preview: the rows above it repeat messages, each for as long as its resource is worked on. */
const diagnostics = (text: string): string => text.slice(Math.max(0, text.indexOf("Diagnostics:")));
const count = (text: string, pattern: RegExp): number => [...text.matchAll(new RegExp(pattern, "g"))].length;

describe("something is not known yet", () => {
  it("compares what is known, says the worst of the rest, and keeps to it (8.27)", () => {
    const disks = (more: string): string => `
      const pool = new virt.Pool("pool", { host, type: "dir", path: data + "/unknown" });
      const root = new virt.Disk("root", { pool, sizeGiB: 0.01 });${more}`;
    const made = program(disks("") + guest("web", `vcpus: 1, restart: "ifNeeded", disks: { root: { disk: root } }`));
    made.up();
    const before = processOf("web");
    // A disk that is to be made has no id yet, and the state of a guest that is to be made is not known.
    rewrite(
      made,
      disks(`const data1 = new virt.Disk("data", { pool, sizeGiB: 0.01 });
      const other = new virt.Guest("other", { host, vcpus: 1, memoryMiB: 32, running: false });`) +
        guest(
          "web",
          `vcpus: 3, title: other.state.apply((state) => "beside one that is " + state), restart: "ifNeeded",
           disks: { root: { disk: root }, data: { disk: data1 } }`,
        ),
    );
    const { op, impact } = previewOf(made, "web");
    expect(op).toBe("update");
    expect(impact?.vcpus).toMatch(/^powerCycle: 1 → 3/);
    expect(impact?.title).toMatch(/^at most: powerCycle \(.*not known yet/);
    expect(impact?.["disks.data"]).toMatch(/^live: absent → .*data/);
    expect(made.must("preview")).toMatch(/powerCycle: vcpus/);
    made.up();
    expect(processOf("web")).not.toBe(before);
    made.mustBeSettled();
    made.destroy();
  });
});

describe("the promise", () => {
  it("an up that is bound to its preview by the engine does not do more than that said (8.15)", () => {
    process.env.PULUMI_VIRT_STRICT = "true";
    const made = program(guest("bound", 'vcpus: 1, running: false, restart: "ifNeeded", machine: "q35"'));
    made.up();
    const changed = 'vcpus: 1, restart: "ifNeeded", machine: "pc"';
    rewrite(made, guest("bound", changed));
    made.must("preview", "--save-plan", "plan.json");
    // Somebody starts it in between: what cost nothing is a power cycle now.
    host.virsh("start", "bound");
    const before = processOf("bound");
    const { code, text } = made.pulumi("up", "--yes", "--skip-preview", "--plan", "plan.json");
    expect(code).not.toBe(0);
    expect(text).toMatch(/violates plan/);
    expect(processOf("bound")).toBe(before);
    // A plan that still holds is carried out.
    made.must("preview", "--save-plan", "plan.json");
    made.must("up", "--yes", "--skip-preview", "--plan", "plan.json");
    expect(processOf("bound")).not.toBe(before);
    delete process.env.PULUMI_VIRT_STRICT;
    made.mustBeSettled();
    made.destroy();
  });

  it("without the host a preview says the worst by the recorded state, and that it was not asked (8.15, 8.29)", () => {
    const made = program(guest("offline", "vcpus: { current: 1, max: 2 }"));
    made.up();
    const before = processOf("offline");
    rewrite(made, guest("offline", 'vcpus: { current: 2, max: 2 }, machine: "pc"'));
    process.env.PULUMI_VIRT_OFFLINE = "true";
    const { impact } = previewOf(made, "offline");
    expect(impact).toEqual({
      machine: expect.stringMatching(/^at most: nextStart: .*pc/) as string,
      "vcpus.current": expect.stringMatching(/^at most: nextStart: 1 → 2/) as string,
    });
    expect(count(diagnostics(made.must("preview")), /PULUMI_VIRT_OFFLINE/)).toBe(1);
    // An `up` that did not ask either keeps to what it said.
    made.up();
    expect(processOf("offline")).toBe(before);
    delete process.env.PULUMI_VIRT_OFFLINE;
    made.must("preview", "--expect-no-changes");
    rewrite(made, guest("offline", 'vcpus: { current: 2, max: 2 }, machine: "pc", restart: "ifNeeded"'));
    process.env.PULUMI_VIRT_OFFLINE = "true";
    // What waits would come with the permission: nobody looked, so that is what is said, and may be done.
    expect(previewOf(made, "offline").impact).toEqual({
      restart: expect.stringMatching(/^at most: powerCycle/) as string,
    });
    delete process.env.PULUMI_VIRT_OFFLINE;
    expect(previewOf(made, "offline").impact?.machine).toMatch(/^powerCycle: /);
    made.up();
    expect(processOf("offline")).not.toBe(before);
    made.mustBeSettled();
    made.destroy();
  });
});

describe("what the host tells now", () => {
  it("fails the preview, with the field (8.16)", () => {
    const made = program("");
    made.up();
    const wrong = (source: string): string => {
      rewrite(made, source);
      const { code, text } = made.pulumi("preview");
      expect({ code: code === 0, text }).toEqual({ code: false, text: expect.anything() as string });
      expect(text).not.toMatch(/\n\s+at .*:\d+:\d+/);
      return text;
    };
    expect(wrong(guest("bad", 'vcpus: 1, xml: { odd: { fragment: "<a><b></a>" } }'))).toMatch(/xml\.odd/);
    expect(wrong(guest("bad", 'vcpus: 1, virtualization: "paravirtual"'))).toMatch(/only a Xen host runs paravirtual/);
    made.destroy();
  });

  it("a host that is another one than was known (8.16)", () => {
    const other = startPrivateHost();
    try {
      const made = program(guest("kept", "vcpus: 1, running: false"));
      made.up();
      made.write(
        "index.js",
        `const virt = require("pulumi-virt");
         const host = new virt.Host("host", { uri: ${JSON.stringify(other.uri)} });${guest("kept", "vcpus: 1, running: false")}`,
      );
      const { code, text } = made.pulumi("preview");
      expect(code).not.toBe(0);
      expect(text).toMatch(/leads to another host than the one that this stack knows/);
      rewrite(made, guest("kept", "vcpus: 1, running: false"));
      made.destroy();
    } finally {
      other.stop();
    }
  });
});

describe("hosts that are away", () => {
  it("one warning a host with the reason, in preview and up, whatever there is on it (8.29)", () => {
    const three = ["one", "two", "three"].map((name) => guest(name, "vcpus: 1, running: false")).join("\n");
    const made = program(three);
    made.up();
    host.killDaemon();
    try {
      for (const args of [["preview"], ["up", "--yes", "--skip-preview"], ["preview", "--diff"]]) {
        const text = made.must(...args);
        expect(count(diagnostics(text), /Unable to connect to qemu:\/\/\/system/)).toBe(1);
        expect(text).toMatch(/recorded state only/);
        expect(text).toMatch(/4 unchanged|5 unchanged/);
      }
      // What asks each resource cannot say that nothing has changed.
      for (const args of [["refresh"], ["up", "--refresh"]]) expect(made.pulumi(...args, "--yes").code).not.toBe(0);
      rewrite(made, three.replaceAll("vcpus: 1", "vcpus: 2"));
      expect(previewOf(made, "two").impact?.vcpus).toMatch(/^at most: /);
    } finally {
      host.startDaemon();
    }
    made.destroy();
  });

  it("tells no password of the address (8.29)", () => {
    const made = program("");
    made.write(
      "index.js",
      `new (require("pulumi-virt").Guest)("away", { host: { uri: "qemu+tcp://root:hush-hush@127.0.0.1:9/system" }, vcpus: 1, memoryMiB: 32 });`,
    );
    const text = made.must("preview");
    expect(text).toMatch(/Unable to connect to qemu\+tcp:\/\/root:\*\*\*@127\.0\.0\.1:9\/system/);
    expect(text).not.toMatch(/hush-hush/);
  });
});

describe("adoption", () => {
  it("is previewed like an update, and existing devices keep what they are called by (8.28)", () => {
    host.enter("mkdir", "-p", `${host.data}/theirs`);
    for (const name of ["one", "two"])
      run("qemu-img", "create", "-q", "-f", "qcow2", `${host.data}/theirs/${name}.qcow2`, "10M");
    const disk = (name: string, target: string): string =>
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${host.data}/theirs/${name}.qcow2'/><target dev='${target}' bus='sata'/></disk>`;
    host.write(
      `${host.data}/theirs.xml`,
      `<domain type='qemu'><name>theirs</name><memory unit='MiB'>32</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
       <devices>${disk("one", "sdc")}${disk("two", "sda")}
       <interface type='user'><mac address='52:54:00:aa:bb:cc'/><model type='e1000'/></interface></devices></domain>`,
    );
    host.virsh("define", `${host.data}/theirs.xml`);
    host.virsh("start", "theirs");
    const before = processOf("theirs");
    const adopted = (more: string): string =>
      guest(
        "theirs",
        `adopt: true, disks: { root: { path: data + "/theirs/one.qcow2", format: "qcow2" } }, nics: { lan: { user: true } }, ${more}`,
      );
    const made = program(adopted("vcpus: 1"));
    expect(previewOf(made, "theirs").impact ?? {}).toEqual({});
    rewrite(made, adopted('vcpus: 2, title: "ours", restart: "ifNeeded"'));
    expect(previewOf(made, "theirs")).toMatchObject({
      op: "create",
      impact: {
        vcpus: expect.stringMatching(/^powerCycle: 1 → 2/) as string,
        title: expect.stringMatching(/^live: /) as string,
      },
    });
    expect(made.must("preview")).toMatch(/powerCycle: vcpus/);
    process.env.PULUMI_VIRT_OFFLINE = "true";
    expect(previewOf(made, "theirs").impact?.adopt).toMatch(/^at most: powerCycle/);
    delete process.env.PULUMI_VIRT_OFFLINE;
    rewrite(made, adopted('vcpus: 2, title: "ours"'));
    expect(previewOf(made, "theirs").impact?.vcpus).toMatch(/^nextStart: 1 → 2/);
    made.up();
    expect(processOf("theirs")).toBe(before);
    const xml = host.virsh("dumpxml", "--inactive", "theirs");
    expect(xml).toMatch(/one\.qcow2'[^]*?<target dev='sdc' bus='sata'/);
    expect(xml).toMatch(/two\.qcow2'[^]*?<target dev='sda' bus='sata'/);
    expect(xml).toContain("52:54:00:aa:bb:cc");
    expect(count(xml, /<interface /)).toBe(1);
    made.mustBeSettled();
    made.must("state", "delete", "--yes", /urn:\S+::theirs/.exec(made.must("stack", "--show-urns"))?.[0] ?? "");
    made.destroy();
    host.virsh("destroy", "theirs");
    host.virsh("undefine", "theirs");
  });
});

describe("said once, and said right", () => {
  it("each sentence stands once, drift is called drift, what waits is said again, and nothing stale is shown (8.36, 8.23)", () => {
    const source = (vcpus: number, gateway: string, more = ""): string =>
      `new virt.Network("lan", { host, mode: "isolated", ipv4: { gateway: "${gateway}" }, dns: { hosts: { "${gateway.replace("1/24", "9")}": ["a.example"] } } });
       ${guest("web", `vcpus: ${vcpus}${more}`)}`;
    const made = program(source(1, "10.231.0.1/24"));
    made.up();
    rewrite(made, source(2, "10.231.1.1/24"));
    const diff = made.must("preview", "--diff");
    expect(count(diff, /nextStart: 1 → 2/)).toBe(1);
    expect(count(diff, /10\.231\.0\.1\/24 → 10\.231\.1\.1\/24/)).toBe(1);
    // The same as data, for programs; no difference shows it.
    expect(changesOf(made, "web")).toEqual({
      drift: [],
      impact: [{ path: "vcpus", class: "nextStart", from: "1", to: "2", note: "the guest keeps running" }],
    });
    expect(diff).not.toMatch(/__changes *:/);
    expect(diff).toMatch(/dns\.hosts\."?10\.231\.1\.9"? *: "live: absent → a\.example/);
    expect(made.must("preview")).toMatch(/web update \[diff: \+impact~vcpus\]; nextStart: vcpus/);
    made.up();

    // A later preview reminds of what waits, and shows nothing of what was said last time.
    expect(made.must("preview", "--expect-no-changes")).toMatch(/waits for the next start: vcpus/);
    rewrite(made, source(2, "10.231.1.1/24", ', title: "new"'));
    const later = made.must("preview", "--diff");
    expect(later).toMatch(/\+ impact[^]*title *: "live: absent → new/);
    expect(later).not.toMatch(/[-~] impact|- vcpus/);
    expect(made.must("preview")).toMatch(/live: title; waits for the next start: vcpus/);
    made.up();

    // The same drift twice in a row is mended twice.
    for (const _ of [1, 2]) {
      host.virsh("destroy", "web");
      expect(made.must("preview")).toMatch(/drift: running/);
      expect(previewOf(made, "web").drift).toEqual({ running: "false on the host, true wanted" });
      expect(changesOf(made, "web")).toMatchObject({
        drift: [{ path: "running", from: "false", to: "true" }],
        impact: [{ path: "running", class: "start" }],
      });
      made.up();
      expect(host.virsh("domstate", "web").trim()).toBe("running");
    }
    // What the program has dropped is not drift, whatever became of it.
    host.virsh("desc", "web", "--config", "--live", "--title", "by hand");
    rewrite(made, source(2, "10.231.1.1/24"));
    expect(previewOf(made, "web").drift).toBeUndefined();
    made.up();
    made.mustBeSettled();
    made.destroy();
  });

  it("what a guest was asked for and has not done is not said to wait for a start (8.34)", () => {
    const made = program(guest("web", "vcpus: 1, memoryMiB: 64"));
    made.up();
    // It has no system that could follow; the second time it is left to it.
    rewrite(made, guest("web", "vcpus: 1, memoryMiB: 48"));
    expect(made.pulumi("up", "--yes", "--skip-preview").text).toMatch(/memoryMiB: the guest did not follow/);
    made.up();
    const reminded = made.must("preview", "--expect-no-changes");
    expect(reminded).toMatch(/asked of the guest, which has it otherwise: memoryMiB/);
    expect(reminded).not.toMatch(/waits for the next start/);
    made.destroy();
  });
});
