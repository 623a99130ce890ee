/** `pulumi-virt doctor`, the built program (dist), on a private host: what it says, how it ends, and that it leaves nothing (9.9). */

import { execFile } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe as describeHost } from "../../provider/resources/host/handler";
import { inventory } from "../../provider/libvirt/inventory";
import { statistics } from "../../provider/libvirt/connection";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { prepareSshServer, type SshServer } from "../support/ssh-server";
import { hosts } from "../support/hosts";
import { until } from "../support/until";

const main = join(__dirname, "../../dist/provider/cli/main.js");

let host: PrivateHost;
let server: SshServer;
beforeAll(() => {
  host = startPrivateHost();
  server = prepareSshServer(host);
});
afterAll(async () => {
  await hosts.close();
  host.stop();
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function start(program: string, ...args: string[]): Promise<Outcome> {
  const env = { ...process.env, NODE_OPTIONS: "", PULUMI_VIRT_CONNECT_TIMEOUT_SECONDS: "5" };
  return new Promise((resolve) =>
    execFile(program, args, { env }, (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err })),
  );
}

const doctor = (...args: string[]): Promise<Outcome> => start(process.execPath, main, "doctor", ...args);

/** As somebody who sits at the host would call it. */
const there = (...args: string[]): Promise<Outcome> =>
  start(join(__dirname, "../../scripts/private-host"), "enter", host.folder, process.execPath, main, "doctor", ...args);

interface Report {
  readonly uri: string;
  readonly usable: boolean;
  readonly findings: readonly { subject: string; verdict: string; says: string; help?: string }[];
}

const about = (outcome: Outcome, subject: RegExp): Report["findings"][number] | undefined =>
  (JSON.parse(outcome.out) as Report).findings.find((finding) => subject.test(finding.subject));

const bySsh = (name: string, user = "root"): string =>
  `qemu+ssh://${user}@target/system?command=${server.program(name, "Host *\n  IdentitiesOnly yes\n")}`;

/** What virsh had started for its connection sees that virsh has ended, and ends a moment after it. */
const nothingLeft = (left: () => string): Promise<void> => until(() => left() === "", 10, left);

describe("where guests can be run", () => {
  it("on the host itself: ends with 0, changes nothing, leaves nothing running", async () => {
    const state = (): string =>
      host.virsh("list", "--all") + host.virsh("pool-list", "--all") + host.virsh("net-list", "--all");
    const before = state();
    const outcome = await there("qemu:///system", "--json");
    expect(outcome).toMatchObject({ code: 0, err: "" });
    const report = JSON.parse(outcome.out) as Report;
    expect(report).toMatchObject({ uri: "qemu:///system", usable: true });
    expect(about(outcome, /^connection/)).toMatchObject({
      verdict: "ok",
      says: expect.stringMatching(/libvirt .* here, .* there, QEMU/) as string,
    });
    expect(about(outcome, /^shell/)).toMatchObject({ verdict: "ok" });
    expect(about(outcome, /^network default/)).toMatchObject({ verdict: "warning", says: "it is not there" });
    for (const { verdict, help } of report.findings) {
      if (verdict === "missing" || verdict === "warning") expect(help).toBeTruthy();
    }
    expect(state()).toBe(before);
    await nothingLeft(() => host.enter("sh", "-c", "pgrep -ax virsh || true"));
  });

  it("by ssh, as root: the same as there, by one more connection", async () => {
    const [local, remote] = [await there("qemu:///system", "--json"), await doctor(bySsh("root"), "--json")];
    expect(remote).toMatchObject({ code: 0, err: "" });
    const subjects = (outcome: Outcome): [string, string][] =>
      (JSON.parse(outcome.out) as Report).findings.map(({ subject, verdict }) => [subject, verdict]);
    expect(subjects(remote)).toEqual(subjects(local));
    // Of this host: other tests run beside this one.
    await nothingLeft(() => run("sh", "-c", `pgrep -af '[F] ${server.folder}/' || true`));
  });

  it("tells a folder that QEMU's user does not reach, and one that it does", async () => {
    const closed = join(host.data, "closed", "with spaces");
    mkdirSync(closed, { recursive: true });
    chmodSync(join(host.data, "closed"), 0o700);
    const found = about(await there("qemu:///system", "--json", "--folder", closed), /^folder/);
    expect(found).toMatchObject({
      verdict: "warning",
      says: expect.stringMatching(/may not pass .*\/closed \(mode 700\)/) as string,
    });
    expect(found?.help).toMatch(/chmod o\+x .*closed/);
    const open = about(await doctor(bySsh("folder"), "--json", "--folder", host.data), /^folder/);
    expect(open).toMatchObject({ verdict: "ok" });
    // A user who may not look into it sees that others may not, too.
    const operator = about(await doctor(bySsh("hidden", "operator"), "--json", "--folder", closed), /^folder/);
    expect(operator).toMatchObject({ verdict: "warning" });
  });

  it("without a shell says why, and what libvirt tells all the same", async () => {
    const outcome = await doctor(host.uri, "--json");
    expect(outcome.code).toBe(0);
    expect(about(outcome, /^shell/)?.says).toMatch(/leads to another machine/);
    expect(about(outcome, /^folder/)).toMatchObject({ verdict: "not known" });
    expect(about(outcome, /^memory/)).toMatchObject({ verdict: "ok" });
  });

  it("prints lines that stand in columns, without colour in a pipe", async () => {
    const { out } = await there("qemu:///system");
    expect(out).not.toContain("\u001b");
    expect(out).toMatch(/^qemu:\/\/\/system\n\n/);
    expect(out).toMatch(/\n\nGuests can be run here: .*\.\n$/);
    const columns = [...out.matchAll(/^(ok|warning|missing|not known) +\S.*? {2,}(?=\S)/gm)].map(([row]) => row.length);
    expect(new Set(columns).size).toBe(1);
    expect(columns.length).toBeGreaterThan(8);
    const arrows = [...out.matchAll(/^ +(?=→)/gm)].map(([indent]) => indent.length);
    expect([...new Set(arrows)]).toEqual([columns[0]]);
  });

  it("says the same as the output readiness of a Host (one source)", async () => {
    const uri = bySsh("readiness");
    const virsh = hosts.connect(uri);
    const { readiness } = (await describeHost(virsh)) as {
      readiness: { missing: string; why: string; help?: string }[];
    };
    const report = JSON.parse((await doctor(uri, "--json")).out) as Report;
    expect(readiness).toEqual(
      report.findings
        .filter(({ verdict }) => verdict === "missing")
        .map(({ subject, says, help }) => ({ missing: subject, why: says, help })),
    );
    expect(readiness.map(({ missing }) => missing)).toContain("PCI passthrough");
    // Refreshed, a Host asks the shell one thing, and libvirt no more than before, beside its devices one by one.
    const devices = (await inventory(virsh).devices({ fresh: true })).length;
    inventory(virsh).forget();
    const before = statistics(virsh).commands;
    await describeHost(virsh);
    expect(statistics(virsh).commands - before).toBeLessThanOrEqual(9 + devices);
  });
});

describe("where they cannot: ends with 1, and says what to do", () => {
  it("a connection that may only read", async () => {
    const outcome = await there("qemu:///system?socket=/run/libvirt/libvirt-sock-ro", "--json");
    expect(outcome.code).toBe(1);
    expect(about(outcome, /^rights/)).toMatchObject({ verdict: "missing", says: "the connection may only read" });
  });

  it("a user who may not use libvirt's socket", async () => {
    const socket = "/run/libvirt/libvirt-sock";
    host.enter("chmod", "700", socket);
    try {
      const outcome = await doctor(bySsh("outsider", "operator"), "--json");
      expect(outcome.code).toBe(1);
      expect(about(outcome, /^connection/)?.help).toMatch(/usermod --append --groups libvirt/);
    } finally {
      host.enter("chmod", "777", socket);
    }
  });

  it("no daemon, and a host that does not answer", async () => {
    const gone = await doctor("qemu:///system?socket=/nowhere/libvirt-sock", "--json");
    expect(gone.code).toBe(1);
    expect(about(gone, /^connection/)?.help).toMatch(/start it/);
    // A name with a password in it, which nobody may see.
    const silent = await doctor("qemu+tcp://me:hunter2@127.0.0.1:1/system");
    expect(silent.code).toBe(1);
    expect(silent.out).toMatch(/^missing {2}connection .*Connection refused/m);
    expect(silent.out).toMatch(/Guests cannot be run here\.\n$/);
    expect(silent.out + silent.err).not.toContain("hunter2");
  });
});

it.each([
  ["no URI", []],
  ["no such URI", ["kvm1.example.org"]],
  ["two", ["qemu:///system", "qemu:///session"]],
  ["no such option", ["qemu:///system", "--jsno"]],
  ["a folder that is none", ["qemu:///system", "--folder", "images"]],
])("written wrongly, it ends with 2: %s", async (_, args) => {
  const { code, out, err } = await doctor(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^error: [^]*\n\(--help says more\)\n$/);
});

it("explains itself", async () => {
  expect(await doctor("--help")).toMatchObject({
    code: 0,
    err: "",
    out: expect.stringMatching(/Exit codes: 0/) as string,
  });
  const version = await start(process.execPath, main, "--version");
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  expect(await start(process.execPath, main, "docter")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/doctor/) as string,
  });
});
