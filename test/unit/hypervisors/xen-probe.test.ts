/** What the profile says of Xen's driver is what a Xen host answered (test/lab/xen/probe, probe.txt). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { xen } from "../../../provider/hypervisors/xen";
import { liveRules } from "../../../provider/resources/guest/devices";
import { parseXml } from "../../../provider/libvirt/xml";

const rows = readFileSync(join(__dirname, "../../lab/xen/probe.txt"), "utf8").split("\n");

/** The answer to the first question that begins so. */
function answer(question: string): string {
  const row = rows.find((each) => each.startsWith(`${question} `));
  if (row === undefined) throw new Error(`the probe did not ask ${question}`);
  return row.slice(question.length).replace(/^.*?\s{2,}/, "");
}

it.each([...(xen.words.lacks ?? []), ...(xen.words.empty ?? [])])("has no word for %s", (command) => {
  expect(answer(command)).toMatch(/^no: .*(not supported by the connection driver|supported page sizes)/);
});

it("knows no variables of firmware when a guest is undefined", () => {
  expect(xen.words.withoutOptions?.undefine).toContain("--nvram");
  expect(answer("undefine pv --nvram")).toMatch(/^no: .*unsupported flags/);
});

it.each([
  ["pv", "linux"],
  ["pvh", "xenpvh"],
] as const)("a running guest takes what its rows say: %s", (name, osType) => {
  const guest = parseXml(`<domain type='xen'><os><type>${osType}</type></os></domain>`);
  const { changes, vcpusCanGo } = liveRules(xen, guest);
  expect(vcpusCanGo).toBe("all");
  const takes = (place: string): boolean => changes.some((row) => row.place.test(place));
  const asked: readonly (readonly [string, string])[] = [
    [`setvcpus ${name} 2 --live`, "vcpu@current"],
    [`setmem ${name} 160M --live`, "currentMemory"],
    [`desc ${name} --live words`, "description"],
    [`vcpupin ${name} 0 1 --live`, "cputune/vcpupin@cpuset"],
    [`attach-device ${name} disk.xml --live`, "devices/disk+"],
    [`attach-device ${name} card.xml --live`, "devices/interface+"],
  ];
  for (const [question, place] of asked)
    expect([question, answer(question), takes(place)]).toEqual([question, "yes", true]);
  // A device of the host comes only to a guest that was started for it.
  expect(answer(`attach-device ${name} hostdev.xml --live`)).toMatch(/^no: .*failed to attach pci device/);
});
