import { asText, isUsable } from "../../../provider/cli/report";
import type { Finding } from "../../../provider/resources/host/finding";

const findings: Finding[] = [
  { subject: "rights", verdict: "ok", says: "all" },
  { subject: "network default", verdict: "not known", says: "one\ntwo", help: "do this\nthen that" },
];

it("is aligned and plain, with what to do beneath (9.9)", () =>
  expect(asText("qemu:///system", findings, false)).toBe(`qemu:///system

ok         rights           all
not known  network default  one
                            two
                            → do this
                              then that

Guests can be run here: 1 not known.
`));

it("has colour around the verdict only", () => {
  const shown = asText("qemu:///system", findings, true);
  expect(shown).toContain("\u001b[32mok       \u001b[0m  rights           all\n");
  expect(shown.replace(/\u001b\[\d+m/g, "")).toBe(asText("qemu:///system", findings, false));
});

it("says that guests cannot be run where one finding is fatal", () => {
  const dead: Finding[] = [{ subject: "connection", verdict: "missing", says: "no", fatal: true }];
  expect(isUsable(dead)).toBe(false);
  expect(isUsable(findings)).toBe(true);
  expect(asText("x:///y", dead, false)).toMatch(/\n\nGuests cannot be run here\.\n$/);
  expect(asText("x:///y", [{ subject: "rights", verdict: "ok", says: "all" }], false)).toMatch(
    /\nGuests can be run here\.\n$/,
  );
});
