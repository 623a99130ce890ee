/** Steps from one XML of a running network to another. */

import { parseXml } from "../../../provider/libvirt/xml";
import { isUpdatable, needsStart, updates } from "../../../provider/resources/network/live-update";

const network = (dhcp: string, { dns = "", more = "", forward = "<forward mode='nat'/>" } = {}): string =>
  `<network>${forward}<bridge name='virbr0'/><dns>${dns}</dns>${more}
   <ip address='10.0.0.1' prefix='24'/><ip family='ipv6' address='fd00::1' prefix='64'><dhcp>${dhcp}</dhcp></ip></network>`;

const steps = (from: string, to: string): string[] =>
  updates(parseXml(from), parseXml(to)).map(({ command, section, parentIndex, entry }) =>
    [command, section, parentIndex ?? "-", ...Object.values(entry.attributes)].join(" "),
  );

it("deletes everything before it adds anything, and says in which address block", () => {
  expect(
    steps(
      network("<range start='fd00::1' end='fd00::2'/><host name='a' ip='fd00::9'/><host name='c' ip='fd00::c'/>", {
        dns: "<host ip='10.0.0.7'><hostname>old</hostname></host>",
      }),
      network("<range start='fd00::1' end='fd00::3'/><host name='b' ip='fd00::9'/><host name='c' ip='fd00::c'/>", {
        dns: "<host ip='10.0.0.7'><hostname>new</hostname></host>",
      }),
    ),
  ).toEqual([
    "delete ip-dhcp-range 1 fd00::1 fd00::2",
    "delete ip-dhcp-host 1 a fd00::9",
    "delete dns-host - 10.0.0.7",
    "add ip-dhcp-range 1 fd00::1 fd00::3",
    "add ip-dhcp-host 1 b fd00::9",
    "add dns-host - 10.0.0.7",
  ]);
});

it("needs no start for what libvirt adds while a network runs, and one for the rest", () => {
  const defined = parseXml(network(""));
  const nat = "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>";
  expect(needsStart(parseXml(network("<host name='a' ip='fd00::9'/>", { forward: nat })), defined)).toBe(false);
  for (const other of [{ forward: "" }, { more: "<domain name='x'/>" }, { more: "<mtu size='1400'/>" }])
    expect(needsStart(parseXml(network("", other)), defined)).toBe(true);
  expect(needsStart(parseXml(network("", { dns: "<forwarder addr='192.0.2.1'/>" })), defined)).toBe(true);
});

it("knows by input path what a running network takes", () => {
  const paths = [
    "ipv4.dhcp",
    "ipv6.dhcp.reservations.web.ip",
    "dns.hosts.10.0.0.9",
    "dns",
    "dns.forwarders",
    "ipv4.gateway",
  ];
  expect(paths.filter(isUpdatable)).toEqual(paths.slice(0, 3));
});
