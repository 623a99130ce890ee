/** A program that claims a device of the host and gives it to guests, for the real engine: alike for every kind of device. */

import type { Values } from "../../provider/lifecycle/lifecycle";
import type { Program } from "./program";
import type { TestHost } from "./test-host";

/** `selector`: which device it is, by kind; `more`: what the program says beside that, of `host`, `claimed` and `given`. */
export function claimedDeviceProgram(
  { uri }: TestHost,
  selector: Values,
  guests: readonly string[] = ["web"],
  more = "",
): string {
  return `
    const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(uri)} });
    const claimed = new virt.PassthroughDevice("claimed", { host, ...${JSON.stringify(selector)} });
    const given = { host, vcpus: 1, memoryMiB: 64, forceOff: true, shutdownTimeoutSeconds: 1 };
    for (const name of ${JSON.stringify(guests)})
      new virt.Guest(name, { ...given, passthrough: { it: { device: claimed } } });
    ${more}
    exports.address = claimed.address;`;
}

/** Two guests for one device are refused by the preview, which says the device as the sentence does. */
export function expectTakenTwice(program: Program, source: string, device = "the device .*"): void {
  program.write("index.js", source);
  const { code, text } = program.pulumi("preview");
  expect([code === 0, text]).toEqual([
    false,
    expect.stringMatching(new RegExp(`${device} is taken by the resource "(web|second)" of this program`)),
  ]);
}
