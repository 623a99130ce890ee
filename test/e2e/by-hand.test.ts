/** What others did to a guest or a network, recorded by a refresh or not, and a program that then drops or reorders it. */

import { writeFileSync } from "node:fs";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(600_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => host.stop());

const source = (body: string): string =>
  `${opening(host)}const host = new virt.Host("host", { uri });
   const guest = (name, more) => new virt.Guest(name, { host, vcpus: 1, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1, ...more });
   ${body}`;

function program(body: string): Program {
  return newProgram(source(body));
}

const write = (changed: Program, body: string): void => changed.write("index.js", source(body));
const refresh = (refreshed: Program): string => refreshed.must("refresh", "--yes", "--skip-preview");
const xml = (name: string, ...options: string[]): string => host.virsh("dumpxml", ...options, name);

function file(name: string): string {
  const path = `${host.data}/${name}`;
  writeFileSync(path, Buffer.alloc(1024 * 1024), { mode: 0o644 });
  return path;
}

describe("what somebody did by hand is the program's to take away, with a refresh in between and without (8.11)", () => {
  it.each([true, false])("media (refresh: %s)", (isRefreshed) => {
    const ways = {
      ejected: ["--eject", "--live"],
      swapped: ["--live", "--update"],
      replaced: ["--live", "--config", "--update"],
      waiting: ["--config", "--update"],
    };
    const other = file("other.iso");
    const body = (path: string): string =>
      `guest("reader", { disks: { ${Object.keys(ways)
        .map((key) => `${key}: { device: "cdrom"${path} }`)
        .join(", ")} } });`;
    const reader = program(body(`, path: "${file("install.iso")}"`));
    reader.up();
    for (const [index, options] of Object.values(ways).entries()) {
      const medium = options.includes("--eject") ? [] : [other];
      host.virsh("change-media", "reader", `sd${"abcd"[index]}`, ...medium, ...options);
    }
    if (isRefreshed) refresh(reader);
    write(reader, body(""));
    reader.up();
    expect(xml("reader", "--inactive")).not.toMatch(/\.iso/);
    expect(xml("reader")).not.toMatch(/\.iso/);
    reader.must("preview", "--expect-no-changes");
    host.virsh("destroy", "reader");
    host.virsh("start", "reader");
    expect(xml("reader")).not.toMatch(/\.iso/);
    reader.destroy();
  });

  it("a card and a disk taken out, a cache changed, reservations changed and taken out", () => {
    const body = (isWhole: boolean): string => `
      const lan = new virt.Network("lan", { host, mode: "isolated", ipv4: { gateway: "10.91.0.1/24", dhcp: { from: "10.91.0.100", to: "10.91.0.200",
        ${isWhole ? 'reservations: { web: { mac: "52:54:00:00:00:91", ip: "10.91.0.7" }, gone: { mac: "52:54:00:00:00:92", ip: "10.91.0.8" } }' : ""} } } });
      guest("owner", { running: false,
        nics: { kept: { user: true }, ${isWhole ? 'spare: { user: true, mac: "52:54:00:00:00:93" }' : ""} },
        disks: { root: { path: "${file("root.img")}", ${isWhole ? 'cache: "writethrough"' : ""} }, ${isWhole ? `data: { path: "${file("data.img")}" }` : ""} },
      });`;
    const owner = program(body(true));
    owner.up();
    host.virsh("detach-interface", "owner", "user", "--mac", "52:54:00:00:00:93", "--config");
    host.virsh("detach-disk", "owner", "vdb", "--config");
    const edited = xml("owner", "--security-info").replace("cache='writethrough'", "cache='unsafe'");
    writeFileSync(`${host.folder}/edited.xml`, edited);
    host.virsh("define", `${host.folder}/edited.xml`);
    const change = (verb: string, mac: string, ip: string, scope: string): string =>
      host.virsh("net-update", "lan", verb, "ip-dhcp-host", `<host mac='${mac}' ip='${ip}'/>`, scope);
    change("delete", "52:54:00:00:00:92", "10.91.0.8", "--live");
    change("modify", "52:54:00:00:00:91", "10.91.0.9", "--config");
    refresh(owner);
    write(owner, body(false));
    owner.up();
    const lan = ["", "--inactive"].map((option) =>
      host.virsh("net-dumpxml", "lan", ...(option === "" ? [] : [option])),
    );
    for (const document of [xml("owner"), ...lan])
      expect(document).not.toMatch(/52:54:00:00:00:9[123]|unsafe|writethrough|data\.img/);
    owner.mustBeSettled();
    owner.destroy();
  });
});

it("disks and cards stand in the order of the program, and keep their names whatever comes before them (8.12)", () => {
  for (const name of ["root", "data", "first"]) file(`${name}.img`);
  const body = (disks: readonly string[], nics: readonly string[]): string =>
    `guest("ordered", { running: false, disks: { ${disks.map((key) => `${key}: { path: data + "/${key}.img" }`).join(", ")} },
       nics: { ${nics.map((key) => `${key}: { user: true }`).join(", ")} } });`;
  const targets = (): string[] =>
    [...xml("ordered").matchAll(/(\w+)\.img'[^]*?target dev='(\w+)'/g)].map(([, name, target]) => `${name} ${target}`);
  const cards = (): string[] => [...xml("ordered").matchAll(/ua-nic-(\w+)/g)].map(([, key]) => key ?? "");
  const ordered = program(body(["root", "data"], ["wan", "lan"]));
  ordered.up();
  expect(targets()).toEqual(["root vda", "data vdb"]);
  expect(cards()).toEqual(["wan", "lan"]);
  const before = xml("ordered");
  for (const [disks, nics] of [
    [
      ["data", "root"],
      ["lan", "wan"],
    ],
    [
      ["root", "data"],
      ["wan", "lan"],
    ],
  ] as const) {
    write(ordered, body(disks, nics));
    ordered.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    refresh(ordered);
  }
  expect(xml("ordered")).toBe(before);
  write(ordered, body(["first", "root", "data"], ["dmz", "wan", "lan"]));
  ordered.up();
  expect(targets().sort()).toEqual(["data vdb", "first vdc", "root vda"]);
  expect(cards()).toEqual(["wan", "lan", "dmz"]);
  ordered.mustBeSettled();
  ordered.destroy();
});

it("firmware is changed with one power cycle, back and forth, with the variables that belong to it (8.13)", () => {
  const body = (firmware: string): string =>
    `guest("uefi", { memoryMiB: 64, firmware: "${firmware}", restart: "ifNeeded" });`;
  const changed = program(body("efi"));
  changed.up();
  const uefi = new WatchedGuest(host, "uefi", "");
  for (const [firmware, loader] of [
    ["efi-secure", /<loader[^>]*secure='yes'/],
    ["efi", /<loader(?![^>]*secure='yes')/],
  ] as const) {
    const { process } = uefi;
    write(changed, body(firmware));
    expect(changed.must("preview")).toMatch(/powerCycle: firmware/);
    changed.up();
    const next = uefi.process;
    expect(next).not.toBe(process);
    expect(xml("uefi")).toMatch(loader);
    // Of Debian's templates only those with enrolled keys hold Microsoft's certificates.
    const [, variables = ""] = /<nvram[^>]*>([^<]+)/.exec(xml("uefi")) ?? [];
    const certificates = host.enter("sh", "-c", `grep -c Microsoft "${variables}" || true`).trim();
    expect([firmware, certificates !== "0"]).toEqual([firmware, firmware === "efi-secure"]);
    changed.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(uefi.process).toBe(next);
  }
  changed.destroy();
});

it("what the program ignores is neither drift nor mended, and what stands beside it is (8.21)", () => {
  const body = (ignored: string): string => `
    new virt.Guest("left", { host, vcpus: 1, memoryMiB: 32, running: false, title: "ours", description: "ours",
      nics: { "lan-1": { user: true, model: "virtio" }, out: { user: true, model: "virtio" } } }, { ignoreChanges: ${ignored} });`;
  const left = program(body(`["title", 'nics["lan-1"].model']`));
  left.up();
  const changed = xml("left", "--inactive").replace(/model type='virtio'/g, "model type='e1000'");
  host.write(`${host.data}/left.xml`, changed.replace(/>ours</g, ">theirs<"));
  host.virsh("define", "--validate", `${host.data}/left.xml`);
  expect(left.must("preview", "--diff")).toMatch(/drift[^]*description[^]*nics\.out\.model/);
  expect(left.must("preview", "--diff")).not.toMatch(/title|"lan-1"/);
  left.up();
  const mended = (): string[] => xml("left", "--inactive").match(/model type='\w+'|>(?:ours|theirs)</g) ?? [];
  const expected = [">theirs<", ">ours<", "model type='e1000'", "model type='virtio'"];
  expect(mended()).toEqual(expected);
  left.mustBeSettled();
  // A refresh does not make it the program's either.
  refresh(left);
  left.up();
  left.mustBeSettled();
  expect(mended()).toEqual(expected);
  write(left, body("[]"));
  left.up();
  expect(mended()).toEqual([">ours<", ">ours<", "model type='virtio'", "model type='virtio'"]);
  left.mustBeSettled();
  left.destroy();
});

it("a program that comes to ignore everything leaves all drift to the host (8.21)", () => {
  const body = (options: string): string => `
    new virt.Guest("all", { host, vcpus: 1, memoryMiB: 32, running: false, title: "ours" }, ${options});`;
  const all = program(body("{}"));
  all.up();
  write(all, body('{ ignoreChanges: ["*"] }'));
  host.virsh("desc", "all", "--title", "--config", "theirs");
  all.must("preview", "--expect-no-changes");
  all.up();
  expect(xml("all")).toContain(">theirs<");
  all.mustBeSettled();
  // Neither does what was recorded hide what the program states again.
  write(all, body('{ ignoreChanges: ["*"] }').replace("ours", "other"));
  all.must("preview", "--expect-no-changes");
  write(all, body("{}"));
  all.up();
  expect(xml("all")).toContain(">ours<");
  all.mustBeSettled();
  all.destroy();
});

it("destroy asks again and says so, and pulls no plug unless forceOff says so, of paused and transient guests too (8.31)", () => {
  const body = (force: boolean): string => `
    for (const name of ["deaf", "paused", "transient"])
      new virt.Guest(name, { host, vcpus: 1, memoryMiB: 32, shutdownTimeoutSeconds: 4, forceOff: ${force} });`;
  const going = program(body(false));
  going.up();
  host.virsh("suspend", "paused");
  host.virsh("undefine", "transient");
  const running = (): string[] => host.virsh("list", "--name").trim().split("\n").sort();
  const refused = going.pulumi("destroy", "--yes", "--skip-preview");
  expect(refused.code).not.toBe(0);
  expect(refused.text).toMatch(/waits for guest "(deaf|transient)" to shut down/);
  expect(refused.text).toMatch(/deaf[^]*forceOff: true/);
  expect(refused.text).toMatch(/paused[^]*forceOff: true/);
  expect(running()).toEqual(["deaf", "paused", "transient"]);
  write(going, body(true));
  going.up();
  going.destroy();
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it("restartTrigger restarts a running guest once for each text, as the preview says (8.38)", () => {
  const body = (more: string): string => `guest("again", { ${more} });`;
  const again = program(body(""));
  again.up();
  const seen = new WatchedGuest(host, "again", "");
  const before = seen.process;
  write(again, body('restartTrigger: "first"'));
  expect(again.must("preview")).toMatch(/powerCycle: restartTrigger/);
  again.up();
  const { process } = seen;
  expect(process).not.toBe(before);
  again.mustBeSettled();
  refresh(again);
  write(again, body(""));
  again.up();
  expect(seen.process).toBe(process);
  again.mustBeSettled();
  again.destroy();
});
