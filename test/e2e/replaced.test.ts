/** What is made anew in its own place: what the old one has is nobody else's (8.10). */

import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(300_000);

let host: PrivateHost;
const programs: Program[] = [];
const program = (text: string): Program => {
  const made = new Program(text);
  programs.push(made);
  return made;
};
beforeAll(() => {
  host = startPrivateHost();
  run("truncate", "-s", "1M", `${host.data}/root.img`);
});
afterAll(() => {
  programs.forEach((each) => each.remove());
  host.stop();
});

/** All that two of a host cannot have at once: names, a folder, a subnet, an address, an image that is written to. */
function source(name: string, { autostart = true, aliases = "" } = {}): string {
  const resource = (kind: string, more: string): string =>
    `new virt.${kind}("${name}-${kind}", { host, name: "a", autostart: ${autostart}, ${more} },
       { replaceOnChanges: ["autostart"], aliases: [${aliases === "" ? "" : `{ name: "${aliases}-${kind}" }`}] });`;
  return `const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const lan = new virt.Network("lan", { host, mode: "isolated" });
    ${resource("Pool", `type: "dir", path: "${host.data}/pool"`)}
    ${resource("Network", `mode: "nat", ipv4: { gateway: "10.77.0.1/24" }`)}
    ${resource(
      "Guest",
      `vcpus: 1, memoryMiB: 64, shutdownTimeoutSeconds: 1, forceOff: true,
       disks: { root: { path: "${host.data}/root.img" } }, nics: { lan: { network: lan, mac: "52:54:00:cc:00:01" } }`,
    )}`;
}

const replaced = (text: string): void => {
  expect(text).toMatch(/\+-3 (to replace|replaced)/);
  expect(text).not.toMatch(/warning/);
};

it("is in nobody's way: under an alias, and where an alias had given it its name before", () => {
  const made = program(source("one"));
  made.up();
  const write = (text: string): void => made.write("index.js", text);
  write(source("two", { aliases: "one", autostart: false }));
  replaced(made.must("preview"));
  write(source("two", { aliases: "one" }));
  made.up();
  write(source("two", { autostart: false }));
  replaced(made.must("preview"));
  replaced(made.up());
  made.mustBeSettled();
});

it("restarts no guest in a preview where the deletion is refused, and that is said", () => {
  const made = program(`const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const pool = new virt.Pool("pool", { host, type: "dir", path: "${host.data}/used" });
    const base = new virt.Disk("base", { pool, format: "raw", sizeGiB: 0.01 });
    const disk = new virt.Disk("disk", { pool, backing: base, sizeGiB: 0.01 });
    new virt.Guest("uses", { host, vcpus: 1, memoryMiB: 64, shutdownTimeoutSeconds: 1, forceOff: true, restart: "ifNeeded", disks: { root: { disk } } });`);
  made.up();
  const urns = made.must("stack", "--show-urns");
  for (const [name, users] of [
    ["pool", undefined],
    ["base", /"base\.img" is there .* in use by .*disk\.qcow2/],
    ["disk", /"disk\.qcow2" is there .* in use by guest uses\./],
  ] as const) {
    const urn = new RegExp(`urn:pulumi:\\S+::${name}(?=\\s|$)`, "m").exec(urns)?.[0] ?? "";
    const text = made.must("preview", "--replace", urn);
    expect(text).not.toMatch(/powerCycle/);
    if (users !== undefined) expect(text).toMatch(users);
    expect(made.pulumi("up", "--yes", "--skip-preview", "--replace", urn).text).toMatch(/Unable to (delete|remove)/);
  }
  made.mustBeSettled();
});

it("deletes no guest that would be refused as a new one: by --replace, by state taint, by replaceOnChanges", () => {
  const images = `${host.data}/images`;
  const text = (more: string): string => `const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const pool = new virt.Pool("images", { host, type: "dir", path: "${images}" });
    const disk = new virt.Disk("written", { pool, format: "raw", sizeGiB: 0.01 });
    new virt.Guest("stays", { host, vcpus: 1, memoryMiB: 64, shutdownTimeoutSeconds: 1, forceOff: true,
      disks: { root: { disk } }, ${more} }, { replaceOnChanges: ["autostart"] });`;
  const made = program(text("autostart: false"));
  made.up();
  run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", `${images}/written.img`, `${images}/over.qcow2`);
  made.mustBeSettled();
  const urn = /urn:pulumi:\S+::stays(?=\s|$)/m.exec(made.must("stack", "--show-urns"))?.[0] ?? "";
  const refused = /written\.img lies beneath disk over\.qcow2/;
  const process = new WatchedGuest(host, "stays").process;
  const mustStay = (...words: string[]): void => {
    const { text, code } = made.pulumi(...words);
    expect(text).toMatch(refused);
    expect(code).not.toBe(0);
    expect(new WatchedGuest(host, "stays").process).toBe(process);
  };
  expect(made.must("preview", "--replace", urn)).toMatch(refused);
  mustStay("up", "--yes", "--skip-preview", "--replace", urn);
  made.must("state", "taint", urn, "--yes");
  expect(made.must("preview")).toMatch(refused);
  mustStay("up", "--yes", "--skip-preview");
  made.must("state", "untaint", urn, "--yes");
  made.write("index.js", text("autostart: true"));
  mustStay("preview");
  mustStay("up", "--yes", "--skip-preview");
  made.write("index.js", text("autostart: false"));
  run("rm", `${images}/over.qcow2`);
  made.mustBeSettled();
});
