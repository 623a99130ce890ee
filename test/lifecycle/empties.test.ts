/**
 * What is given with nothing in it, or with nothing to see, on a real host: no difference for ever after, or refused by
 * its name (8.34).
 */

import type { z } from "zod";
import { validate } from "../../schema/explain";
import { disk } from "../../schema/disk";
import { guest } from "../../schema/guest";
import { network } from "../../schema/network";
import { pool } from "../../schema/pool";
import { referencesOf } from "../../schema/walk";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { optionalEmpties, stepsTo } from "../support/empties";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "images", { host: stack.host(), type: "dir", path: `${host.data}/images` });
});
afterEach(async () => {
  for (const name of ["other", "test-one"]) if (stack.kept.has(name)) await stack.destroy(name);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const schemas: Readonly<Record<string, z.ZodObject>> = { pool, disk, network, guest };

const needed: Readonly<Record<string, () => Values>> = {
  pool: () => ({ host: stack.host(), type: "dir", path: `${host.data}/other` }),
  disk: () => ({ pool: stack.pool("images"), sizeGiB: 0.001 }),
  network: () => ({ host: stack.host(), mode: "isolated", running: false }),
  guest: () => ({ host: stack.host(), vcpus: 1, memoryMiB: 64, running: false }),
};

/** What has to stand beside an input, by where it is. */
const beside: Readonly<Record<string, Values>> = {
  "guest.boot": { kernel: "/vmlinuz" },
  "guest.cpu": { mode: "maximum" },
  "guest.disks.0": { path: "/var/tmp/test-a.img" },
  "guest.nics.0": { user: true },
  "network.ipv4": { gateway: "10.77.0.1/24" },
  "network.ipv4.dhcp": { from: "10.77.0.10", to: "10.77.0.20" },
  "network.ipv6": { gateway: "fd00:77::1/64" },
  "network.ipv6.dhcp": { from: "fd00:77::10", to: "fd00:77::20" },
};

/** Inputs in which this stands at the path; without it where it is undefined. */
function inputsWith(kind: string, path: string, value: unknown): Values {
  const steps = stepsTo(path);
  const inner = steps.reduceRight<unknown>((within, step, index) => {
    const given = within === undefined ? {} : { [step]: within };
    return { ...beside[[kind, ...steps.slice(0, index)].join(".")], ...given };
  }, value);
  return { ...needed[kind]?.(), ...(inner as Values) };
}

/** Taken and no difference, now and ever after. */
async function mustSettle(kind: Kind, inputs: Values): Promise<void> {
  expect(await stack.up(kind, "test-one", inputs)).toBe("created");
  expect(await stack.up(kind, "test-one", inputs)).toBe("same");
  expect(await stack.check(kind, "test-one", inputs)).not.toHaveProperty("drift");
}

describe("nothing at all is as if it was left out", () => {
  const rows = Object.entries(schemas).flatMap(([kind, schema]) =>
    optionalEmpties(schema)
      .filter(({ path }) => !referencesOf(schema).some(([reference]) => path.startsWith(`${reference}.`)))
      .filter(({ path, empty }) => {
        const at = stepsTo(path);
        const whole = at.reduceRight<unknown>((within, step) => ({ [step]: within }), empty);
        return !validate(schema, whole).some((sentence) => sentence.startsWith(at.join(".")));
      })
      // It needs swtpm on the host.
      .filter(({ path }) => path !== "tpm")
      .map(({ path, empty }) => [`${kind}.${path}`, JSON.stringify(empty), kind as Kind, path, empty] as const),
  );

  it.each(rows)("%s: %s", async (name, _written, kind, path, empty) => {
    const given = inputsWith(kind, path, empty);
    await mustSettle(kind, given);
    if (name !== "guest.watchdog")
      expect(await stack.up(kind, "test-one", inputsWith(kind, path, undefined))).toBe("same");
  });
});

describe("white space is kept", () => {
  it.each([
    [{ title: " " }],
    [{ title: "\ta " }],
    [{ description: " " }],
    [{ description: "\n" }],
    [{ description: "\ta\nb \n" }],
    [{ metadata: { a: "", b: " ", c: "\n", d: "\r" } }],
    [{ boot: { kernel: "/vmlinuz", commandLine: " " } }],
    [{ boot: { kernel: "/vmlinuz", commandLine: " a  b\nc" } }],
    [{ disks: { a: { path: "/var/tmp/test-a.img", serial: " " } } }],
    [{ channels: { a: { name: " " } } }],
    [{ restartTrigger: "a\tb" }],
  ])("%j", (given) => mustSettle("guest", { ...needed.guest?.(), ...given }));
});
