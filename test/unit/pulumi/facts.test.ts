/** Facts as a program's unit test sees them: what a mock answers under their own names. */

import { Guest } from "../../../provider/pulumi/resources";
import { mockEngine } from "../../support/mocked";

it("gives a program's unit test what its mock says (8.30)", async () => {
  const addresses = { lan: ["10.20.0.100"] };
  const { run } = mockEngine({ answer: ({ inputs }) => ({ ...(inputs as object), state: "running", addresses }) });
  const web = await run(() => new Guest("web", { host: "qemu:///system", vcpus: 1, memoryMiB: 64 }));
  const seen = await new Promise((resolve) =>
    web.addresses.apply((known) => web.state.apply((state) => resolve([known, state]))),
  );
  expect(seen).toEqual([addresses, "running"]);
});
