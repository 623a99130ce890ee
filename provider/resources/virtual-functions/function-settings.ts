/** The settings of one virtual function, by the words that `ip link` has for them. Pure. */

import type { VirtualFunction } from "../../../schema/virtual-functions";

export type SettingName = keyof VirtualFunction;

interface Setting {
  /** As in `ip link set DEVICE vf N trust on`. */
  readonly word: string;
  /** What it goes back to once it was stated and is no more: what lets the guest do least, and no limit. */
  readonly otherwise: boolean | number;
}

export const functionSettings: Readonly<Record<SettingName, Setting>> = {
  trust: { word: "trust", otherwise: false },
  spoofCheck: { word: "spoofchk", otherwise: true },
  maxMbit: { word: "max_tx_rate", otherwise: 0 },
};

export const settingNames = Object.keys(functionSettings) as readonly SettingName[];

/** For each that is stated, the words behind `vf N`. */
export function settingWords(wanted: VirtualFunction): string[][] {
  return settingNames.flatMap((name) => {
    const value = wanted[name];
    return value === undefined ? [] : [[functionSettings[name].word, spelled(value)]];
  });
}

function spelled(value: boolean | number): string {
  if (typeof value === "number") return String(value);
  return value ? "on" : "off";
}
