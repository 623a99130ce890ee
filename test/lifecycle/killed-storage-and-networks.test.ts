/** Pools, networks and disks that are interrupted at any command (test/support/disasters.ts). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { bridge, name, removeLeftBridge, strike, theEngine, theHost } from "../support/disasters";

const at = (): Values => ({ host: theEngine().host() });
const poolArgs =
  (more: Values = {}) =>
  (): Values => ({ ...at(), type: "dir", path: `${theHost().data}/${name}`, ...more });
const networkArgs =
  (more: Values = {}) =>
  (): Values => ({
    ...at(),
    mode: "isolated",
    bridge,
    domain: "before.test",
    ipv4: { gateway: "10.77.0.1/24" },
    ...more,
  });
const diskArgs = (more: Values) => (): Values => ({ pool: theEngine().pool("ground"), ...more });
const raw =
  (more: Values = {}) =>
  (): Values =>
    diskArgs({ format: "raw", source: { path: `${theHost().data}/seed.img` }, ...more })();
const qcow2 = (): Values => diskArgs({ source: { path: `${theHost().data}/seed.qcow2` }, sizeGiB: 0.03125 })();

strike([
  { title: "create", kind: "pool", after: poolArgs() },
  {
    title: "update",
    kind: "pool",
    before: poolArgs({ running: false }),
    after: poolArgs({ autostart: false }),
    isUndone: false,
  },
  { title: "delete", kind: "pool", before: poolArgs() },

  { title: "create", kind: "network", after: networkArgs() },
  {
    title: "update: started again with another domain",
    kind: "network",
    before: networkArgs(),
    after: networkArgs({ domain: "after.test", autostart: false }),
  },
  {
    title: "update after a start that failed",
    kind: "network",
    before: networkArgs(),
    after: networkArgs(),
    hinder: () => void theHost().enter("ip", "link", "add", bridge, "type", "bridge"),
    release: removeLeftBridge,
  },
  { title: "delete", kind: "network", before: networkArgs() },

  { title: "create blank", kind: "disk", after: diskArgs({ sizeGiB: 0.0078125 }) },
  { title: "create blank raw", kind: "disk", after: diskArgs({ sizeGiB: 0.0078125, format: "raw" }) },
  { title: "create from a raw file", kind: "disk", after: raw() },
  { title: "create from a qcow2 file, and grow", kind: "disk", after: qcow2 },
  { title: "create on another disk", kind: "disk", after: () => diskArgs({ backing: theEngine().disk("base") })() },
  { title: "grow", kind: "disk", before: raw(), after: raw({ sizeGiB: 0.0078125 }), isUndone: false },
  { title: "delete", kind: "disk", before: raw() },
]);
