/** Our provider as the engine meets it, without the engine: calls come in as lines of JSON, and so go the answers. */

const handler = require("../../../dist/provider/pulumi/dynamic/handler.js");

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { call, kind, method, args } = JSON.parse(line);
    try {
      const result = await handler[kind][method](...args);
      console.log(JSON.stringify({ call, result: result ?? null }));
    } catch (error) {
      const { message, stack, id, properties } = error;
      console.log(JSON.stringify({ call, error: { message: stack || message, id, properties } }));
    }
  })
  .on("close", () => process.exit(0));
