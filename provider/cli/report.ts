/** Findings as people read them: one line each, what to do beneath it. Pure. */

import type { Finding } from "../resources/host/finding";

export function isUsable(findings: readonly Finding[]): boolean {
  return findings.every(({ fatal }) => fatal !== true);
}

/** ECMA-48: green, yellow, red, grey. */
const colours: Readonly<Record<Finding["verdict"], number>> = { ok: 32, warning: 33, missing: 31, "not known": 90 };

export function asText(uri: string, findings: readonly Finding[], inColour: boolean): string {
  const verdicts = Math.max(...findings.map(({ verdict }) => verdict.length));
  const subjects = Math.max(...findings.map(({ subject }) => subject.length));
  const indent = " ".repeat(verdicts + subjects + 4);
  const lines = findings.flatMap(({ verdict, subject, says, help }) => {
    const padded = verdict.padEnd(verdicts);
    const shown = inColour ? `\u001b[${colours[verdict]}m${padded}\u001b[0m` : padded;
    return [
      ...`${says}`
        .split("\n")
        .map((line, index) => (index === 0 ? `${shown}  ${subject.padEnd(subjects)}  ${line}` : indent + line)),
      ...(help === undefined
        ? []
        : help.split("\n").map((line, index) => `${indent}${index === 0 ? "→ " : "  "}${line}`)),
    ];
  });
  return [uri, "", ...lines, "", summary(findings), ""].join("\n");
}

function summary(findings: readonly Finding[]): string {
  if (!isUsable(findings)) return "Guests cannot be run here.";
  const counts = (["missing", "warning", "not known"] as const).flatMap((verdict) => {
    const count = findings.filter((finding) => finding.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict}`];
  });
  return `Guests can be run here${counts.length === 0 ? "" : `: ${counts.join(", ")}`}.`;
}
