import { nothingIgnored } from "../../../provider/lifecycle/ignored";
import { Outlooks, told } from "../../../provider/lifecycle/outlook";

const inputs = { host: { uri: "u" }, vcpus: 2, title: undefined };
const looked = {
  inputs,
  impact: [{ path: "vcpus", class: "powerCycle" as const, from: "1", to: "2" }],
  drift: [{ path: "running", from: "false", to: "true" }],
};

afterEach(() => {
  delete process.env.PULUMI_VIRT_STRICT;
});

describe("what was said is held by the inputs that it was said of (8.15)", () => {
  const outlooks = new Outlooks();
  outlooks.keep(looked, nothingIgnored);

  it("found again by equal inputs, after their way through the engine", () => {
    const back = { vcpus: 2, impact: { vcpus: "…" }, host: { uri: "u" }, __secrets: [] };
    expect(outlooks.saidOf(back)).toEqual(looked.impact);
    expect(outlooks.hasDrift(back)).toBe(true);
  });

  it("nothing was said of others", () => {
    expect(outlooks.saidOf({ ...inputs, vcpus: 3 })).toEqual([]);
    expect(outlooks.hasDrift({ ...inputs, vcpus: 3 })).toBe(false);
  });
});

describe("what is displayed (8.36)", () => {
  it("stands in the inputs of a preview only, so that nothing of it is recorded", () => {
    expect(told(looked, {}, { __preview: true }).inputs).toMatchObject({
      impact: { vcpus: "powerCycle: 1 → 2" },
      drift: { running: "false on the host, true wanted" },
    });
    expect(told(looked, {}, { __preview: false }).inputs).toEqual(inputs);
    expect(told(looked, {}, { __preview: false }).summary).toBe("drift: running; powerCycle: vcpus");
  });

  it("in those of an up as well where the engine compares plans (8.15)", () => {
    process.env.PULUMI_VIRT_STRICT = "true";
    const recorded = told(looked, {}, { __preview: false }).inputs;
    expect(recorded).toEqual(told(looked, {}, { __preview: true }).inputs);
    // The same drift again would be no difference to the engine.
    expect(told(looked, recorded, { __preview: false }).inputs).not.toHaveProperty("drift");
  });

  it("a line of its own for what waits", () => {
    expect(told({ inputs, waiting: ["machine", "vcpus"] }, {}, {}).notes).toEqual([
      "waits for the next start: machine, vcpus",
    ]);
    expect(told({ inputs }, {}, {}).notes).toEqual([]);
  });
});
