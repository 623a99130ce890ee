/** Guests that are interrupted at any command (test/support/disasters.ts). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { strike, theEngine, theHost } from "../support/disasters";
import { run } from "../support/private-host";

const at = (): Values => ({ host: theEngine().host() });
const off =
  (more: Values = {}) =>
  (): Values => ({ ...at(), vcpus: 1, memoryMiB: 64, running: false, ...more });
/** It has no system that could shut it down. */
const running =
  (more: Values = {}) =>
  (): Values => ({
    ...at(),
    vcpus: 1,
    memoryMiB: 64,
    disks: { root: { disk: theEngine().disk("data") } },
    shutdownTimeoutSeconds: 1,
    forceOff: true,
    ...more,
  });

strike([
  { title: "create, off", kind: "guest", after: off({ autostart: true }) },
  {
    title: "update, off",
    kind: "guest",
    before: off(),
    after: off({ name: "victim", memoryMiB: 96, autostart: true, title: "After" }),
  },
  { title: "delete, off", kind: "guest", before: off({ autostart: true }) },
  { title: "create, running", kind: "guest", after: running({ autostart: true }) },
  {
    title: "update, running, no restart",
    kind: "guest",
    before: running(),
    after: running({ title: "After", metadata: { purpose: "after" }, memoryMiB: 96 }),
  },
  {
    title: "update, running: a disk and a card attached, and a vCPU",
    kind: "guest",
    before: running({ vcpus: { current: 1, max: 2 } }),
    after: () => ({
      ...running({ vcpus: { current: 2, max: 2 }, nics: { out: { user: true } } })(),
      disks: { root: { disk: theEngine().disk("data") }, more: { disk: theEngine().disk("base") } },
    }),
    isUndone: false,
  },
  {
    title: "update, running, restart",
    kind: "guest",
    before: running(),
    after: running({ memoryMiB: 96, restart: "ifNeeded" }),
    isUndone: false,
  },
  {
    title: "update after a start that failed",
    kind: "guest",
    before: running(),
    after: running(),
    hinder: () => run("mv", `${theHost().data}/ground/data.img`, `${theHost().data}/ground/away`),
    release: () => run("mv", `${theHost().data}/ground/away`, `${theHost().data}/ground/data.img`),
  },
  { title: "delete, running", kind: "guest", before: running() },
]);
