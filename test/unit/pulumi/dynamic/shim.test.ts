import { shim } from "../../../../provider/pulumi/dynamic/dynamic";
import { typeOf } from "../../../../provider/pulumi/dynamic/stated";
import * as handler from "../../../../provider/pulumi/dynamic/handler";

// This text stands in the state of every resource of every user: another one is a difference on all of them.
it.each(["host", "pool", "disk", "network", "guest"])("the provider text of %s is what it always was", (kind) => {
  expect(shim(kind)).toBe(`exports.handler=()=>require("pulumi-virt/handler").${kind};`);
  expect(Object.keys(handler)).toContain(kind);
});

it("the type, too", () => expect(typeOf("Guest")).toBe("pulumi-nodejs:dynamic/virt:Guest"));
