/** A guest's inputs as the domain XML that is wanted (libvirt.org/formatdomain.html). Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDefaults, Virtualization } from "../../hypervisors/guest-defaults";
import { LibvirtError } from "../../libvirt/errors";
import type { HostFacts } from "../../libvirt/host-facts";
import { markNamespace, markPrefix, triggerName } from "../../libvirt/mark";
import { type Absent, type Desired, type DesiredElement, element, stated } from "../../reconcile/desired";
import type { KnownHost } from "../resource";
import { absentDevices, bootOrders, deviceElements, recognised } from "./devices";
import type { Held } from "./devices/device";
import { withSharedSlots } from "./shared-slots";
import { knownFragments, withFragments } from "./xml-fragments";
import { memory, numa } from "./xml-memory";

/** `observed`: what is there decides where an input gives no name, and what lies beneath a snapshot. */
export function toXml(given: GuestInputs, host: KnownHost, observed?: Held): Desired {
  const inputs = recognised(given, host.profile, observed);
  const defaults = defaultsFor(inputs, host);
  const document = element("domain", "", { type: stated("domainType", inputs.domainType ?? defaults.domainType) }, [
    element("name", "name", {}, inputs.name),
    inputs.uuid === undefined ? undefined : element("uuid", "uuid", {}, inputs.uuid),
    inputs.title === undefined ? undefined : element("title", "title", {}, inputs.title),
    inputs.description === undefined ? undefined : element("description", "description", {}, inputs.description),
    metadata(inputs, observed !== undefined),
    ...memory(inputs),
    vcpus(inputs),
    cputune(inputs),
    bootloader(inputs, defaults),
    operatingSystem(inputs, host.facts, defaults, observed !== undefined),
    features(inputs, defaults, observed !== undefined),
    cpu(inputs, observed?.adopted === true && inputs.cpu === undefined ? undefined : defaults.cpuMode),
    clock(inputs, defaults),
    element("on_poweroff", "onPoweroff", {}, inputs.onPoweroff ?? "destroy"),
    element("on_reboot", "onReboot", {}, inputs.onReboot ?? "restart"),
    element("on_crash", "onCrash", {}, inputs.onCrash ?? "destroy"),
    { ...element("devices", "", {}, deviceElements(inputs, defaults, observed)), without: absentDevices(inputs) },
  ]);
  return {
    document: withSharedSlots(withFragments(document, knownFragments(inputs)), inputs, observed),
    settings: { autostart: inputs.autostart ?? false, running: inputs.running ?? true },
  };
}

/** Stated, or what the architecture needs, unless a kernel is started without any. */
function isEfi({ firmware, boot }: GuestInputs, defaults: GuestDefaults): boolean {
  return (firmware ?? (boot === undefined ? defaults.firmware : undefined) ?? "bios") !== "bios";
}

/** What this guest gets where nothing is said; undefined where the host has no such virtualization. */
export function defaultsOf(host: KnownHost, inputs: GuestInputs): GuestDefaults | undefined {
  return defaultsAs(virtualizationOf(host, inputs), host, inputs);
}

/** Stated, or the first of the usual ones that the host offers. */
export function virtualizationOf(host: KnownHost, inputs: GuestInputs): Virtualization {
  const [first = "full", ...others] = host.profile.usual;
  const offered = [first, ...others].find((kind) => isOffered(host, defaultsAs(kind, host, inputs)));
  return inputs.virtualization ?? offered ?? first;
}

function defaultsAs(
  virtualization: Virtualization,
  { profile, facts }: KnownHost,
  { architecture = facts.architecture }: GuestInputs,
): GuestDefaults | undefined {
  return profile.defaults({ virtualization, architecture, hostArchitecture: facts.architecture });
}

/** Whether the host runs such guests, as far as it tells. */
export function isOffered({ facts }: KnownHost, defaults: GuestDefaults | undefined): boolean {
  const { osTypes } = facts;
  return defaults !== undefined && (osTypes === undefined || osTypes.includes(defaults.osType));
}

/** The same; throws `InvalidInput` where the host has no such virtualization. */
export function defaultsFor(inputs: GuestInputs, host: KnownHost): GuestDefaults {
  const defaults = defaultsOf(host, inputs);
  if (defaults !== undefined) return defaults;
  throw new LibvirtError(
    "InvalidInput",
    `Guest "${inputs.name}" asks for virtualization "${inputs.virtualization}", which ${host.profile.inWords} cannot give: only a Xen host runs paravirtual and PVH guests.`,
    'Leave virtualization out, or say "full".',
  );
}

/** Of a guest that is there, other people may have metadata, too: what goes is what stands in ours, never the whole. */
function metadata(
  { metadata: stated = {}, restartTrigger }: GuestInputs,
  isThere: boolean,
): DesiredElement | undefined {
  const entries = Object.entries(stated);
  const isEmpty = entries.length === 0 && restartTrigger === undefined;
  if (isEmpty && !isThere) return undefined;
  const path = isEmpty ? "" : restartTrigger === undefined ? "metadata" : "restartTrigger";
  return element("metadata", path, {}, [
    element(`${markPrefix}:resource`, path, { [`xmlns:${markPrefix}`]: markNamespace }, [
      ...entries.map(([key, value]) => element(`${markPrefix}:entry`, `metadata.${key}`, { key }, value)),
      restartTrigger === undefined ? undefined : element(triggerName, "restartTrigger", {}, restartTrigger),
    ]),
  ]);
}

function vcpus({ vcpus: wanted }: GuestInputs): DesiredElement {
  if (typeof wanted === "number") return element("vcpu", "vcpus", { current: wanted }, wanted);
  return element("vcpu", "vcpus.max", { current: stated("vcpus.current", wanted.current) }, wanted.max);
}

function cputune({ cputune: wanted }: GuestInputs): DesiredElement | undefined {
  return (
    wanted &&
    element("cputune", "cputune", {}, [
      wanted.shares === undefined ? undefined : element("shares", "cputune.shares", {}, wanted.shares),
      ...Object.entries(wanted.vcpuPins ?? {}).map(([vcpu, cpuset]) =>
        element("vcpupin", `cputune.vcpuPins.${vcpu}`, { vcpu, cpuset }),
      ),
      wanted.emulatorPin === undefined
        ? undefined
        : element("emulatorpin", "cputune.emulatorPin", { cpuset: wanted.emulatorPin }),
    ])
  );
}

/** It stands right before `<os>`: anywhere else libvirt's schema has none. */
function bootloader({ bootloader: wanted, boot }: GuestInputs, defaults: GuestDefaults): DesiredElement | undefined {
  const name = wanted ?? (boot === undefined ? defaults.bootloader : undefined);
  return name === undefined ? undefined : element("bootloader", "bootloader", {}, name);
}

/** Of a guest that is there, what it boots from is nobody's wish until a program says it: libvirt itself adds the disk where nothing else is. */
function operatingSystem(
  inputs: GuestInputs,
  facts: HostFacts,
  defaults: GuestDefaults,
  isThere: boolean,
): DesiredElement {
  const { boot } = inputs;
  const efi = isEfi(inputs, defaults);
  const secure = inputs.firmware === "efi-secure";
  const devicesSayOrder = bootOrders(inputs).length > 0;
  const system = element("os", "", { firmware: efi ? stated("firmware", "efi") : undefined }, [
    element(
      "type",
      "virtualization",
      {
        arch: stated("architecture", inputs.architecture ?? facts.architecture),
        machine: stated("machine", inputs.machine ?? defaults.machine),
      },
      defaults.osType,
    ),
    efi && defaults.firmwareFeatures && facts.libvirtVersion >= 7_002_000
      ? element("firmware", "firmware", {}, [
          element("feature", "firmware", { enabled: secure, name: "secure-boot" }),
          // Enrolled keys without secure boot, or the other way round, is a firmware that no host has.
          element("feature", "firmware", { enabled: secure, name: "enrolled-keys" }),
        ])
      : undefined,
    efi && defaults.firmwareFeatures && !facts.session && inputs.uuid !== undefined
      ? variables(inputs.uuid, secure)
      : undefined,
    boot && element("kernel", "boot.kernel", {}, boot.kernel),
    boot?.initrd === undefined ? undefined : element("initrd", "boot.initrd", {}, boot.initrd),
    boot?.commandLine === undefined ? undefined : element("cmdline", "boot.commandLine", {}, boot.commandLine),
    boot !== undefined || devicesSayOrder || isThere || !defaults.bootDevices
      ? undefined
      : element("boot", "disks", { dev: "hd" }),
  ]);
  return inputs.firmware === "bios" ? { ...system, without: partsOfEfi } : system;
}

/** What makes a guest that is there an UEFI guest: libvirt chose its image, or somebody did. */
const partsOfEfi: readonly Absent[] = [
  { path: "firmware", attribute: "firmware" },
  { path: "firmware", child: "loader", is: ({ attributes }) => attributes.type === "pflash" },
  { path: "firmware", child: "nvram" },
];

/**
 * UEFI's variables. libvirt names them after the guest, and a later guest of that name would get them: the UUID is ours
 * alone. Each firmware has a file of its own, since libvirt makes none where one is: keys that were never enrolled would be
 * taken for secure boot. Written with the guest and with another firmware, and otherwise left as they are: the file holds
 * what the guest wrote.
 */
function variables(uuid: string, secure: boolean): DesiredElement {
  return element("nvram", "", {}, `/var/lib/libvirt/qemu/nvram/${uuid}${secure ? "_SECURE" : ""}_VARS.fd`);
}

/** No input says these flags, so of a guest that is there they are nobody's; acpi goes with UEFI where it needs it. */
function features(inputs: GuestInputs, defaults: GuestDefaults, isThere: boolean): DesiredElement | undefined {
  const withoutAcpi = defaults.acpiNeedsFirmware && !isEfi(inputs, defaults);
  const flags = defaults.features
    .filter((flag) => flag !== "acpi" || !withoutAcpi)
    .map((flag) => element(flag, flag === "acpi" && defaults.acpiNeedsFirmware ? "firmware" : ""));
  const hyperv =
    inputs.os === "windows" && defaults.hpet
      ? element("hyperv", "os", {}, [
          element("relaxed", "os", { state: "on" }),
          element("vapic", "os", { state: "on" }),
          element("spinlocks", "os", { state: "on", retries: 8191 }),
          // QEMU's own says who it is, as drivers know.
          inputs.hideHypervisor === true
            ? element("vendor_id", "hideHypervisor", { state: "on", value: "unspecified" })
            : undefined,
        ])
      : undefined;
  const hidden =
    inputs.hideHypervisor === undefined || defaults.hiddenBy === undefined
      ? undefined
      : // What else somebody put there stays when this goes.
        element(defaults.hiddenBy, isThere ? "" : "hideHypervisor", {}, [
          element("hidden", "hideHypervisor", { state: inputs.hideHypervisor ? "on" : "off" }),
        ]);
  const vmport = defaults.vmport ? element("vmport", "", { state: "off" }) : undefined;
  const smm =
    inputs.firmware === "efi-secure" && !defaults.acpiNeedsFirmware
      ? element("smm", "firmware", { state: "on" })
      : undefined;
  const all = [...flags, hyperv, hidden, vmport, smm].filter((each) => each !== undefined);
  return all.length === 0 ? undefined : element("features", "", {}, all);
}

/** `defaultMode`: undefined where a guest that was there before us has the CPU that it has. */
function cpu(inputs: GuestInputs, defaultMode: string | undefined): DesiredElement | undefined {
  const { cpu: wanted, memoryHotplug } = inputs;
  const mode = wanted?.mode ?? defaultMode;
  if (mode === undefined && memoryHotplug === undefined) return undefined;
  const { topology, model } = wanted ?? {};
  return element("cpu", "cpu", { mode: stated("cpu.mode", mode), match: model === undefined ? undefined : "exact" }, [
    model === undefined ? undefined : element("model", "cpu.model", { fallback: "forbid" }, model),
    topology &&
      element("topology", "cpu.topology", {
        sockets: stated("cpu.topology.sockets", topology.sockets),
        cores: stated("cpu.topology.cores", topology.cores),
        threads: stated("cpu.topology.threads", topology.threads),
      }),
    ...Object.entries(wanted?.features ?? {}).map(([name, policy]) =>
      element("feature", `cpu.features.${name}`, { policy: stated(`cpu.features.${name}`, policy), name }),
    ),
    numa(inputs),
  ]);
}

function clock(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement {
  const windows = inputs.os === "windows";
  const offset =
    inputs.clock === undefined
      ? stated("os", windows ? "localtime" : "utc")
      : stated("clock.offset", inputs.clock.offset);
  return element("clock", "clock", { offset }, [
    defaults.hpet ? element("timer", "", { name: "hpet", present: "no" }) : undefined,
    defaults.hpet && windows ? element("timer", "os", { name: "hypervclock", present: "yes" }) : undefined,
  ]);
}
