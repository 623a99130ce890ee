import { impactSaid, impactSentence, summary } from "../../../provider/lifecycle/sentences";
import { classified, named } from "../../../provider/lifecycle/classified";
import { inWords, spelled, stepsOf, valueAt } from "../../../provider/lifecycle/words";

const inputs = {
  vcpus: { current: 1, max: 2 },
  dns: { hosts: { "10.20.0.9": ["nine.example", "neun.example"] } },
  cpu: { features: { "sse4.1": "require", sse4: "disable" } },
};

describe("paths with dots in their keys read as the program spells them (8.23)", () => {
  it.each([
    ["vcpus.current", ["vcpus", "current"], "vcpus.current"],
    ["dns.hosts.10.20.0.9", ["dns", "hosts", "10.20.0.9"], 'dns.hosts."10.20.0.9"'],
    ["cpu.features.sse4.1", ["cpu", "features", "sse4.1"], 'cpu.features."sse4.1"'],
    ["cpu.features.sse4", ["cpu", "features", "sse4"], "cpu.features.sse4"],
    ["not.there", ["not", "there"], "not.there"],
  ])("%s", (path, steps, text) => {
    expect(stepsOf(path, inputs)).toEqual(steps);
    expect(spelled(path, inputs)).toBe(text);
  });

  it("finds the value", () => expect(valueAt(inputs, "cpu.features.sse4.1")).toBe("require"));

  it("finds the key in what was recorded where it is dropped now", () => {
    expect(spelled("dns.hosts.10.20.0.9", { dns: { hosts: {} } }, inputs)).toBe('dns.hosts."10.20.0.9"');
  });
});

describe("values in the program's own words (8.36)", () => {
  const change = { path: "ipv4.gateway", from: undefined, to: "ip family=ipv4 address=10.1.0.1" };
  const words = {
    recorded: { ipv4: { gateway: "10.0.0.1/24" } },
    wanted: { ipv4: { gateway: "10.1.0.1/24" } },
    drifted: new Set<string>(),
    isSecret: () => false,
  };

  it("from what was recorded to what is wanted", () => {
    expect(named(change, words)).toEqual({ path: "ipv4.gateway", from: "10.0.0.1/24", to: "10.1.0.1/24" });
  });

  it("the host's, where it has something else", () => {
    const drifted = { ...words, drifted: new Set(["ipv4.gateway"]) };
    expect(named({ ...change, from: "10.9.0.1" }, drifted).from).toBe("10.9.0.1");
    // What waits for a start was recorded as it is wanted.
    expect(
      named({ path: "m", from: "pc-q35-7.2", to: "pc" }, { ...words, recorded: { m: "pc" }, wanted: { m: "pc" } }),
    ).toEqual({
      path: "m",
      from: "pc-q35-7.2",
      to: "pc",
    });
  });

  it("none of a secret", () => {
    const secret = classified(
      { ...change, requiresRestart: false },
      { class: "live" },
      { ...words, isSecret: () => true },
    );
    expect(JSON.stringify(secret)).not.toMatch(/10\./);
    expect(impactSentence(secret)).toBe("live: (secret) → (secret)");
  });

  describe("of what holds a secret, all but the secret", () => {
    const isSecret = (path: string): boolean | "partly" =>
      path === "graphics.password" || (path === "graphics" && "partly");
    const bare = { graphics: { type: "vnc" } };
    const locked = { graphics: { type: "vnc", password: "hush" } };
    const on = { path: "graphics", from: undefined, to: "graphics type=vnc passwd=hush" };
    it.each([
      [{}, bare, on, undefined, "{ type: vnc }"],
      [bare, locked, on, "{ type: vnc }", "{ type: vnc, password: (secret) }"],
      [locked, {}, { ...on, from: on.to, to: undefined }, "{ type: vnc, password: (secret) }", undefined],
      // The host's own words may hold it.
      [{}, {}, { ...on, from: on.to, to: undefined }, "(secret)", undefined],
    ])("%j, then %j", (recorded, wanted, of, from, to) => {
      expect(named(of, { ...words, recorded, wanted, isSecret })).toEqual({
        path: "graphics",
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    });

    it("and nothing of a reference whose URI is one", () => {
      const host = { host: { uri: "qemu+tcp://a/system" } };
      const said = named(
        { path: "host", from: undefined, to: undefined },
        { ...words, wanted: host, isSecret: (path) => (path === "host.uri" ? true : "partly") },
      );
      expect(said).toEqual({ path: "host", to: "(secret)" });
    });
  });

  it.each([
    [{ host: { uri: "qemu+tcp://root:hush@a/system" }, pool: "p", name: "web-root", path: "/p/web-root" }, "web-root"],
    [{ uri: "qemu+tcp://root:hush@a/system", id: "x" }, "qemu+tcp://root:***@a/system"],
    [{ disk: { host: {}, pool: "p", name: "root" }, bus: "scsi" }, "{ disk: root, bus: scsi }"],
    [["a", "b"], "a, b"],
    [true, "true"],
    [undefined, undefined],
  ])("%j", (value, text) => expect(inWords(value)).toBe(text));
});

describe("sentences", () => {
  it.each([
    [{ path: "a", class: "powerCycle", from: "1", to: "2", note: "n" }, "powerCycle: 1 → 2 (n)"],
    [{ path: "a", class: "live", to: "2" }, "live: absent → 2"],
    [
      { path: "a", class: "powerCycle", atMost: true, note: "its value is not known yet" },
      "at most: powerCycle (its value is not known yet)",
    ],
    [{ path: "a", class: "none", note: "it seeded the disk once" }, "none: it seeded the disk once"],
    [{ path: "a", class: "stop", from: "true", to: "false" }, "stop: true → false"],
  ] as const)("%j", (change, text) => expect(impactSentence(change)).toBe(text));

  it("one line for the row: drift by its name, then each class once (8.36)", () => {
    expect(
      summary(
        [{ path: "running", from: "false", to: "true" }],
        [
          { path: "machine", class: "powerCycle" },
          { path: "vcpus", class: "powerCycle" },
          { path: "title", class: "powerCycle", atMost: true },
          { path: "backing", class: "none", note: "it seeded the disk once" },
        ],
      ),
    ).toBe("drift: running; powerCycle: machine, vcpus; at most: powerCycle: title");
    expect(summary([], [{ path: "ipv4.gateway", class: "interrupts", note: "guests lose their link: web" }])).toBe(
      "interrupts: ipv4.gateway (guests lose their link: web)",
    );
    expect(summary([], [])).toBeUndefined();
  });

  it("keys are paths", () => {
    expect(impactSaid([{ path: "dns.hosts.10.20.0.9", class: "live", to: "a" }], inputs)).toEqual({
      'dns.hosts."10.20.0.9"': "live: absent → a",
    });
  });
});
