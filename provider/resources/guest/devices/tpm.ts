/** The TPM, emulated on the host (formatdomain, "TPM device"). Pure. */

import { element, stated } from "../../../reconcile/desired";
import type { DeviceKind } from "./device";

export const tpmKind: DeviceKind = {
  elements: ["tpm"],

  write({ inputs, defaults }) {
    const wanted = inputs.tpm ?? (inputs.os === "windows" && defaults.tpm ? {} : undefined);
    if (wanted === undefined) return [];
    return [
      element("tpm", "tpm", { model: stated("tpm.model", wanted.model ?? defaults.tpmModel) }, [
        element("backend", "tpm", { type: "emulator", version: stated("tpm.version", wanted.version ?? "2.0") }),
      ]),
    ];
  },

  live: {},

  listed: [
    { input: "tpm", element: "tpm", attribute: "model", list: "model", what: "TPM" },
    {
      input: "tpm",
      element: "tpm",
      child: "backend",
      attribute: "type",
      list: "backendModel",
      what: "backend of a TPM",
    },
  ],
};
