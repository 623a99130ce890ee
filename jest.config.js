/** Tests are found by folder; `npm run test:unit` and its siblings name the folders. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  // These need an emulated host; see test/lab/run.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/lab/"],
  transform: { "^.+\\.ts$": ["ts-jest", { tsconfig: "tsconfig.json", diagnostics: false }] },
  testTimeout: 60_000,
  testSequencer: "<rootDir>/test/support/longest-first.js",
};
