/** A value that stands under another attribute of the same element is that value, and not an absence. */

import { heldAs } from "../../../provider/libvirt/held";
import { parseXml } from "../../../provider/libvirt/xml";

it.each([
  ["ip", "prefix", "<ip address='10.0.0.1' netmask='255.255.240.0'/>", { attribute: "netmask", value: "20" }],
  ["ip", "prefix", "<ip address='10.0.0.1' prefix='24'/>", { attribute: "prefix", value: "24" }],
  ["ip", "prefix", "<ip address='10.0.0.1'/>", undefined],
  ["source", "file", "<source dev='/dev/vg/web'/>", { attribute: "dev", value: "/dev/vg/web" }],
  ["source", "dev", "<source file='/srv/web.img'/>", { attribute: "file", value: "/srv/web.img" }],
  ["source", "file", "<source volume='web' pool='guests'/>", undefined],
  ["source", "network", "<source bridge='br0'/>", undefined],
  ["target", "dev", "<target file='/srv/web.img'/>", undefined],
])("%s@%s of %s", (name, attribute, xml, held) => {
  const actual = parseXml(xml);
  expect(heldAs({ elements: ["x", name], attribute, desired: actual, actual })).toEqual(held);
});
