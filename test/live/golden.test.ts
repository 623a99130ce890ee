/** The golden cases, defined on a real daemon: what libvirt makes of them is no difference (law 9). */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { qemu } from "../../provider/hypervisors/qemu";
import { parseXml } from "../../provider/libvirt/xml";
import { desiredFromXml } from "../../provider/reconcile/desired";
import { match } from "../../provider/reconcile/match";
import { inLab, startTestHost, type TestHost } from "../support/test-host";

let host: TestHost;
beforeAll(() => {
  host = startTestHost();
});
afterAll(() => host.stop());

/** What this host would have to have, or undefined where it has it. */
function lack(text: string): string | undefined {
  if (text.includes('type="xen"')) return "a Xen host";
  if (text.includes("<tpm")) return "swtpm";
  if (text.includes('arch="aarch64"')) return "QEMU for aarch64";
  if (text.includes('firmware="efi"') && inLab) return "UEFI firmware";
  return text.includes('<domain type="kvm"') && !inLab ? "KVM" : undefined;
}

const folder = join(__dirname, "../golden");
const cases = (["guest", "network"] as const).flatMap((kind) =>
  readdirSync(join(folder, kind))
    .filter((name) => name.endsWith(".xml"))
    .map((name) => ({ kind, name, text: readFileSync(join(folder, kind, name), "utf8") })),
);
const commands = { guest: ["define", "dumpxml", "undefine"], network: ["net-define", "net-dumpxml", "net-undefine"] };

for (const { kind, name, text } of cases) {
  const missing = lack(text);
  const title = `${kind}/${name}`;
  if (missing !== undefined) it.skip(`${title} needs ${missing}`, () => undefined);
  else
    it(title, () => {
      const [define = "", dump = "", undefine = ""] = commands[kind];
      const file = `${host.data}/golden.xml`;
      host.write(file, text);
      // On the host itself: elsewhere the file is out of reach.
      host.enter("virsh", "-q", define, "--validate", file);
      const wanted = parseXml(text);
      const uuid = /<uuid>(.*)<\/uuid>/.exec(text)?.[1] ?? "";
      const held = parseXml(host.virsh(dump, "--inactive", ...(kind === "guest" ? ["--security-info"] : []), uuid));
      const differences = match(desiredFromXml(wanted, "x"), held, () => true, qemu.language);
      expect(differences.map(({ elements, from, to }) => `${elements.join("/")}: ${from} → ${to}`)).toEqual([]);
      host.virsh(undefine, uuid, ...(text.includes("<nvram") ? ["--nvram"] : []));
    });
}
