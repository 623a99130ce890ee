/** The program's metadata and the restart that it asks for, beside the metadata of other people. */

import { guest as schema, type GuestInputs } from "../../../../schema/guest";
import { dependantsOf } from "../../../../schema/walk";
import { qemu } from "../../../../provider/hypervisors/qemu";
import { libvirtLanguage } from "../../../../provider/libvirt/language";
import { parseXml, serializeXml } from "../../../../provider/libvirt/xml";
import { type Plan, plan } from "../../../../provider/reconcile/plan";
import { toXml } from "../../../../provider/resources/guest/xml";
import { ownedPaths } from "../../../../provider/resources/owned";

const facts = { uuid: "u", architecture: "x86_64", libvirtVersion: 9_000_000, session: false };
const host = { facts, profile: qemu };

function planned(metadata: string, now: object, before: object, ignored: readonly string[] = []): Plan {
  const document = parseXml(`<domain type="qemu"><name>g</name>${metadata}</domain>`);
  const whole = (more: object): GuestInputs =>
    ({ host: { uri: "test:///default" }, name: "g", ...more }) as GuestInputs;
  const stated = ownedPaths(now, before);
  const desired = (inputs: object) => toXml(whole(inputs), host, { document, ownership: "ours", adopted: false });
  return plan({
    desired: desired({ vcpus: 1, memoryMiB: 64, ...now }),
    lastApplied: desired({ vcpus: 1, memoryMiB: 64, ...before }),
    actual: { document, settings: {} },
    owned: (path) => stated(path) && !ignored.includes(path),
    dependants: dependantsOf(schema),
    language: libvirtLanguage,
  });
}

const mark = (entries: string): string =>
  `<pulumi-virt:resource xmlns:pulumi-virt="urn:pulumi-virt:1" owner="o" state="finished">${entries}</pulumi-virt:resource>`;
const theirs = '<t:info xmlns:t="urn:theirs">theirs</t:info>';
const a = '<pulumi-virt:entry key="a">1</pulumi-virt:entry>';
const b = '<pulumi-virt:entry key="b">2</pulumi-virt:entry>';
const paths = ({ changes }: Plan): string[] => changes.map(({ path }) => path);

it("entries that are dropped go one by one, and other people's metadata stays", () => {
  const held = `<metadata>${theirs}${mark(a + b)}</metadata>`;
  for (const [now, left] of [
    [{ metadata: { b: "2" } }, ["metadata.a"]],
    [{}, ["metadata.a", "metadata.b"]],
  ] as const) {
    const steps = planned(held, now, { metadata: { a: "1", b: "2" } });
    expect(paths(steps)).toEqual(left);
    expect(serializeXml(steps.document)).toContain("theirs");
    expect(serializeXml(steps.document)).not.toContain('key="a"');
  }
});

it("a guest without our mark gets the entries by their own path where the trigger is ignored", () => {
  const before = { restartTrigger: "one" };
  const now = { ...before, metadata: { a: "1" } };
  expect(paths(planned("", now, before, ["restartTrigger"]))).toEqual(["metadata.a"]);
  expect(paths(planned(`<metadata>${theirs}</metadata>`, now, before, ["restartTrigger"]))).toEqual(["metadata.a"]);
  expect(paths(planned(`<metadata>${mark("")}</metadata>`, now, before, ["restartTrigger"]))).toEqual(["metadata.a"]);
  expect(paths(planned("", now, before))).toEqual(["restartTrigger"]);
});
