/**
 * The golden cases, defined on a real daemon: what libvirt makes of them is no difference (law 9), and is read back as what
 * was stated.
 */

import { parseXml } from "../../provider/libvirt/xml";
import { desiredFromXml } from "../../provider/reconcile/desired";
import { match } from "../../provider/reconcile/match";
import { goldenCase, goldenKinds, goldenNames, goldenXml } from "../support/golden";
import { expectAsStated, expectNoChange, seenAs } from "../support/read-back";
import { inLab, startTestHost, type TestHost } from "../support/test-host";

let host: TestHost;
beforeAll(() => {
  host = startTestHost();
});
afterAll(() => host.stop());

/** What this host would have to have, or undefined where it has it. */
function lack(text: string): string | undefined {
  // libvirt looks whether they are some; a network of them is made in the lab (function-nics).
  if (/<forward mode="hostdev"[^>]*>\s*<address/.test(text)) return "virtual functions";
  if (text.includes('type="xen"')) return "a Xen host";
  if (text.includes("<tpm")) return "swtpm";
  if (text.includes('arch="aarch64"')) return "QEMU for aarch64";
  if (text.includes('firmware="efi"') && inLab) return "UEFI firmware";
  return text.includes('<domain type="kvm"') && !inLab ? "KVM" : undefined;
}

const commands = { guest: ["define", "dumpxml", "undefine"], network: ["net-define", "net-dumpxml", "net-undefine"] };

const chosenByLibvirt = ["bridge"];

describe.each(["guest", "network"] as const)("%s", (kind) => {
  const { resource } = goldenKinds[kind];
  for (const name of goldenNames(kind)) {
    const text = goldenXml(kind, name);
    const missing = lack(text);
    if (missing !== undefined) it.skip(`${name} needs ${missing}`, () => undefined);
    else
      it(name, () => {
        const [define = "", dump = "", undefine = ""] = commands[kind];
        const file = `${host.data}/golden.xml`;
        host.write(file, text);
        // On the host itself: elsewhere the file is out of reach.
        host.enter("virsh", "-q", define, "--validate", file);
        const uuid = /<uuid>(.*)<\/uuid>/.exec(text)?.[1] ?? "";
        const held = parseXml(host.virsh(dump, "--inactive", ...(kind === "guest" ? ["--security-info"] : []), uuid));
        host.virsh(undefine, uuid, ...(text.includes("<nvram") ? ["--nvram"] : []));
        const { inputs, host: known } = goldenCase(kind, name);
        const differences = match(desiredFromXml(parseXml(text), "x"), held, () => true, known.profile.language);
        expect(differences.map(({ elements, from, to }) => `${elements.join("/")}: ${from} → ${to}`)).toEqual([]);
        const seen = seenAs("ours", held, resource.desired(inputs, known).settings);
        const read = resource.inputsOf(seen, known);
        expectNoChange(resource, known, read, seen);
        expectAsStated(resource, known, read, inputs, chosenByLibvirt);
      });
  }
});
