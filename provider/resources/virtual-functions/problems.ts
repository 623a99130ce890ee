/** What cannot be with virtual functions, whatever their host says. Pure. */

import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { holdsUnknown } from "../../../schema/unknown";
import { problems as problemsOfDevice } from "../passthrough-device/problems";

export function problems({ host, pci, count, functions }: VirtualFunctionsInputs): string[] {
  return [...problemsOfDevice({ host, pci }), ...problemsOfNumbers(count, functions)];
}

function problemsOfNumbers(count: number, functions: VirtualFunctionsInputs["functions"]): string[] {
  if (holdsUnknown(count) || typeof functions !== "object") return [];
  return Object.keys(functions)
    .filter((number) => Number(number) >= count)
    .map((number) => `functions.${number}: with a count of ${count} the last virtual function is ${count - 1}.`);
}
