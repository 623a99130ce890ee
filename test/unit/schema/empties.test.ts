/** What is optional and given with nothing in it means the same as leaving it out, or is refused by its name (8.34). */

import type { z } from "zod";
import { disk } from "../../../schema/disk";
import { withoutEmpties } from "../../../schema/empties";
import { validate } from "../../../schema/explain";
import { guest } from "../../../schema/guest";
import { network } from "../../../schema/network";
import { pool } from "../../../schema/pool";
import { unknown } from "../../../schema/unknown";
import { optionalEmpties, stepsTo } from "../../support/empties";

/** What is asked for by saying no more of it. */
const asks = ["guest.watchdog", "guest.tpm"];

const schemas: Readonly<Record<string, z.ZodObject>> = { pool, disk, network, guest };
const rows = Object.entries(schemas).flatMap(([kind, schema]) =>
  optionalEmpties(schema).map(
    ({ path, empty }) => [`${kind}.${path}`, JSON.stringify(empty), schema, path, empty] as const,
  ),
);

it("meets all kinds of them", () => {
  const named = rows.map(([name]) => name);
  for (const one of [
    "guest.title",
    "guest.nics.*.bandwidth",
    "guest.metadata",
    "network.dns.forwarders",
    "pool.source",
  ])
    expect(named).toContain(one);
});

it.each(rows)("%s: %s", (name, _written, schema, path, empty) => {
  const steps = stepsTo(path);
  const inputs = steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), empty);
  const sentences = validate(schema, inputs).filter((sentence) => sentence.startsWith(steps.join(".")));
  // What lacks a part says which; all else says what to write instead.
  for (const sentence of sentences) expect(sentence).toMatch(/: is empty; leave it out|: is missing; /);
  if (sentences.length > 0) return;
  const said = steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    withoutEmpties(schema, inputs),
  );
  expect(said).toEqual(asks.includes(name) ? empty : undefined);
});

it("keeps what a map holds, what is not known yet, and whatever says something", () => {
  const inputs = {
    metadata: { a: "" },
    disks: { cd: { device: "cdrom", iotune: {} }, root: unknown },
    nics: unknown,
    cputune: { vcpuPins: {} },
    vcpus: 1,
  };
  expect(withoutEmpties(guest, inputs)).toEqual({
    metadata: { a: "" },
    disks: { cd: { device: "cdrom" }, root: unknown },
    nics: unknown,
    vcpus: 1,
  });
});
