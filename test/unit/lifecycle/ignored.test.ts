import { ignoring } from "../../../provider/lifecycle/ignored";

it.each([
  ["title", ["title"], ["titles", "subtitle", "nics.title"]],
  ["disks.root.cache", ["disks.root.cache", "disks.root.cache.inner"], ["disks.root", "disks.root.cached"]],
  ['nics["my-nic"]', ["nics.my-nic", "nics.my-nic.model"], ["nics.my-nic2", "nics"]],
  ["disks[*].cache", ["disks.root.cache", "disks.data.cache"], ["disks.root.io", "disks.cache"]],
  [
    'dns.hosts["10.20.0.9"]',
    ["dns.hosts.10.20.0.9", "dns.hosts.10.20.0.9.0"],
    ["dns.hosts.10.20.0.91", "dns.hosts.10-20.0.9"],
  ],
  ["*", ["title", "disks.root.cache"], []],
])("ignoreChanges: %s (8.21)", (pattern, below, beside) => {
  const ignored = ignoring([pattern]);
  expect(below.filter(ignored)).toEqual(below);
  expect(beside.filter(ignored)).toEqual([]);
});

it.each([undefined, [], "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])("%s ignores nothing (8.21)", (patterns) => {
  expect(ignoring(patterns)("title")).toBe(false);
});
