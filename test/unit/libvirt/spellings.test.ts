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

it.each([
  ["0.03 GiB in extents of 4 MiB", "32212480", "33554432", true],
  ["in extents of 32 MiB", "41943040", "67108864", true],
  ["one extent more", "33554432", "37748736", false],
  ["less", "33554432", "32212480", false],
])("a volume's size, %s", (_what, desired, actual, same) => {
  expect(sameSpelling(place(["volume", "capacity"], desired, actual), desired, actual)).toBe(same);
});
