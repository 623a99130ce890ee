import { givesAddress } from "../../../provider/libvirt/dhcp";
import { parseXml } from "../../../provider/libvirt/xml";

const mac = "52:54:00:aa:bb:01";
const range = "<range start='10.0.0.100' end='10.0.0.200'/>";
const reservation = (address: string): string => `<host mac='${address}' ip='10.0.0.10'/>`;

it.each([
  ["a range", `<ip address='10.0.0.1'><dhcp>${range}</dhcp></ip>`, true],
  [
    "a range of IPv6",
    "<ip family='ipv6' address='fd00::1'><dhcp><range start='fd00::2' end='fd00::9'/></dhcp></ip>",
    true,
  ],
  [
    "a range beside a subnet without",
    `<ip address='10.1.0.1'/><ip address='10.0.0.1'><dhcp>${range}</dhcp></ip>`,
    true,
  ],
  ["a reservation for it alone", `<ip address='10.0.0.1'><dhcp>${reservation(mac.toUpperCase())}</dhcp></ip>`, true],
  [
    "a reservation for another card",
    `<ip address='10.0.0.1'><dhcp>${reservation("52:54:00:aa:bb:02")}</dhcp></ip>`,
    false,
  ],
  ["no DHCP", "<ip address='10.0.0.1'/>", false],
  ["a bridge of the host's own", "<forward mode='bridge'/><bridge name='br0'/>", false],
])("what libvirt gives addresses to: %s (8.30)", (_, inner, gives) => {
  expect(givesAddress(parseXml(`<network><name>lan</name>${inner}</network>`), mac)).toBe(gives);
});
