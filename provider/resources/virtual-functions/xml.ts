/** What is wanted of a device that is divided: nothing in XML, since nothing is defined by it. Pure. */

import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { type Desired, element } from "../../reconcile/desired";
import { functionSettings, settingNames } from "./function-settings";

/** `found`: the address of the device that the program means, as it is now; null where it is not there. */
export function toXml(inputs: VirtualFunctionsInputs, found: string | null | undefined): Desired {
  return {
    document: element("device", "", {}, []),
    // Of what is not there nothing can be had: that is told, and nothing is made of it.
    settings: found === null ? {} : { ...(found === undefined ? {} : { pci: found }), ...settingsOf(inputs) },
  };
}

function settingsOf({ count, up, persistent, functions = {} }: VirtualFunctionsInputs): Desired["settings"] {
  const ofFunctions = Array.from({ length: count }, (_, number) =>
    settingNames.map((name): [string, boolean | number] => [
      `functions.${number}.${name}`,
      functions[number]?.[name] ?? functionSettings[name].otherwise,
    ]),
  );
  return {
    count,
    ...(up === false ? {} : { up: true }),
    persistent: persistent ?? false,
    ...Object.fromEntries(ofFunctions.flat()),
  };
}
