/** Equivalent spellings are the same, and different values are not. */

import { sameSpelling } from "../../../provider/libvirt/spellings";
import type { Place } from "../../../provider/reconcile/language";

function place(elements: string[], desired: string, actual: string): Place {
  const name = elements.at(-1) ?? "";
  const element = (text: string): Place["desired"] => ({ name, attributes: {}, children: [text] });
  return { elements, attribute: undefined, desired: element(desired), actual: element(actual) };
}

it.each([
  ["0,1,2,3,^2", "0-1,3"],
  ["5", "5-5"],
  ["3,1", "1,3"],
])("sets of CPUs: %s is %s", (desired, actual) => {
  expect(sameSpelling(place(["vcpu"], desired, actual), desired, actual)).toBe(true);
});

it.each([
  ["1-3", "1-4"],
  ["268435456", "536870912"],
  ["70000", "80000"],
  ["70000-70001", "80000-80001"],
])("%s is not %s", (desired, actual) => {
  expect(sameSpelling(place(["volume", "capacity"], desired, actual), desired, actual)).toBe(false);
});
