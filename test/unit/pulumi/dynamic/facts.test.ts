/** Facts as a program's unit test sees them: what a mock answers under their own names. */

import { Guest, Network } from "../../../../provider/pulumi/dynamic/resources";
import { mockEngine } from "../../../support/mocked";

it("gives a program's unit test what its mock says (8.30)", async () => {
  const addresses = { lan: ["10.20.0.100"] };
  const { run } = mockEngine({ answer: ({ inputs }) => ({ ...(inputs as object), state: "running", addresses }) });
  const web = await run(() => new Guest("web", { host: "qemu:///system", vcpus: 1, memoryMiB: 64 }));
  const seen = await new Promise((resolve) =>
    web.addresses.apply((known) => web.state.apply((state) => resolve([known, state]))),
  );
  expect(seen).toEqual([addresses, "running"]);
});

it("gives it the bridge's name, as stated or as its mock says that libvirt chose it (8.30)", async () => {
  const { run } = mockEngine({ answer: ({ inputs }) => ({ bridge: "virbr7", ...defined(inputs as object) }) });
  const host = "qemu:///system";
  const [chosen, given] = await run(() => [
    new Network("chosen", { host, mode: "nat" }),
    new Network("stated", { host, mode: "nat", bridge: "br-lan" }),
  ]);
  const seen = await Promise.all([chosen, given].map((each) => new Promise((resolve) => each?.bridge.apply(resolve))));
  expect(seen).toEqual(["virbr7", "br-lan"]);
});

function defined(inputs: object): object {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
}
