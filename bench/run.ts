/** Measures what the provider adds to libvirt's own time and to the engine's. One line a figure: name, value, unit, goal. */

import { diskFigures } from "./disks";
import { engineFigures } from "./engine";
import { handlerFigures } from "./handlers";
import { liveFigures } from "./live";
import { removalFigures } from "./removal";
import { startPrivateHost } from "../test/support/private-host";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
}

function print({ name, value, unit, goal }: Figure): void {
  console.log([name.padEnd(58), value.toFixed(2).padStart(8), unit.padEnd(6), goal].join("  "));
}

async function main(): Promise<void> {
  const host = startPrivateHost();
  try {
    for (const figure of await handlerFigures(host)) print(figure);
    for (const figure of await liveFigures(host)) print(figure);
    for (const figure of await diskFigures(host)) print(figure);
    for (const figure of await removalFigures(host)) print(figure);
    for (const figure of engineFigures(host)) print(figure);
  } finally {
    host.stop();
  }
}

void main();
