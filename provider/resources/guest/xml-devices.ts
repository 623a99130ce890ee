/** All devices but disks and network cards. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDefaults } from "../../hypervisors/guest-defaults";
import { type DesiredElement, element, stated } from "../../reconcile/desired";

/** `screenBrings`: the input devices that come with the guest's screen (recognise.ts). */
export function otherDevices(
  inputs: GuestInputs,
  defaults: GuestDefaults,
  screenBrings: (type: string) => boolean,
): DesiredElement[] {
  return [
    ...console(inputs, defaults),
    ...channels(inputs, defaults),
    ...screen(inputs, defaults, screenBrings),
    ...watchdog(inputs),
    ...tpm(inputs, defaults),
    ...rng(inputs, defaults),
    ...balloon(inputs, defaults),
  ];
}

function console(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  const { logFile } = inputs.console ?? {};
  const log = logFile === undefined ? undefined : element("log", "console.logFile", { file: logFile, append: "on" });
  const target = { type: defaults.consoleTarget, port: 0 };
  return [
    ...(defaults.serialPort
      ? [element("serial", "console", { type: "pty" }, [element("target", "console", { port: 0 }), log])]
      : []),
    element("console", "console", { type: "pty" }, [element("target", "console", target), log]),
  ];
}

const agentChannel = "org.qemu.guest_agent.0";

export function channels(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  const channel = (path: string, type: string, name: string, alias: string): DesiredElement =>
    element("channel", path, { type: stated(`${path}.type`, type) }, [
      element("target", path, { type: "virtio", name: stated(`${path}.name`, name) }),
      element("alias", path, { name: alias }),
    ]);
  const given = Object.entries(inputs.channels ?? {});
  // A guest has one channel of a name, whoever asks for it.
  const agent = (inputs.agent ?? defaults.agent) && !given.some(([, { name }]) => name === agentChannel);
  return [
    ...(agent ? [channel("agent", "unix", agentChannel, "ua-agent")] : []),
    ...given.map(([key, each]) => channel(`channels.${key}`, each.type ?? "unix", each.name, `ua-channel-${key}`)),
  ];
}

/** What comes with a screen unless it is stated by itself goes with the screen: it belongs to the path of `graphics`. */
function screen(inputs: GuestInputs, defaults: GuestDefaults, brings: (type: string) => boolean): DesiredElement[] {
  const type = inputs.graphics?.type ?? defaults.graphics;
  const tablet = (inputs.tablet ?? (type !== "none" && brings("tablet"))) && defaults.usb;
  return [
    ...(type === "none" ? [] : [graphics(inputs, type)]),
    ...(type === "none" && inputs.video === undefined ? [] : [video(inputs, defaults)]),
    ...(type !== "none" && defaults.keyboard && brings("keyboard")
      ? [usbInput("graphics", "keyboard", "graphics")]
      : []),
    ...(tablet ? [usbInput("tablet", "tablet", inputs.tablet === undefined ? "graphics" : "tablet")] : []),
  ];
}

/** `because`: the input that brings it, where its own is not stated. */
function usbInput(path: string, type: "keyboard" | "tablet", because: string): DesiredElement {
  const attributes = { type: stated(because, type), bus: stated(because, "usb") };
  return element("input", path, attributes, [element("alias", path, { name: `ua-${type}` })]);
}

function graphics(inputs: GuestInputs, type: "vnc" | "spice"): DesiredElement {
  const { port, password, listen = "127.0.0.1" } = inputs.graphics ?? {};
  // libvirt insists that the attribute and the first element say the same.
  const address = stated("graphics.listen", listen);
  return element(
    "graphics",
    "graphics",
    {
      type: stated("graphics.type", type),
      port: stated("graphics.port", port),
      autoport: stated("graphics.port", port === undefined),
      listen: address,
      passwd: stated("graphics.password", password),
    },
    [element("listen", "graphics.listen", { type: "address", address })],
  );
}

function video(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement {
  const path = inputs.video === undefined ? "graphics" : "video";
  const model = inputs.video?.model ?? defaults.video;
  const vram = inputs.video?.vramMiB;
  return element("video", path, {}, [
    // Without a model of ours it is libvirt that chooses, and libvirt has a card for every screen.
    model === undefined && vram === undefined
      ? undefined
      : element("model", path, {
          type: stated("video.model", model),
          vram: stated("video.vramMiB", vram === undefined ? undefined : vram * 1024),
          // The first card is the one that libvirt adds by itself where there is a screen: by this it is known.
          primary: model === "none" ? undefined : stated("", "yes"),
        }),
    model === "none" ? undefined : element("alias", path, { name: "ua-video" }),
  ]);
}

function watchdog({ watchdog: wanted }: GuestInputs): DesiredElement[] {
  if (wanted === undefined) return [];
  return [
    element(
      "watchdog",
      "watchdog",
      {
        model: stated("watchdog.model", wanted.model ?? "i6300esb"),
        action: stated("watchdog.action", wanted.action ?? "reset"),
      },
      [element("alias", "watchdog", { name: "ua-watchdog" })],
    ),
  ];
}

function tpm(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  const wanted = inputs.tpm ?? (inputs.os === "windows" && defaults.tpm ? {} : undefined);
  if (wanted === undefined) return [];
  return [
    element("tpm", "tpm", { model: stated("tpm.model", wanted.model ?? defaults.tpmModel) }, [
      element("backend", "tpm", { type: "emulator", version: stated("tpm.version", wanted.version ?? "2.0") }),
    ]),
  ];
}

export function rng(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  const source = inputs.rng === undefined ? defaults.rng : inputs.rng === false ? undefined : inputs.rng.source;
  if (source === undefined) return [];
  return [
    element("rng", "rng", { model: stated("", "virtio") }, [
      element("backend", "rng.source", { model: "random" }, source),
      element("alias", "rng", { name: "ua-rng" }),
    ]),
  ];
}

function balloon(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  if (inputs.balloon === false) return [element("memballoon", "balloon", { model: "none" })];
  if (defaults.balloon === undefined) return [];
  return [element("memballoon", "balloon", { model: defaults.balloon }, [element("stats", "", { period: 10 })])];
}
