import { type GuestState, stateFromVirsh, stateOfActive, stateRules } from "../../../../provider/libvirt/states";
import { impact } from "../../../../provider/resources/guest/impact";
import type { Observed } from "../../../../provider/resources/resource";
import type { GuestInputs } from "../../../../schema/guest";

const observed = (state: GuestState): Observed => ({
  id: "",
  document: { name: "domain", attributes: {}, children: [] },
  settings: { running: stateRules[state].active },
  ownership: "ours",
  adopted: false,
  creation: undefined,
  release: "",
  facts: { state },
});

const classOf = (
  state: GuestState,
  requiresRestart: boolean,
  inputs: Partial<GuestInputs> = {},
  path = "machine",
): string => impact({ path, from: "a", to: "b", requiresRestart }, inputs as GuestInputs, observed(state)).class;
const powerOf = (state: GuestState, to: boolean, inputs: Partial<GuestInputs> = {}): string =>
  impact(
    { path: "running", from: String(!to), to: String(to), requiresRestart: false },
    inputs as GuestInputs,
    observed(state),
  ).class;

/** What the preview says of a change that needs a start, by state and by what the program allows. */
const table: readonly (readonly [GuestState, never: string, ifNeeded: string, ifNeededWithForce: string])[] = [
  ["running", "nextStart", "powerCycle", "powerCycle"],
  ["paused", "nextStart", "refused", "powerCycle"],
  ["pmsuspended", "nextStart", "refused", "powerCycle"],
  ["in shutdown", "nextStart", "powerCycle", "powerCycle"],
  ["crashed", "nextStart", "refused", "powerCycle"],
  ["saved", "nextStart", "nextStart", "nextStart"],
  ["shut off", "live", "live", "live"],
];

it("has a row for every state", () => {
  expect(table.map(([state]) => state).sort()).toEqual(Object.keys(stateRules).sort());
});

it.each(table)("%s", (state, never, ifNeeded, withForce) => {
  expect(classOf(state, true)).toBe(never);
  expect(classOf(state, true, { restart: "ifNeeded" })).toBe(ifNeeded);
  expect(classOf(state, true, { restart: "ifNeeded", forceOff: true })).toBe(withForce);
});

it("a saved image goes only with consent, and then the guest is simply off", () => {
  expect(classOf("saved", true, { removeManagedSave: true })).toBe("live");
  expect(classOf("saved", true, {}, "name")).toBe("refused");
});

it("a running guest is renamed by a restart only", () => {
  expect(classOf("running", true, {}, "name")).toBe("refused");
  expect(classOf("running", true, { restart: "ifNeeded" }, "name")).toBe("powerCycle");
  expect(classOf("shut off", false, {}, "name")).toBe("live");
});

it("a guest that is to be stopped is not restarted for anything", () => {
  expect(classOf("running", true, { restart: "ifNeeded", running: false })).toBe("nextStart");
});

it("a stop and a start are classes of their own, whatever the state (8.14)", () => {
  for (const state of ["running", "in shutdown"] as const) expect(powerOf(state, false)).toBe("stop");
  for (const state of ["shut off", "saved"] as const) {
    expect(powerOf(state, true)).toBe("start");
    expect(powerOf(state, true, { removeManagedSave: true })).toBe("start");
  }
});

it("a guest that hears nothing is stopped with forceOff only (8.31)", () => {
  for (const state of ["paused", "pmsuspended", "crashed"] as const) {
    expect(powerOf(state, false)).toBe("refused");
    expect(powerOf(state, false, { forceOff: true })).toBe("stop");
  }
});

it("reads virsh's words, and takes unknown ones for a running guest", () => {
  expect(stateFromVirsh("in shutdown\n")).toBe("in shutdown");
  expect(stateFromVirsh("crashed (panicked)")).toBe("crashed");
  expect(stateFromVirsh("running (booted)")).toBe("running");
  expect(stateFromVirsh("shut off (destroyed)")).toBe("shut off");
  expect(stateFromVirsh("idle")).toBe("running");
});

it.each([
  ["shut off (crashed)", "crashed"],
  ["shut off (shutdown)", "in shutdown"],
  ["shut off (destroyed)", "in shutdown"],
  ["running (booted)", "running"],
  ["crashed (panicked)", "crashed"],
])("of what is active, %j is %s", (said, state) => expect(stateOfActive(said)).toBe(state));
