/** Who is in the way of another number of virtual functions. */

import type { Claim } from "../../../../provider/libvirt/claim";
import type { DeviceUser } from "../../../../provider/libvirt/device-users";
import type { NodeDevice } from "../../../../provider/libvirt/node-device";
import {
  obstacles,
  type Use,
  usesByClaims,
  usesIn,
  usesOfWhatIsBelow,
} from "../../../../provider/resources/virtual-functions/uses";

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

it("what is made of a virtual function does not come back with it, and is told with who has it", () => {
  const [there, defined] = ["6ac6ab91-4ec5-46d3-9ec4-7b43bd6d1e2c", "0f3c8f4e-8c0d-4ae4-a0a3-2d3e1c5b6a77"];
  const card = (name: string, address: string): NodeDevice =>
    ({ kind: "pci", name, address, isBridge: false, mdevTypes: [] }) as unknown as NodeDevice;
  const made = (uuid: string, parent: string, isActive: boolean): NodeDevice => ({
    kind: "mdev",
    name: `mdev_${uuid}`,
    parent,
    uuid,
    type: "nvidia-1",
    isActive,
  });
  const devices = [card("vf0", first), card("vf1", second), made(there, "vf0", true), made(defined, "vf1", false)];
  const user = (what: string, live: boolean, address: string): DeviceUser => ({
    uuid: "u",
    guest: "web",
    what,
    live,
    owner: undefined,
    address,
  });
  const users = [user("guest web", true, there), user("guest web", false, there), user("guest web", false, first)];
  expect(usesOfWhatIsBelow(users, devices, [first, second])).toEqual([
    { address: first, says: `the mediated device ${there} is made of ${first}`, isNow: true },
    { address: first, says: `guest web runs with ${there}, which is on ${first}`, isNow: true },
    { address: second, says: `the mediated device ${defined} is made of ${second}`, isNow: false },
  ]);
  expect(usesOfWhatIsBelow(users, devices, ["0000:04:00.0"])).toEqual([]);
});

it("what the host says is in use now", () => {
  expect(usesIn(`${first} its interface eth1 on the host has the address 10.0.0.1\n\n`)).toEqual([
    { address: first, says: `${first}: its interface eth1 on the host has the address 10.0.0.1`, isNow: true },
  ]);
});
