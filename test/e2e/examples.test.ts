/** The programs that people copy, run as they stand: up, nothing left to do, destroy, nothing left behind. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { installGuestImage, type PrivateHost, startPrivateHost } from "../support/private-host";
import { Program } from "../support/program";

jest.setTimeout(240_000);

const root = join(__dirname, "../..");
// What needs devices to pass on runs in the lab (test/lab/kvm/passthrough-guests.test.ts).
const examples = readdirSync(join(root, "examples")).filter((name) => name !== "gpu-and-vf");

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
  installGuestImage(host.data);
});
afterAll(() => host.stop());

it.each(examples)("%s", (name) => {
  const folder = join(root, "examples", name);
  const files = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  const program = new Program("", { name, files });
  try {
    for (const need of ["typescript", "@types/node"]) program.link(need, join(root, "node_modules", need));
    program.must("config", "set", "uri", host.uri);
    program.must("config", "set", "folder", host.data);
    program.up();
    program.mustBeSettled();
    expect(host.virsh("list", "--name").trim()).not.toBe("");
    program.destroy();
    for (const list of ["list", "net-list", "pool-list"]) expect(host.virsh(list, "--all", "--name").trim()).toBe("");
    expect(host.virsh("secret-list").trim()).toBe("");
  } finally {
    program.remove();
  }
});
