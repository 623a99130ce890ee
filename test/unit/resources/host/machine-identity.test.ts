/** By what a host is known whose driver tells no UUID of it (libxl): the board's where it has one of its own, else its name (10). */

import { xen } from "../../../../provider/hypervisors/xen";
import type { Virsh } from "../../../../provider/libvirt/virsh";
import type { DescribedHost } from "../../../../provider/resources/host/connected";
import { pinnedUuid, refuseAnotherHost } from "../../../../provider/resources/host/machine-identity";
import { uuidOf } from "../../../../provider/resources/recorded-identity";

/** By TLS, so that no shell leads there. */
const uri = "xen+tls://xen1/system";
const board = "4c4c4544-0042-3510-8052-b4c04f4d3932";

const capabilities = "<capabilities><host><cpu><arch>x86_64</arch></cpu></host></capabilities>";
const versions = `Using library: libvirt 9.0.0
Running hypervisor: Xen 4.17.0
Running against daemon: 9.0.0`;

/** `board`: what virsh sysinfo says of it; undefined: its daemon found no dmidecode. */
function hostWith(board: string | undefined): DescribedHost {
  const sysinfo: PromiseSettledResult<string> =
    board === undefined
      ? { status: "rejected", reason: new Error("Host SMBIOS information is not available") }
      : {
          status: "fulfilled",
          value: `<sysinfo type='smbios'><system><entry name='uuid'>${board}</entry></system></sysinfo>`,
        };
  const virsh = {
    uri,
    run: (name: string) => Promise.resolve(name === "capabilities" ? capabilities : versions),
    runAll: () => Promise.resolve([sysinfo, { status: "fulfilled", value: "xen1\n" }]),
    whenClosed: () => undefined,
  } as unknown as Virsh;
  const facts = { uuid: "", libvirtVersion: 9_000_000, architecture: "x86_64", session: false };
  return { virsh, profile: xen, facts, description: {} as DescribedHost["description"] };
}

it.each([
  [board, board],
  [board.toUpperCase(), board],
  ["Not Settable", "xen1"],
  ["00000000-0000-0000-0000-000000000000", "xen1"],
  ["ffffffff-ffff-ffff-ffff-ffffffffffff", "xen1"],
  ["03000200-0400-0500-0006-000700080009", "xen1"],
  [undefined, "xen1"],
])("a board that says %j: it is known by %s", async (said, name) => {
  expect(await pinnedUuid(hostWith(said))).toBe(uuidOf(`host/${name}`));
});

it("stays the one it was when its board is told later, and another board is another host", async () => {
  const id = `${uri}#host=${await pinnedUuid(hostWith(undefined))}&owner=x`;
  await refuseAnotherHost({ uri, id }, hostWith(board));
  const known = `${uri}#host=${await pinnedUuid(hostWith(board))}&owner=x`;
  await expect(refuseAnotherHost({ uri, id: known }, hostWith(board.replace("4c4c", "5c5c")))).rejects.toThrow(
    /leads to another host/,
  );
});
