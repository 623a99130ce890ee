/** What a mark keeps of the inputs, and what it must not. */

import { guest as schema } from "../../../schema/guest";
import { readMark, withMark } from "../../../provider/libvirt/mark";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import { appliedBy, appliedText } from "../../../provider/resources/applied";

const uri = "qemu+tcp://root:geheim@kvm1/system";
const reference = { host: { uri, id: uri }, name: "lan" };
const inputs = {
  host: { uri, id: uri },
  name: "web",
  uuid: "0e1c5d16-7d3b-4e9c-9b55-0f6f1e6a2c11",
  title: 'a "b" <c>\n\u0007',
  vcpus: 2,
  running: true,
  autostart: false,
  forceOff: true,
  graphics: { type: "vnc", password: "geheim" },
  disks: { host: { path: "/a", format: "raw" } },
  nics: { lan: { network: reference, mac: "52:54:00:00:00:01" } },
};
const kept = {
  name: "web",
  title: 'a "b" <c>\n\u0007',
  vcpus: 2,
  graphics: { type: "vnc" },
  disks: { host: { path: "/a", format: "raw" } },
  nics: { lan: { network: { name: "lan" }, mac: "52:54:00:00:00:01" } },
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

it("keeps what stands in the definition, and neither passwords nor addresses of hosts", () => {
  const text = appliedText(schema, inputs);
  expect(JSON.parse(Buffer.from(text, "base64").toString())).toEqual(kept);
});

it("comes back from the XML as it was, beside what the user has in the mark", () => {
  const entry = '<pulumi-virt:entry key="a">1</pulumi-virt:entry>';
  const held = parseXml(
    `<domain><metadata><pulumi-virt:resource xmlns:pulumi-virt="urn:pulumi-virt:1" owner="o" state="finished">${entry}</pulumi-virt:resource></metadata></domain>`,
  );
  const marked = withMark(held, { owner: "o", state: "finished", applied: appliedText(schema, inputs) });
  const read = readMark(parseXml(serializeXml(marked)));
  expect(appliedBy(read)).toEqual(kept);
  expect(serializeXml(marked)).toContain(entry);
  // A mark that says nothing of it leaves it; another one replaces it.
  expect(readMark(withMark(marked, { owner: "o", state: "unfinished" }))?.applied).toBe(read?.applied);
  expect(appliedBy(readMark(withMark(marked, { owner: "o", state: "finished", applied: base64("{}") })))).toEqual({});
});

it.each(["", "[", "null", "7"])("is nothing where somebody has written %j into it", (applied) => {
  expect(appliedBy({ owner: "o", state: "finished", applied: base64(applied) })).toBeUndefined();
});
