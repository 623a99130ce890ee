/** examples/xen-and-kvm by the real engine: one and the same guest on a host with QEMU and on a Xen host (10.2). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startLabHost } from "../../support/lab-host";
import { startPrivateHost } from "../../support/private-host";
import { Program } from "../../support/program";
import type { TestHost } from "../../support/test-host";
import { WatchedGuest } from "../../support/watched-guest";

const root = join(__dirname, "../../..");
const example = (file: string): string => readFileSync(join(root, "examples/xen-and-kvm", file), "utf8");
let qemu: TestHost;
let xen: TestHost;
let program: Program;
beforeAll(() => {
  qemu = startPrivateHost();
  xen = startLabHost("xen");
  for (const host of [qemu, xen]) host.installGuestImage();
  // The example's folder is the same on both.
  xen.enter("sh", "-c", 'mkdir -p "$1" && mv "$2"/* "$1"', "move", qemu.data, xen.data);
  for (const host of [qemu, xen]) host.enter("mkdir", "-p", `${qemu.data}/disks`);
  const files = Object.fromEntries(["index.ts", "package.json", "tsconfig.json"].map((file) => [file, example(file)]));
  program = new Program("", { name: "xen-and-kvm", files });
  for (const name of ["typescript", "@types/node"]) program.link(name, join(root, "node_modules", name));
  for (const [key, value] of Object.entries({ folder: qemu.data, uri: qemu.uri, xenUri: xen.uri }))
    program.must("config", "set", key, value);
}, 900_000);
afterAll(() => {
  program.remove();
  xen.enter("rm", "-rf", qemu.data);
  for (const host of [qemu, xen]) host.stop();
});

it("makes it on both, with the same NIC and a disk of its own", async () => {
  program.up();
  for (const host of [qemu, xen]) expect(host.virsh("domstate", "web").trim()).toBe("running");
  const onXen = WatchedGuest.onXen(xen, "web");
  await onXen.sees(/ disks: xvda=256MiB cards: eth0=52:54:00:21:00:01$/);
  expect(qemu.virsh("dumpxml", "web")).toContain("<mac address='52:54:00:21:00:01'/>");
  program.mustBeSettled();
});

it("changes both while they run", () => {
  const before = [qemu, xen].map((host) => host.virsh("domid", "web"));
  program.write("index.ts", example("index.ts").replace("memoryMiB: 192", "memoryMiB: 224"));
  const preview = program.must("preview");
  for (const name of ["kvm", "xen"]) expect(preview).toMatch(new RegExp(`${name}-web.*live: memoryMiB`));
  expect(preview).not.toMatch(/nextStart|powerCycle/);
  program.up();
  expect([qemu, xen].map((host) => host.virsh("domid", "web"))).toEqual(before);
  program.mustBeSettled();
});

it("takes both away", () => {
  program.destroy();
  expect(qemu.virsh("list", "--all", "--name").trim()).toBe("");
  expect(xen.virsh("list", "--all", "--name").trim()).toBe("Domain-0");
});
