/** Operations that nobody waits for any more: they end where they stand, and the next one goes on from there (9.2). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { until } from "../support/until";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** What became of it, and how long that took after the interruption. */
async function interrupted(
  begun: () => boolean,
  act: (operation: { signal: AbortSignal; progress: () => void }) => Promise<unknown>,
): Promise<{ readonly error: string; readonly seconds: number }> {
  const nobody = new AbortController();
  const outcome = act({ signal: nobody.signal, progress: () => undefined }).then(
    () => "",
    (error: Error) => error.message,
  );
  await until(begun, 60);
  const from = Date.now();
  nobody.abort();
  return { error: await outcome, seconds: (Date.now() - from) / 1000 };
}

it("an upload ends at once, and the next up begins it anew", async () => {
  const file = `${host.data}/large.img`;
  // Half zeros: where a part of it was written can be seen.
  run("sh", "-c", `head -c 400M /dev/urandom > '${file}' && truncate -s 3G '${file}'`);
  const args = { pool: stack.pool("pool"), format: "raw", source: { path: file } };
  const volume = `${host.data}/pool/large.img`;
  const written = (): boolean => Number(run("sh", "-c", `stat -c %b '${volume}' 2>/dev/null || echo 0`)) > 0;
  const { error, seconds } = await interrupted(written, (operation) => stack.up("disk", "large", args, operation));
  expect(error).toMatch(/Lost the connection .*Hint: .*finishes what is half done/s);
  // Two seconds are promised; a busy machine may need more to say so, and the whole upload longer still.
  expect(seconds).toBeLessThan(8);
  expect(() => run("cmp", file, volume)).toThrow();
  const said: string[] = [];
  await stack.up("disk", "large", args, { progress: (text) => void said.push(text) });
  expect(said).toContainEqual(expect.stringMatching(/^uploads into large\.img: \d+ % of 3\.0 GiB, \d+ MiB\/s/));
  expect(run("cmp", file, volume)).toBe("");
  await stack.destroy("large");
});

it("a guest that is waited for to shut down runs on, with the definition that it had", async () => {
  const args = (more: Values = {}): Values => ({
    host: stack.host(),
    vcpus: 1,
    memoryMiB: 64,
    restart: "ifNeeded",
    shutdownTimeoutSeconds: 100,
    ...more,
  });
  await stack.up("guest", "deaf", args());
  const defined = host.virsh("dumpxml", "--inactive", "deaf");
  const { process } = new WatchedGuest(host, "deaf");
  const { error, seconds } = await interrupted(
    () => host.virsh("dumpxml", "--inactive", "deaf") !== defined,
    (operation) => stack.up("guest", "deaf", args({ memoryMiB: 96 }), operation),
  );
  expect(error).toMatch(/Interrupted: it waits for guest "deaf" to shut down/);
  expect(seconds).toBeLessThan(30);
  expect(host.virsh("dumpxml", "--inactive", "deaf")).toBe(defined);
  expect(new WatchedGuest(host, "deaf").process).toBe(process);
  expect(await stack.up("guest", "deaf", args())).toBe("same");
  await stack.up("guest", "deaf", args({ forceOff: true, shutdownTimeoutSeconds: 1 }));
  await stack.destroy("deaf");
});
