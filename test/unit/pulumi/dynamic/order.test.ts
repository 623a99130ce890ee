import * as pulumi from "@pulumi/pulumi";
import { Guest } from "../../../../provider/pulumi/dynamic/resources";
import { mockEngine, unknownOutput } from "../../../support/mocked";

const size = { host: { uri: "qemu:///system" }, vcpus: 1, memoryMiB: 64 };

describe("the class sends the order of the program's keys (8.12)", () => {
  it("of plain maps, outputs and promises", async () => {
    const { sent, run } = mockEngine();
    await run(
      () =>
        new Guest("web", {
          ...size,
          disks: { root: { path: "/r" }, data: { path: "/d" } },
          nics: pulumi.output({ wan: { user: true as const }, lan: { user: true as const } }),
          channels: Promise.resolve({ z: { name: "z" }, a: { name: pulumi.secret("a") } }),
        }),
    );
    expect(sent.get("web")?.__order).toEqual({ disks: ["root", "data"], nics: ["wan", "lan"], channels: ["z", "a"] });
  });

  it("as far as a preview knows it", async () => {
    const { sent, run } = mockEngine({ preview: true });
    const later = unknownOutput();
    await run(() => new Guest("web", { ...size, disks: { root: { path: later }, data: {} }, nics: later }));
    expect(sent.get("web")?.__order).toEqual({ disks: ["root", "data"] });
  });
});
