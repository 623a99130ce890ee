import { nothingIgnored } from "../../../../provider/lifecycle/ignored";
import { displayed, Reports } from "../../../../provider/pulumi/dynamic/reports";

const inputs = { host: { uri: "u" }, vcpus: 2, title: undefined };
const report = {
  impact: [{ path: "vcpus", class: "powerCycle" as const, from: "1", to: "2" }],
  drift: [{ path: "running", from: "false", to: "true" }],
};

describe("what was said is held by the inputs that it was said of (8.15)", () => {
  const reports = new Reports();
  reports.keep("urn", inputs, { report, ignored: nothingIgnored });

  it("found again by equal inputs, after their way through the engine", () => {
    const back = { vcpus: 2, impact: { vcpus: "…" }, host: { uri: "u" }, __secrets: [] };
    expect(reports.of(back).report).toEqual(report);
  });

  it("nothing was said of others", () => expect(reports.of({ ...inputs, vcpus: 3 }).report).toEqual({}));
});

describe("a replacement, of which the engine asks twice (8.10)", () => {
  const replacement = { impact: [{ path: "host", class: "replace" as const }] };

  it("is said as it was said the first time", () => {
    const reports = new Reports();
    expect(reports.ofReplacement("urn", replacement, false)).toEqual(replacement);
    expect(reports.ofReplacement("urn", { warnings: ["w"] }, true)).toEqual({ ...replacement, warnings: ["w"] });
    expect(reports.ofReplacement("another", {}, true)).toEqual({});
  });
});

describe("what a creation takes the place of", () => {
  it("is what was recorded of the same resource before", () => {
    const reports = new Reports();
    expect(reports.recordedOf("urn", undefined)).toBeUndefined();
    expect(reports.recordedOf("urn", inputs)).toBeUndefined();
    expect(reports.recordedOf("urn", undefined)).toEqual(inputs);
    expect(reports.recordedOf("another", undefined)).toBeUndefined();
  });
});

describe("what is displayed (8.36)", () => {
  it("drift and impact, in sentences and as data", () => {
    expect(displayed(report, inputs, {})).toEqual({
      impact: { vcpus: "powerCycle: 1 → 2" },
      drift: { running: "false on the host, true wanted" },
      __changes: report,
    });
    expect(displayed({}, inputs, {})).toEqual({});
  });

  it("not the same drift again: it would be no difference to the engine (8.15)", () => {
    const recorded = displayed(report, inputs, {});
    expect(displayed(report, inputs, recorded)).not.toHaveProperty("drift");
  });
});
