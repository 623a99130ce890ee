/** Who is in the way of another number of virtual functions. */

import type { Claim } from "../../../../provider/libvirt/claim";
import { obstacles, type Use, usesByClaims, usesIn } from "../../../../provider/resources/virtual-functions/uses";

const [first, second] = ["0000:03:10.0", "0000:03:10.2"] as const;
const running: Use = { address: first, says: "guest web runs with it", isNow: true };
const defined: Use = { address: second, says: "guest off has it", isNow: false };

it.each<readonly [string, readonly Use[], readonly string[], readonly string[]]>([
  ["a running guest bears no change at all", [running, defined], [], [running.says]],
  ["what is off bears all but the end of what it is to have", [defined], [second], [defined.says]],
  ["what is off bears that others go", [defined], [first], []],
  ["each is said once", [running, running], [first], [running.says]],
])("%s", (_, uses, leaving, expected) => {
  expect(obstacles(uses, leaving)).toEqual(expected);
});

it("another stack's claim bears no change, one of this stack bears all but the end", () => {
  const claim = (owner: string, address: string, drivers?: string): Claim => ({
    uuid: "",
    owner,
    state: "finished",
    path: `pci/${address}`,
    drivers,
  });
  const claims = [claim("ours", first), claim("theirs", "0000:07:00.0", `${second}=8086:10ca/`)];
  expect(usesByClaims(claims, [first, second], "ours")).toEqual([
    { address: first, says: `another resource of this stack claims ${first}`, isNow: false },
    { address: second, says: `another stack claims ${second}`, isNow: true },
  ]);
});

it("what the host says is in use now", () => {
  expect(usesIn(`${first} its interface eth1 on the host has the address 10.0.0.1\n\n`)).toEqual([
    { address: first, says: `${first}: its interface eth1 on the host has the address 10.0.0.1`, isNow: true },
  ]);
});
