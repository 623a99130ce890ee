/** A network in another's spelling, and what others put beneath what is ours. */

import type { NetworkInputs } from "../../../schema/network";
import { network as schema } from "../../../schema/network";
import { dependantsOf } from "../../../schema/walk";
import { prefixOf } from "../../../provider/libvirt/addresses";
import { libvirtLanguage } from "../../../provider/libvirt/language";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import { type Plan, plan } from "../../../provider/reconcile/plan";
import { type Element, firstElement } from "../../../provider/reconcile/tree";
import { toXml } from "../../../provider/resources/network/xml";
import { ownedPaths } from "../../../provider/resources/owned";

const host = { uri: "test:///default" };

function planned(xml: string, now: Partial<NetworkInputs>, before?: Partial<NetworkInputs>): Plan {
  const document = parseXml(`<network><name>n</name>${xml}</network>`);
  const whole = (inputs: Partial<NetworkInputs>): NetworkInputs => ({ host, name: "n", mode: "nat", ...inputs });
  const [wanted, earlier] = [whole(now), before && whole(before)];
  return plan({
    desired: toXml(wanted, document),
    lastApplied: earlier && toXml(earlier, document),
    actual: { document, settings: { autostart: true, running: true } },
    owned: ownedPaths(wanted, earlier),
    dependants: dependantsOf(schema),
    language: libvirtLanguage,
  });
}

const nat = "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>";
const bridge = "<bridge name='virbr0' stp='off' delay='2'/><mac address='52:54:00:6A:67:38'/>";
const foreign =
  "<tftp root='/srv/tftp'/><dhcp><range start='10.0.0.2' end='10.0.0.99'/><host mac='52:54:00:00:00:01' ip='10.0.0.7'/><bootp file='pxelinux.0'/></dhcp>";

it("an isolated network that is there and reaches out: it does not then, and what is isolated stays as it is (8.7)", () => {
  const [open, shut] = [planned(`${nat}${bridge}`, { mode: "isolated" }), planned(bridge, { mode: "isolated" })];
  expect(open.changes.map(({ path }) => path)).toEqual(["mode"]);
  expect(serializeXml(open.document)).not.toContain("<forward");
  expect(shut.changes).toEqual([]);
});

describe("Spellings of one network (8.8)", () => {
  it.each<[string, string, Partial<NetworkInputs>]>([
    ["a netmask, no family", "<ip address='10.0.0.1' netmask='255.255.255.0'/>", { ipv4: { gateway: "10.0.0.1/24" } }],
    ["a netmask of 20 bits", "<ip address='10.0.0.1' netmask='255.255.240.0'/>", { ipv4: { gateway: "10.0.0.1/20" } }],
    ["neither of both, which is the class", "<ip address='10.0.0.1'/>", { ipv4: { gateway: "10.0.0.1/8" } }],
    ["another IPv6", "<ip family='ipv6' address='FD00:1::0001' prefix='64'/>", { ipv6: { gateway: "fd00:1:0::1/64" } }],
    [
      "IPv6 in ranges, names and servers",
      "<dns><forwarder addr='fd00::53'/><host ip='fd00:1::5'><hostname>a</hostname></host></dns><ip family='ipv6' address='fd00:1::1' prefix='64'><dhcp><range start='fd00:1::100' end='fd00:1::1ff'/></dhcp></ip>",
      {
        dns: { forwarders: ["FD00::0053"], hosts: { "FD00:1::0005": ["a"] } },
        ipv6: { gateway: "fd00:1::1/64", dhcp: { from: "fd00:1::0100", to: "FD00:1::1FF" } },
      },
    ],
    ["a bridge and a domain of another kind", "<domain name='lan'/>", { bridge: "virbr0", domain: "lan" }],
  ])("%s", (_title, xml, inputs) => {
    const document = `${nat}${bridge}${xml}`;
    expect(planned(document, inputs).changes).toEqual([]);
    expect(planned(document, inputs, inputs).changes).toEqual([]);
  });

  it.each([
    ["<ip address='10.0.0.1' netmask='255.255.255.0'/>", "10.0.0.1/24", "10.0.0.1/16"],
    ["<ip address='10.0.0.1' netmask='255.255.255.0'/>", "10.0.0.1/24", "10.1.0.1/24"],
    ["<ip address='10.0.0.1' prefix='24'/>", "10.0.0.1/24", "10.1.0.1/22"],
    ["<ip address='10.0.0.1'/>", "10.0.0.1/8", "172.16.0.1/8"],
  ])("%s is edited, not joined by another one (8.36)", (xml, from, to) => {
    for (const before of [undefined, { ipv4: { gateway: from } }]) {
      const { changes, document } = planned(nat + bridge + xml, { ipv4: { gateway: to } }, before);
      expect(changes).toEqual([{ path: "ipv4.gateway", from, to, requiresRestart: false }]);
      const written = serializeXml(document);
      expect(written.match(/<ip /g)).toHaveLength(1);
      expect(prefixOf(firstElement(document, "ip") as Element)).toBe(to.split("/")[1]);
      expect(written).not.toMatch(/netmask.*prefix|prefix.*netmask/);
    }
  });
});

describe("What others put beneath what is ours (8.8)", () => {
  const edited = (xml: string, now: Partial<NetworkInputs>, before?: Partial<NetworkInputs>): string =>
    serializeXml(planned(nat + bridge + xml, now, before).document);

  it("survives another gateway, stated before or not", () => {
    const xml = `<ip address='10.0.0.1' netmask='255.255.255.0' localPtr='yes'>${foreign}</ip>`;
    for (const before of [{}, undefined, { ipv4: { gateway: "10.0.0.1/24" } }]) {
      const written = edited(xml, { ipv4: { gateway: "10.0.0.254/24" } }, before);
      expect(written).toMatch(
        /<ip address="10.0.0.254" localPtr="yes" (family="ipv4" )?prefix="24"|address="10.0.0.254"/,
      );
      for (const kept of ["localPtr", "/srv/tftp", "10.0.0.99", "52:54:00:00:00:01", "pxelinux.0"])
        expect(written).toContain(kept);
    }
  });

  it("survives another range, entry or name of ours", () => {
    const xml = `<dns><host ip='10.0.0.9'><hostname>ours</hostname><hostname>theirs</hostname></host></dns><ip address='10.0.0.1' prefix='24'><dhcp><range start='10.0.0.100' end='10.0.0.110'/><range start='10.0.0.2' end='10.0.0.50'><lease expiry='2' unit='hours'/></range><host mac='52:54:00:00:00:01' ip='10.0.0.7'><lease expiry='1'/></host></dhcp></ip>`;
    const inputs = (from: string, mac: string, name: string): Partial<NetworkInputs> => ({
      dns: { hosts: { "10.0.0.9": [name] } },
      ipv4: {
        gateway: "10.0.0.1/24",
        dhcp: { from, to: "10.0.0.110", reservations: { a: { mac, ip: "10.0.0.7" } } },
      },
    });
    const written = edited(
      xml,
      inputs("10.0.0.90", "52:54:00:00:00:02", "new"),
      inputs("10.0.0.100", "52:54:00:00:00:01", "ours"),
    );
    for (const kept of ["theirs", "10.0.0.50", 'expiry="2"', 'expiry="1"', "10.0.0.90", "00:00:02", "new"])
      expect(written).toContain(kept);
    for (const gone of ["10.0.0.100", "00:00:01", ">ours<"]) expect(written).not.toContain(gone);
  });

  it("stays where the address of ours goes, and is gone only with it", () => {
    const two = "<ip address='10.0.0.1' prefix='24'/><ip address='172.16.0.1' prefix='24'/>";
    const before = { ipv4: { gateway: "10.0.0.1/24" } };
    expect(edited(two, {}, before)).toMatch(/172.16.0.1/);
    expect(edited(two, {}, before)).not.toMatch(/10.0.0.1"/);
    expect(edited("<ip address='172.16.0.1' prefix='24'/>", {}, before)).toContain("172.16.0.1");
    expect(edited(two, { ipv4: { gateway: "10.2.0.1/24" } }, before)).toMatch(/10.2.0.1.*172.16.0.1/s);
  });

  it("what a change that was cut short left is ours, where it is the only one of its sort", () => {
    const xml = "<dns><host ip='10.0.0.9'><hostname>second</hostname></host></dns>";
    const names = (name: string): Partial<NetworkInputs> => ({ dns: { hosts: { "10.0.0.9": [name] } } });
    expect(edited(xml, names("third"), names("first"))).not.toContain("second");
  });

  it("a server for one domain is no server for all", () => {
    const written = edited("<dns><forwarder domain='corp' addr='10.0.0.53'/></dns>", {
      dns: { forwarders: ["10.0.0.53"] },
    });
    expect(written.match(/<forwarder/g)).toHaveLength(2);
  });

  it("of another mode only what is void there goes", () => {
    const written = edited("", { mode: "route" }, { mode: "nat" });
    expect(written).not.toContain("<nat>");
    expect(edited("", { mode: "bridge", bridge: "br0" }, { mode: "nat" })).not.toMatch(/stp|delay/);
    expect(edited("", { mode: "nat", bridge: "virbr7" }, { mode: "nat" })).toMatch(/name="virbr7" stp="off" delay="2"/);
  });
});
