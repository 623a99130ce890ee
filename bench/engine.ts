/** The real engine with our handlers, beside the same program with handlers that do nothing. */

import type { PrivateHost } from "../test/support/private-host";
import { Program } from "../test/support/program";
import type { Figure } from "./run";

/** How many guests, and whether they run: those that do are compared with their live XML as well. */
const cases = [
  { count: 1, running: false },
  { count: 10, running: false },
  { count: 100, running: false },
  { count: 100, running: true },
];

/** A provider that does nothing: what remains is the engine's own time, and Node's. */
const idle = `exports.handler=()=>({check:async(o,n)=>({inputs:n}),diff:async()=>({changes:false}),create:async(i)=>({id:"x",outs:i}),read:async(id,props)=>({id,props,inputs:props}),delete:async()=>{}});`;

export function engineFigures(host: PrivateHost): Figure[] {
  return cases.flatMap(({ count, running }) => {
    const guests = `${count}${running ? " running" : ""} guests`;
    const [ours, others] = [guestsOf(host, count, running), idleOf(count)];
    try {
      const figure = (name: string, one: number, other: number, goal = ""): Figure[] => [
        { name: `${name}, ${guests}`, value: one, unit: "s", goal: "" },
        { name: `${name}, ${guests}, handlers that do nothing`, value: other, unit: "s", goal: "" },
        { name: `${name}, ${guests}, ratio`, value: one / other, unit: "times", goal },
      ];
      const up = (program: Program): number => seconds(() => program.up());
      const preview = (program: Program): number => best(() => program.must("preview", "--expect-no-changes"));
      const upFigures = figure("up", up(ours), up(others));
      const live = figure("unchanged preview, host looked at", preview(ours), preview(others), "at most 1.3");
      process.env.PULUMI_VIRT_OFFLINE = "true";
      const offline = figure("unchanged preview, offline", preview(ours), preview(others), "at most 1.3");
      delete process.env.PULUMI_VIRT_OFFLINE;
      const destroy = figure(
        "destroy",
        seconds(() => ours.destroy()),
        seconds(() => others.destroy()),
      );
      return [...upFigures, ...live, ...offline, ...destroy];
    } finally {
      ours.remove();
      others.remove();
    }
  });
}

/** A program of so many guests on one host. */
export function guestsOf(host: PrivateHost, count: number, running: boolean): Program {
  return new Program(
    `const virt = require("pulumi-virt"); const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
     for (let n = 0; n < ${count}; n += 1) new virt.Guest("bench-" + n, { host, vcpus: 1, memoryMiB: 32, running: ${running}, forceOff: true, shutdownTimeoutSeconds: 1, nics: { lan: { user: true } } });`,
  );
}

/** As many resources as that one has, with handlers that do nothing. */
export function idleOf(count: number): Program {
  return new Program(
    `const pulumi = require("@pulumi/pulumi");
     class Idle extends pulumi.CustomResource { constructor(name, args) { super("pulumi-nodejs:dynamic/idle:Idle", name, { ...args, __provider: ${JSON.stringify(idle)} }); } }
     for (let n = 0; n <= ${count}; n += 1) new Idle("bench-" + n, { vcpus: 1, memoryMiB: 64, running: false, nics: { lan: { user: true } } });`,
  );
}

function seconds(action: () => unknown): number {
  const begun = performance.now();
  action();
  return (performance.now() - begun) / 1000;
}

/** The best of three: these machines are noisy, and only a run that was not disturbed tells what it costs. */
function best(action: () => unknown): number {
  return Math.min(seconds(action), seconds(action), seconds(action));
}
