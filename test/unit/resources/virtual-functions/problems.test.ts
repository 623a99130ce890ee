/** What cannot be with virtual functions, offline. */

import { validate } from "../../../../schema/explain";
import { unknown } from "../../../../schema/unknown";
import { virtualFunctions, type VirtualFunctionsInputs } from "../../../../schema/virtual-functions";
import { problems } from "../../../../provider/resources/virtual-functions/problems";

const inputs = { host: { uri: "qemu:///system" }, pci: { interface: "enp3s0" }, count: 4 };

it.each<readonly [string, object, RegExp]>([
  ["none at all", { count: 0 }, /^count: must be at least 1; where there shall be none, leave the resource out\.$/],
  ["half a one", { count: 1.5 }, /^count: /],
  ["a number that is none", { functions: { first: { trust: true } } }, /^functions\.first: keys are numbers/],
  ["a number in two ways", { functions: { "01": { trust: true } } }, /^functions\.01: keys are numbers/],
  ["what a card does not know", { functions: { "0": { qos: 1 } } }, /^functions\.0\.qos: there is no such property/],
])("%s is refused", (_, more, says) => {
  expect(validate(virtualFunctions, { ...inputs, ...more })).toEqual([expect.stringMatching(says)]);
});

it.each<readonly [string, Partial<VirtualFunctionsInputs>, readonly string[]]>([
  ["all is well", { functions: { "3": { trust: true } } }, []],
  ["past the last one", { functions: { "4": {} } }, ["functions.4: with a count of 4 the last virtual function is 3."]],
  [
    "no device is named",
    { pci: {} },
    [expect.stringMatching(/^pci: say which .*, by vendor and product, or by interface\.$/) as string],
  ],
  ["the number is not known yet", { count: unknown as never, functions: { "9": {} } }, []],
])("%s", (_, more, expected) => {
  expect(problems({ ...inputs, ...more })).toEqual(expected);
});
