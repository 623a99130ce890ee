/** Several mistakes at once in a program: the preview names each field, fails, and touches nothing. */

import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";

jest.setTimeout(240_000);

let host: PrivateHost;
const programs: Program[] = [];
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => {
  programs.forEach((program) => program.remove());
  host.stop();
});

function program(source: string): Program {
  const made = new Program(
    `const virt = require("pulumi-virt");
     const host = { uri: ${JSON.stringify(host.uri)} }; const data = ${JSON.stringify(host.data)};
     const guest = (name, more) => new virt.Guest(name, { host, vcpus: 1, memoryMiB: 64, ...more });\n${source}`,
  );
  programs.push(made);
  return made;
}

it("a preview names every field that the host would refuse, fails, and touches nothing (8.34)", () => {
  const wrong = program(`
    guest("machine", { machine: "pc-q35-99.0", cpu: { mode: "custom", model: "Cascadelake-Servr" } });
    guest("bus", { disks: { root: { path: data + "/nothing.img", bus: "ide" } } });
    guest("fragment", { xml: { tune: { fragment: "<memtune><hard_limit>much</hard_limit></memtune>" } } });
    guest("net", { nics: { lan: { network: { name: "defualt" } } } });
    guest("one", { name: "same", running: false });
    guest("two", { name: "same", running: false });
    guest("writer", { name: "writer-1", disks: { data: { path: data + "/shared.img" } } });
    guest("other", { name: "writer-2", disks: { more: { path: data + "/shared.img" } } });
    guest("fine", { running: false });`);
  const { code, text } = wrong.pulumi("preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/machine: "pc-q35-99\.0" is no machine type of this host/);
  expect(text).toMatch(/disks\.root\.bus: "ide" is no bus of the machine type "q35"/);
  expect(text).toMatch(/disks\.root\.path: there is no \S+\/nothing\.img/);
  expect(text).toMatch(/xml\.tune: libvirt's schema does not take <hard_limit> in <memtune>/);
  expect(text).toMatch(/nics\.lan\.network: the host has no network "defualt"/);
  expect(text).toMatch(/name: the name "same" is taken by the resource "(one|two)" of this program/);
  expect(text).toMatch(/disks\.(data|more): \S+\/shared\.img is taken by the resource "(writer|other)"/);
  expect(text).not.toMatch(/blockdev|at Object\.|RelaxNG|domain\.rng/);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it("an up that starts with a mistake which only QEMU finds names the field (8.34)", () => {
  const wrong = program(`guest("blocked", { disks: { root: { path: data + "/not-there.img" } } });`);
  const { code, text } = wrong.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/disks\.root\.path: /);
  expect(text).not.toMatch(/blockdev/);
  wrong.destroy();
});
