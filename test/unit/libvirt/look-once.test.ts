/** One look serves all who ask with the same listing, and no other listing's. */

import { onceAListing } from "../../../provider/libvirt/look-once";
import type { Virsh } from "../../../provider/libvirt/virsh";

const virsh = {} as Virsh;

it("looks once for each listing, also where many ask at once", async () => {
  const looked: string[][] = [];
  const count = onceAListing((_, listing: string[]) => {
    looked.push(listing);
    return Promise.resolve(listing.length);
  });
  const [first, second] = [["a"], ["a", "b"]];
  expect(await Promise.all([count(virsh, first), count(virsh, first), count(virsh, second)])).toEqual([1, 1, 2]);
  expect(await count(virsh, first)).toBe(1);
  expect(looked).toEqual([first, second]);
});

it("what one look could not tell, all who ask with its listing are told; the next listing is looked at anew", async () => {
  const answers = [Promise.reject(new Error("no shell")), Promise.resolve("told")];
  const ask = onceAListing(() => answers.shift() ?? Promise.resolve(""));
  const listing: string[] = [];
  await expect(ask(virsh, listing)).rejects.toThrow("no shell");
  await expect(ask(virsh, listing)).rejects.toThrow("no shell");
  expect(await ask(virsh, [])).toBe("told");
});
