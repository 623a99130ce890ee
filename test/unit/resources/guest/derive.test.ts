import { derive } from "../../../../provider/resources/guest/derive";
import type { GuestInputs } from "../../../../schema/guest";

const identity = { urn: "urn:pulumi:a::b::virt:Guest::web", resourceName: "web" };
const inputs = {
  host: { uri: "qemu:///system" },
  vcpus: 1,
  memoryMiB: 64,
  nics: { lan: { user: true } },
} as GuestInputs;

it("an adopted guest keeps its MAC addresses, also after a refresh has recorded its UUID (8.28)", () => {
  const adopted = { ...inputs, adopt: true };
  const refreshed = { ...adopted, uuid: "6695eb01-f6a4-4304-b9aa-97f2502e193f" };
  for (const old of [undefined, adopted, refreshed])
    expect(derive(adopted, old, identity).nics?.lan).not.toHaveProperty("mac");
  expect(derive(inputs, undefined, identity).nics?.lan?.mac).toMatch(/^52:54:00/);
});
