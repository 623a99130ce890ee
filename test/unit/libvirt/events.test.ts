import { concerns } from "../../../provider/libvirt/events";

const line = (name: string): string => `event 'lifecycle' for domain '${name}': Stopped Destroyed`;

it.each([
  ["web", "web", true],
  ["g 'x' ü", "g 'x' ü", true],
  ["web2", "web", false],
  ["my web", "web", false],
  // What virsh could not write may be anybody's.
  ["we\\xffb", "web", true],
])("an event of %j concerns %j: %s", (happened, guest, does) => expect(concerns(line(happened), guest)).toBe(does));

it("what is no event concerns nobody", () => expect(concerns("events received: 1", "web")).toBe(false));
