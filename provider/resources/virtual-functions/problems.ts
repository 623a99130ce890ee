/** What cannot be with virtual functions, whatever their host says. Pure. */

import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { holdsUnknown } from "../../../schema/unknown";
import { problemsOfSelector, waysToDevice } from "../passthrough-device/pci";

export function problems({ pci, count, functions }: VirtualFunctionsInputs): string[] {
  return [...problemsOfDevice(pci), ...problemsOfNumbers(count, functions)];
}

function problemsOfDevice(pci: VirtualFunctionsInputs["pci"]): string[] {
  return typeof pci !== "object" || holdsUnknown(pci) ? [] : problemsOfSelector(pci, waysToDevice);
}

function problemsOfNumbers(count: number, functions: VirtualFunctionsInputs["functions"]): string[] {
  if (holdsUnknown(count) || typeof functions !== "object") return [];
  return Object.keys(functions)
    .filter((number) => Number(number) >= count)
    .map((number) => `functions.${number}: with a count of ${count} the last virtual function is ${count - 1}.`);
}
