/** Law 9: an `up` has nothing to do, and `read` finds what was recorded. */

import type { Stack } from "./stack";

export async function settled(stack: Stack, name: string): Promise<void> {
  const { kind, inputs } = stack.get(name);
  const { drift: _drift, impact: _impact, ...recorded } = inputs;
  expect(await stack.up(kind, name, recorded)).toBe("same");
  expect(await stack.refresh(name)).toMatchObject(recorded);
}
