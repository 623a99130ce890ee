/** What is wanted of a device that is divided, and what is set once more. */

import { functionsToSet } from "../../../../provider/resources/virtual-functions/change";
import { settingWords } from "../../../../provider/resources/virtual-functions/function-settings";
import { settings } from "../../../../provider/resources/virtual-functions/observe";
import { toXml } from "../../../../provider/resources/virtual-functions/xml";
import { unknown } from "../../../../schema/unknown";

const inputs = { host: { uri: "qemu:///system" }, pci: { interface: "enp3s0" }, count: 2 };

it("each virtual function has all settings, of which the program's own count", () => {
  expect(toXml({ ...inputs, functions: { "1": { trust: true } } }, "0000:03:00.0").settings).toEqual({
    pci: "0000:03:00.0",
    count: 2,
    up: true,
    persistent: false,
    "functions.0.trust": false,
    "functions.0.spoofCheck": true,
    "functions.0.maxMbit": 0,
    "functions.1.trust": true,
    "functions.1.spoofCheck": true,
    "functions.1.maxMbit": 0,
  });
});

it("an interface that is not ours to bring up is left as it is, and nothing is wanted of what is not there", () => {
  expect(toXml({ ...inputs, up: false }, undefined).settings).not.toHaveProperty("up");
  expect(toXml(inputs, null).settings).toEqual({});
});

it("what is stated no more goes back beside what is stated", () => {
  const planned = { count: 2, "functions.0.spoofCheck": true, "functions.1.maxMbit": 0 };
  expect(functionsToSet({ "0": { trust: true } }, planned)).toEqual({
    "0": { trust: true, spoofCheck: true },
    "1": { maxMbit: 0 },
  });
});

it("in the words of ip", () => {
  expect(settingWords({ trust: true, spoofCheck: false, maxMbit: 100 })).toEqual([
    ["trust", "on"],
    ["spoofchk", "off"],
    ["max_tx_rate", "100"],
  ]);
});

it("nothing is said of a device that a preview does not know yet", () => {
  const there = { devices: [], look: { sights: new Map(), lacks: [] }, claimed: "0000:03:00.0" };
  for (const pci of [{ address: unknown }, { interface: unknown }])
    expect(settings({ ...inputs, pci }, there)).toEqual({ pci: "0000:03:00.0" });
});
