/** What a host tells of devices that can be divided; the answers of `ip` are those of iproute2 6.15 for a card of Intel (igb). */

import { lookIn } from "../../../../provider/resources/virtual-functions/sight";

const link = (flags: readonly string[], functions: string): string =>
  `[{"ifindex":6,"ifname":"enp3s0","flags":${JSON.stringify(flags)},"mtu":1500,"qdisc":"mq","operstate":"UP","linkmode":"DEFAULT","group":"default","txqlen":1000,"link_type":"ether","address":"52:54:00:00:03:01","broadcast":"ff:ff:ff:ff:ff:ff","vfinfo_list":[${functions}],"altnames":["enx525400000301"]}]`;
const common = `"link_type":"ether","address":"f6:f6:60:e8:cb:ad","broadcast":"ff:ff:ff:ff:ff:ff","vlan_list":[{}]`;
const zero = `{"vf":0,${common},"tx_rate":100,"rate":{"max_tx":100,"min_tx":0},"spoofchk":false,"link_state":"auto","trust":true}`;
const one = `{"vf":1,${common},"rate":{"max_tx":0,"min_tx":0},"spoofchk":true,"link_state":"auto","trust":false}`;

it("one device after the other, each with its functions in the order of their number", () => {
  const said = `device 0000:03:00.0
rule # ours
rule ACTION=="add"
maximum 12
count 11
writable
function 0 0000:03:10.0
function 10 0000:03:12.4
function 1 0000:03:10.2
interface enp3s0
link ${link(["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], `${zero},${one}`)}
device 0000:04:00.0
maximum 2
count 0
`;
  const { sights, lacks } = lookIn(said);
  expect(lacks).toEqual([]);
  expect(sights.get("0000:03:00.0")).toEqual({
    maximum: 12,
    count: 11,
    addresses: ["0000:03:10.0", "0000:03:10.2", "0000:03:12.4"],
    mayWrite: true,
    interface: "enp3s0",
    isUp: true,
    hasLink: true,
    functions: new Map([
      [0, { trust: true, spoofCheck: false, maxMbit: 100 }],
      [1, { trust: false, spoofCheck: true, maxMbit: 0 }],
    ]),
    rule: '# ours\nACTION=="add"\n',
  });
  expect(sights.get("0000:04:00.0")).toMatchObject({
    maximum: 2,
    mayWrite: false,
    interface: undefined,
    rule: undefined,
  });
});

it.each<readonly [string, string, object]>([
  ["an interface that is down", `link ${link(["BROADCAST", "MULTICAST"], "")}`, { isUp: false, hasLink: false }],
  ["one that is up without a link", `link ${link(["NO-CARRIER", "UP"], zero)}`, { isUp: true, hasLink: false }],
  ["a host whose ip is missing or says nothing", "link ", { isUp: false, functions: new Map() }],
  [
    "old iproute2, which writes an empty object for each other one",
    `link [{},${link(["UP"], "").slice(1)}`,
    { isUp: true },
  ],
])("%s", (_, row, expected) => {
  const { sights } = lookIn(`lacks udevadm\ndevice 0000:03:00.0\nmaximum 7\ncount 0\ninterface enp3s0\n${row}\n`);
  expect(sights.get("0000:03:00.0")).toMatchObject(expected);
});

it("what the host lacks, and a device that is not there or has no SR-IOV", () => {
  const { sights, lacks } = lookIn("lacks ip\nlacks udevadm\ndevice 0000:03:00.0\n");
  expect([lacks, sights.get("0000:03:00.0")?.maximum]).toEqual([["ip", "udevadm"], 0]);
});
