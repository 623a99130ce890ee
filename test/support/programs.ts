/** What the programs of one end-to-end test file have in common. */

import type { PrivateHost } from "./private-host";
import { Program, type ProgramOptions } from "./program";

/** Makes programs for the tests of one file, which are removed at its end. */
export function programsOfThisFile(): (source: string, options?: ProgramOptions) => Program {
  const made: Program[] = [];
  afterAll(() => made.forEach((program) => program.remove()));
  return (source, options) => {
    const program = new Program(source, options);
    made.push(program);
    return program;
  };
}

/** The first lines of a program on this host. */
export function opening({ uri, data }: PrivateHost): string {
  return `const virt = require("pulumi-virt"); const pulumi = require("@pulumi/pulumi");
    const uri = ${JSON.stringify(uri)}; const data = ${JSON.stringify(data)};\n`;
}
