/**
 * The order of the test files. jest begins with the largest where it has no times of an earlier run, and a long one that
 * comes last is waited for alone: here those begin that start a process for each step.
 */

const { default: Sequencer } = require("@jest/test-sequencer");

const longest = [/\/killed-/, /\/e2e\//, /\/(lifecycle|live)\//];

function rank({ path }) {
  const at = longest.findIndex((pattern) => pattern.test(path));
  return at < 0 ? longest.length : at;
}

module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
};
