/** The serial console, which every guest has (formatdomain, "Consoles, serial, parallel & channel devices"). Pure. */

import { element } from "../../../reconcile/desired";
import type { DeviceKind } from "./device";

export const consoleKind: DeviceKind = {
  elements: ["serial", "console"],

  write({ inputs, defaults }) {
    const { logFile } = inputs.console ?? {};
    const log = logFile === undefined ? undefined : element("log", "console.logFile", { file: logFile, append: "on" });
    const target = { type: defaults.consoleTarget, port: 0 };
    return [
      ...(defaults.serialPort
        ? [element("serial", "console", { type: "pty" }, [element("target", "console", { port: 0 }), log])]
        : []),
      element("console", "console", { type: "pty" }, [element("target", "console", target), log]),
    ];
  },

  live: {},
};
