/** What this hypervisor cannot give a guest, by what the host says of itself. Pure. */

import { nearest } from "../../../schema/nearest";
import { unknown } from "../../../schema/unknown";
import { devicesIn } from "../../libvirt/devices";
import { deviceCapabilities, valuesOf } from "../../libvirt/domain-capabilities";
import { descend, type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";
import type { KnownHost, Objection } from "../resource";
import { listedValues } from "./devices";
import { keyOf } from "./devices/device";
import { diskKind } from "./devices/disk";
import { kibibytesOf, pathOf, type Wanted } from "./wanted";

export interface HostSays extends KnownHost {
  readonly capabilities: Element;
  /** For guests of this kind; undefined where the host does not say. */
  readonly domain: Element | undefined;
  readonly cpuModels: readonly string[] | undefined;
  readonly memoryKiB: number | undefined;
}

/** Architecture, kind of virtualization, machine type and vCPUs: what libvirt refuses to define. */
export function objectionsToMachine(
  wanted: Wanted,
  { capabilities, ...host }: KnownHost & Pick<HostSays, "capabilities">,
): Objection[] {
  const osType = textOf(descend(wanted.document, "os", "type"));
  const guests = elementsOf(capabilities, "guest").filter((guest) => textOf(firstElement(guest, "os_type")) === osType);
  const architectures = guests.flatMap((guest) => elementsOf(guest, "arch"));
  const { type, architecture, machine } = wanted;
  if (guests.length === 0 || [type, architecture, machine].includes(unknown)) return [];
  const arch = architectures.find(({ attributes }) => attributes.name === architecture);
  if (arch === undefined) {
    const names = architectures.map(({ attributes }) => attributes.name ?? "");
    return [
      {
        path: pathOf(wanted, ["os", "type"], "arch"),
        reason: `this host runs no guests of architecture "${architecture}": ${offers(architecture, names)}`,
      },
    ];
  }
  const domains = elementsOf(arch, "domain");
  const domain = domains.find(({ attributes }) => attributes.type === type);
  if (domain === undefined) {
    const types = domains.map(({ attributes }) => attributes.type ?? "");
    return [
      {
        path: "domainType",
        reason: `this host does not run guests of architecture "${architecture}" as "${type}": ${offers(type, types)}`,
      },
    ];
  }
  return [
    ...objectionsToType(wanted, host),
    ...objectionsToMachineType(wanted, [...elementsOf(arch, "machine"), ...elementsOf(domain, "machine")]),
  ];
}

function objectionsToType({ type }: Wanted, { facts, profile }: KnownHost): Objection[] {
  const reason = profile.doubtAbout(type, facts.architecture);
  return reason === undefined ? [] : [{ path: "domainType", reason, onlyTold: true }];
}

function objectionsToMachineType(wanted: Wanted, machines: readonly Element[]): Objection[] {
  const { machine, architecture, document } = wanted;
  if (machine === "" || machines.length === 0) return [];
  const found = machines.find((each) => textOf(each) === machine);
  if (found === undefined) {
    const path = pathOf(wanted, ["os", "type"], "machine");
    const near = nearMachines(machine, machines.map(textOf));
    return [
      {
        path,
        reason: `"${machine}" is no machine type of this host for ${architecture}; near it are ${near.join(", ")}.`,
      },
    ];
  }
  const most = Number(found.attributes.maxCpus);
  const vcpus = Number(textOf(firstElement(document, "vcpu")));
  if (!(vcpus > most)) return [];
  const reason = `${vcpus} vCPUs are more than the machine type "${machine}" takes (${most}).`;
  return [{ path: pathOf(wanted, ["vcpu"]), reason }];
}

/** What was probably meant, then what is of the same family, newest first. */
function nearMachines(given: string, names: readonly string[]): string[] {
  const family = given.replace(/-?[0-9][0-9.]*$/, "");
  const related = names.filter((name) => name.startsWith(family)).sort((one, other) => newestFirst.compare(other, one));
  const guess = nearest(given, names);
  const near = [...new Set([...(guess === undefined ? [] : [guess]), ...related])].slice(0, 4);
  return near.length > 0 ? near : names.filter((name) => !/[0-9]\.[0-9]/.test(name)).slice(0, 6);
}

const newestFirst = new Intl.Collator("en", { numeric: true });

/** CPU, memory and devices. What libvirt defines and never starts is told only, where the guest is not to run. */
export function objectionsToHardware(wanted: Wanted, says: HostSays): Objection[] {
  return [
    ...objectionsToCpu(wanted, says),
    ...objectionsToHiding(wanted),
    ...objectionsToMemory(wanted, says),
    ...objectionsToBuses(wanted, says),
    ...objectionsToFirmware(wanted, says),
    ...objectionsToModels(wanted, says),
  ];
}

function objectionsToCpu(wanted: Wanted, { domain, cpuModels, profile }: HostSays): Objection[] {
  const { document, type, architecture, atStart } = wanted;
  const cpu = firstElement(document, "cpu");
  const mode = cpu?.attributes.mode;
  if (mode === undefined || mode === unknown) return [];
  const modes = domain === undefined ? [] : elementsOf(firstElement(domain, "cpu") ?? domain, "mode");
  const offered = modes.find(({ attributes }) => attributes.name === mode);
  if (offered?.attributes.supported === "no") {
    const names = modes
      .filter(({ attributes }) => attributes.supported === "yes")
      .map(({ attributes }) => attributes.name ?? "");
    const reason = `"${mode}" is not to be had for guests of the type "${type}" on this host: ${offers(mode, names)}`;
    return [{ path: pathOf(wanted, ["cpu"], "mode"), reason, ...atStart }];
  }
  const model = textOf(firstElement(cpu, "model"));
  if (mode !== "custom" || model === "" || model === unknown) return [];
  const path = pathOf(wanted, ["cpu", "model"]);
  const seen = offered === undefined ? [] : elementsOf(offered, "model");
  if (cpuModels !== undefined && !cpuModels.includes(model) && !seen.some((each) => textOf(each) === model)) {
    const guess = nearest(model, cpuModels);
    return [
      {
        path,
        reason: `libvirt knows no CPU model "${model}" for ${architecture}${guess === undefined ? "." : `; did you mean "${guess}"?`}`,
        ...atStart,
      },
    ];
  }
  const usable = seen.find((each) => textOf(each) === model)?.attributes.usable;
  return profile.runsOnHostCpu(type) && usable === "no"
    ? [
        {
          path,
          reason: `the host's CPU lacks features of the model "${model}": a guest with all of them does not start.`,
          onlyTold: true,
        },
      ]
    : [];
}

/** Of other architectures QEMU starts none: "Property 'max-arm-cpu.kvm' not found". */
function objectionsToHiding({ inputs, architecture, atStart }: Wanted): Objection[] {
  if (inputs.hideHypervisor !== true || architecture === unknown || /^(x86_64|i686)$/.test(architecture)) return [];
  const reason = `a guest of ${architecture} is not told by its CPU that it is one, so nothing can be hidden. Leave it out.`;
  return [{ path: "hideHypervisor", reason, ...atStart }];
}

function objectionsToMemory(wanted: Wanted, { memoryKiB }: HostSays): Objection[] {
  const memory = kibibytesOf(firstElement(wanted.document, "memory"));
  if (memoryKiB === undefined || !(memory > memoryKiB)) return [];
  const reason = `${Math.round(memory / 1024)} MiB are more than the host has (${Math.floor(memoryKiB / 1024)} MiB): most hosts do not start such a guest.`;
  return [{ path: pathOf(wanted, ["memory"]), reason, onlyTold: true }];
}

/** `sd` is in no list of libvirt's, and some boards have it; `nvme` is younger than the list of some versions. */
const unlisted = new Set(["sd", "nvme"]);

function objectionsToBuses(wanted: Wanted, { domain, facts, profile }: HostSays): Objection[] {
  const buses = valuesOf(deviceCapabilities(domain, "disk"), "bus");
  if (buses === undefined) return [];
  return devicesIn(wanted.document, "disk").flatMap((disk) => {
    const key = keyOf(disk, diskKind);
    const bus = firstElement(disk, "target")?.attributes.bus;
    if (key === undefined || bus === undefined || bus === unknown || buses.includes(bus)) return [];
    if (unlisted.has(bus) && (bus !== "nvme" || facts.libvirtVersion >= 11_000_000)) return [];
    const reason = `"${bus}" is no bus of the machine type "${wanted.machine}" on this host: ${offers(bus, buses)}`;
    return [{ path: `disks.${key}.bus`, reason, ...(profile.silentBuses.has(bus) ? wanted.atStart : {}) }];
  });
}

function objectionsToFirmware(wanted: Wanted, { domain }: HostSays): Objection[] {
  const os = firstElement(domain, "os");
  const { firmware } = firstElement(wanted.document, "os")?.attributes ?? {};
  if (os === undefined || firmware !== "efi" || valuesOf(os, "firmware")?.includes("efi") === true) return [];
  // libvirt before 5.2 has no list; since then an empty list says that there is none.
  if (!elementsOf(os, "enum").some(({ attributes }) => attributes.name === "firmware")) return [];
  const reason = `the host has no UEFI firmware for ${wanted.architecture} on "${wanted.machine}" (Debian: package ovmf; Fedora: edk2-ovmf).`;
  return [{ path: pathOf(wanted, ["os"], "firmware"), reason, ...wanted.atStart }];
}

function objectionsToModels(wanted: Wanted, { domain }: HostSays): Objection[] {
  return listedValues.flatMap(({ element: name, child, attribute, list, what }) => {
    const values = valuesOf(deviceCapabilities(domain, name), list);
    return devicesIn(wanted.document, name).flatMap((device) => {
      const value = (child === undefined ? device : firstElement(device, child))?.attributes[attribute];
      if (values === undefined || value === undefined || value === unknown || values.includes(value)) return [];
      const path = statedPath(wanted, name, child, attribute, value);
      if (path === undefined) return [];
      const swtpm = value === "emulator" ? " (swtpm is not installed; Debian: packages swtpm, swtpm-tools)" : "";
      const reason = `"${value}" is no ${what} that this host has${swtpm}: ${offers(value, values)}`;
      return [{ path, reason, ...wanted.atStart }];
    });
  });
}

/** The input path that asks for this value; undefined where it is not the program's. */
function statedPath(
  { desired }: Wanted,
  device: string,
  child: string | undefined,
  attribute: string,
  value: string,
): string | undefined {
  const devices = desired.document.children.find(({ name }) => name === "devices")?.children ?? [];
  return devices
    .filter(({ name }) => name === device)
    .map((each) => (child === undefined ? each : each.children.find(({ name }) => name === child)))
    .find((each) => each?.attributes[attribute]?.value === value)?.attributes[attribute]?.path;
}

/** "it has a, b; did you mean "b"?" */
function offers(given: string, candidates: readonly string[]): string {
  const guess = nearest(given, candidates);
  return `it has ${[...new Set(candidates)].join(", ")}${guess === undefined ? "." : `; did you mean "${guess}"?`}`;
}
