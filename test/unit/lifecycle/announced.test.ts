import type { ClassifiedChange } from "../../../provider/lifecycle/classified";
import { isMoreThanAnnounced, assertNotMoreDisruptive } from "../../../provider/lifecycle/announced";

const said = (...classes: ClassifiedChange["class"][]): ClassifiedChange[] =>
  classes.map((is, index) => ({ path: `field${index}`, class: is }));

describe("nothing more disruptive than was said (8.15, 8.14)", () => {
  it.each([
    ["nothing", said(), "nextStart", false],
    ["nothing", said(), "live", false],
    ["nothing", said(), "start", false],
    ["nothing", said(), "interrupts", true],
    ["nothing", said(), "powerCycle", true],
    ["nothing", said(), "stop", true],
    ["live", said("live"), "powerCycle", true],
    ["refused", said("refused"), "powerCycle", true],
    ["none", said("none"), "stop", true],
    ["interrupts", said("interrupts"), "interrupts", false],
    ["interrupts", said("interrupts"), "powerCycle", true],
    ["powerCycle among others", said("live", "powerCycle"), "powerCycle", false],
    ["powerCycle", said("powerCycle"), "stop", true],
    ["stop", said("stop"), "stop", false],
  ] as const)("said: %s", (_what, all, is, more) => expect(isMoreThanAnnounced(is, all)).toBe(more));

  it("says what was said, also where that was nothing, and names the field", () => {
    const now: ClassifiedChange[] = [{ path: "machine", class: "powerCycle", note: "it runs now" }];
    expect(() => assertNotMoreDisruptive('guest "web"', [], now)).toThrow(
      /Unable to change machine of guest "web": it would be powerCycle now \(it runs now\), which is more than was said \(nothing\)\. Nothing was changed\./,
    );
    expect(() =>
      assertNotMoreDisruptive('guest "web"', [{ path: "machine", class: "live", from: "q35", to: "pc" }], now),
    ).toThrow(/more than was said \(machine: live: q35 → pc\)/);
    assertNotMoreDisruptive('guest "web"', [{ path: "title", class: "powerCycle", atMost: true }], now);
  });
});
