import { withDropped } from "../../../../provider/lifecycle/inputs";
import { derive } from "../../../../provider/resources/guest/derive";
import { inputsUnderKeysOf } from "../../../../provider/resources/guest/keys";
import { problems } from "../../../../provider/resources/guest/problems";
import type { GuestInputs } from "../../../../schema/guest";

const identity = { urn: "urn:pulumi:a::b::virt:Guest::web", resourceName: "web" };
const inputs = {
  host: { uri: "qemu:///system" },
  vcpus: 1,
  memoryMiB: 64,
  nics: { lan: { user: true } },
} as GuestInputs;

it("an adopted guest keeps its MAC addresses, also after a refresh has recorded its UUID (8.28)", () => {
  const adopted = { ...inputs, adopt: true };
  const refreshed = { ...adopted, uuid: "6695eb01-f6a4-4304-b9aa-97f2502e193f" };
  for (const old of [undefined, adopted, refreshed])
    expect(derive(adopted, old, identity).nics?.lan).not.toHaveProperty("mac");
  expect(derive(inputs, undefined, identity).nics?.lan?.mac).toMatch(/^52:54:00/);
});

it("a card under the key of one that has another key now gets an address of its own, and keeps it (8.5)", () => {
  const before = derive(inputs, undefined, identity);
  const mac = before.nics?.lan?.mac as string;
  const moved = {
    ...inputs,
    nics: { wan: { user: true, mac: mac.toUpperCase() }, lan: { user: true } },
  } as GuestInputs;
  const after = derive(moved, before, identity);
  expect(problems(after, before)).toEqual([]);
  expect(after.nics?.wan?.mac).toBe(mac);
  expect(after.nics?.lan?.mac).toMatch(/^52:54:00/);
  expect(after.nics?.lan?.mac).not.toBe(mac);
  expect(derive(moved, after, identity)).toEqual(after);
  // The same program says the same before anything is recorded.
  expect(derive(moved, undefined, identity)).toEqual(after);
  const alone = { ...inputs, nics: { lan: { user: true } } } as GuestInputs;
  expect(derive(alone, after, identity).nics?.lan).toEqual(after.nics?.lan);
});

it("what a recorded device has is not taken from it by another one that states it: the program is refused (8.5)", () => {
  const of = (disks: object, nics: object): GuestInputs => ({ ...inputs, disks, nics }) as GuestInputs;
  const card = { user: true };
  const before = derive(of({ root: { path: "/X" } }, { lan: card, wan: card }), undefined, identity);
  const [root, mac] = [before.disks?.root?.target, before.nics?.lan?.mac];
  const taking = of({ data: { path: "/Y", target: root }, root: { path: "/X" } }, { lan: card, wan: { ...card, mac } });
  const after = derive(taking, before, identity);
  expect([after.disks?.root?.target, after.nics?.lan?.mac]).toEqual([root, mac]);
  expect(problems(after, before)).toEqual([
    expect.stringContaining(`"${root}" is taken by disks.`),
    expect.stringContaining(mac ?? "no address"),
  ]);
});

/** The same numbers at each run, after Marsaglia's xorshift. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe("courses of programs, of which some fail half-way and are recorded with what was there before", () => {
  const keys = ["a", "b", "c", "d"];
  const letters = ["W", "X", "Y", "Z"];

  function programFrom(random: (below: number) => number): GuestInputs {
    const some = keys.filter(() => random(2) === 0);
    const free = { images: [...letters], targets: ["vda", "vdb", "vdc"], cards: ["1", "2", "3", "4"] };
    const one = (list: string[]): string => list.splice(random(list.length), 1)[0] ?? "";
    const perhaps = (name: string, list: string[], odds: number, of: (each: string) => string): object =>
      list.length > 0 && random(odds) === 0 ? { [name]: of(one(list)) } : {};
    const disks = some.map((key): [string, object] => {
      const bus = ["virtio", "scsi", undefined][random(3)];
      return [
        key,
        {
          path: `/${one(free.images)}.img`,
          ...(bus === undefined ? {} : { bus }),
          ...(bus === "scsi" ? {} : perhaps("target", free.targets, 4, (each) => each)),
        },
      ];
    });
    const nics = some.map((key): [string, object] => [
      key,
      { user: true, ...perhaps("mac", free.cards, 3, (each) => `52:54:00:00:00:0${each}`) },
    ]);
    return { ...inputs, disks: Object.fromEntries(disks), nics: Object.fromEntries(nics) };
  }

  /** It states for a device what another one has that stays, and that the record does not give to both. */
  function isRefused(program: GuestInputs, recorded: GuestInputs | undefined): boolean {
    const before = recorded && inputsUnderKeysOf(program, recorded);
    const isTaken = <Device>(
      devices: Readonly<Record<string, Device>> = {},
      old: Readonly<Record<string, Device>> = {},
      valueOf: (device: Device | undefined) => string | undefined,
      keeps: (key: string) => boolean,
    ): boolean =>
      Object.entries(devices).some(([key, device]) => {
        const value = valueOf(device);
        const others = Object.keys(devices).filter((each) => each !== key && valueOf(devices[each]) === undefined);
        return (
          value !== undefined &&
          (valueOf(old[key]) !== value || !keeps(key)) &&
          others.some((each) => valueOf(old[each]) === value && keeps(each))
        );
      });
    return (
      isTaken(
        program.disks,
        before?.disks,
        (disk) => disk?.target,
        (key) => program.disks?.[key]?.bus === before?.disks?.[key]?.bus,
      ) ||
      isTaken(
        program.nics,
        before?.nics,
        (nic) => nic?.mac,
        () => true,
      )
    );
  }

  it("no two disks have one name on the bus, and no two cards one address", () => {
    const failed: string[] = [];
    for (let seed = 1; seed <= 2000; seed += 1) {
      const random = randomFrom(seed);
      let recorded: GuestInputs | undefined;
      const course: string[] = [];
      for (let step = 0; step < 6 && failed.length < 3; step += 1) {
        const program = programFrom(random);
        const derived = derive(program, recorded, identity);
        const fails = random(3) === 0;
        course.push(`${JSON.stringify({ disks: program.disks, nics: program.nics })}${fails ? " fails" : ""}`);
        const names = Object.values(derived.disks ?? {}).map(({ target }) => target);
        const addresses = Object.values(derived.nics ?? {}).map(({ mac }) => mac);
        if (isRefused(program, recorded)) {
          expect(problems(derived, recorded)).not.toEqual([]);
          continue;
        }
        const again = derive(program, derived, identity);
        const isSame = JSON.stringify(again) === JSON.stringify(derived);
        if (new Set(names).size < names.length || new Set(addresses).size < addresses.length || !isSame)
          failed.push(`${seed}: ${course.join(" → ")}: ${names.join()} ${addresses.join()} ${isSame}`);
        recorded =
          fails && recorded !== undefined ? (withDropped(derived, recorded) as unknown as GuestInputs) : derived;
      }
    }
    expect(failed).toEqual([]);
  });
});
