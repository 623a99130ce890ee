/** Several mistakes at once in a program: the preview names each field, fails, and touches nothing. */

import { type PrivateHost, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";

jest.setTimeout(240_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => host.stop());

function program(source: string): Program {
  return newProgram(
    `${opening(host)}const host = { uri };
     const guest = (name, more) => new virt.Guest(name, { host, vcpus: 1, memoryMiB: 64, ...more });\n${source}`,
  );
}

it("a preview names every field that the host would refuse, fails, and touches nothing (8.34)", () => {
  const wrong = program(`
    guest("wrong", {
      cpu: { mode: "custom", model: "Cascadelake-Servr" },
      disks: { root: { path: data + "/nothing.img", bus: "ide" } },
      nics: { lan: { network: { name: "defualt" } } },
      xml: { tune: { fragment: "<memtune><hard_limit>much</hard_limit></memtune>" } },
    });`);
  const { code, text } = wrong.pulumi("preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/cpu\.model: libvirt knows no CPU model .*did you mean .*Cascadelake-Server/);
  expect(text).toMatch(/disks\.root\.bus: .*ide.* is no bus of the machine type/);
  expect(text).toMatch(/xml\.tune: libvirt's schema does not take <hard_limit> in <memtune>/);
  expect(text).toMatch(/warning: disks\.root\.path: there is no \S+\/nothing\.img/);
  expect(text).toMatch(/warning: nics\.lan\.network: the host has no network .*defualt/);
  expect(text).not.toMatch(/blockdev|at Object\.|RelaxNG|domain\.rng/);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it.each([
  [
    "one name",
    `guest("one", { name: "same", running: false }); guest("two", { name: "same", running: false });`,
    /name: the name \\?"same\\?" is taken by the resource \\?"(one|two)\\?" of this program/,
  ],
  [
    "one disk",
    `guest("one", { disks: { data: { path: data + "/shared.img" } } });
     guest("two", { disks: { more: { path: data + "/shared.img" } } });`,
    /disks\.(data|more): \S+\/shared\.img is taken by the resource \\?"(one|two)\\?" of this program/,
  ],
  [
    "an image that a guest writes to, and a disk lies on,",
    `guest("one", { disks: { data: { path: data + "/shared.img" } } });
     const pool = { host, name: "images", type: "dir", path: data + "/images" };
     const backing = { host, pool: "images", name: "shared.img", path: data + "/shared.img", format: "raw" };
     new virt.Disk("two", { pool, backing });`,
    /(disks\.data|backing): \S+\/shared\.img is taken by .*destroys the disks that lie on it/,
  ],
  [
    "one MAC address",
    `const nics = { lan: { network: { name: "lan" }, mac: "52-54-00-00-00-01" } };
     guest("one", { nics, running: true }); guest("two", { nics, running: true });`,
    /nics\.lan\.mac: 52:54:00:00:00:01 is taken by the resource \\?"(one|two)\\?" of this program/,
  ],
  [
    "overlapping subnets",
    `new virt.Network("one", { host, mode: "isolated", ipv4: { gateway: "10.92.0.1/16" } });
     new virt.Network("two", { host, mode: "nat", ipv4: { gateway: "10.92.7.1/24" } });`,
    /ipv4\.gateway: the subnet of 10\.92\.\d\.1\S+ is taken by the resource \\?"(one|two)\\?" of this program/,
  ],
])("a preview refuses %s of two resources of a program (8.34)", (_what, source, sentence) => {
  const { code, text } = program(source).pulumi("preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(sentence);
});

it("an up that starts with a mistake which only QEMU finds names the field (8.34)", () => {
  const wrong = program(`guest("blocked", { disks: { root: { path: data + "/not-there.img" } } });`);
  const { code, text } = wrong.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/disks\.root\.path: /);
  expect(text).not.toMatch(/blockdev/);
});
