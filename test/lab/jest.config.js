/** All tests, those of the lab among them; test/lab/run says which. Emulation is slow: everything may take its time. */
module.exports = {
  ...require("../../jest.config.js"),
  rootDir: "../..",
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 300_000,
};
