/**
 * The guest's screen: graphics, video card, and the input devices that come with it (formatdomain, "Graphical framebuffers",
 * "Video devices", "Input devices"). What comes with a screen unless it is stated by itself goes with the screen: it belongs
 * to the path of `graphics`. Pure.
 */

import type { GuestInputs } from "../../../../schema/guest";
import { unknown } from "../../../../schema/unknown";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import { devicesIn } from "../../../libvirt/devices";
import { plugged } from "../../../libvirt/live-change";
import { type DesiredElement, element, stated } from "../../../reconcile/desired";
import type { Element } from "../../../reconcile/tree";
import { type DeviceKind, type Held, onBus } from "./device";

export const screenKind: DeviceKind = {
  elements: ["graphics", "video", "input"],

  write({ inputs, defaults, held }) {
    const type = inputs.graphics?.type ?? defaults.graphics;
    const brings = (input: string): boolean => type !== "none" && bringsAlong(input, held);
    const tablet = (inputs.tablet ?? brings("tablet")) && defaults.usb;
    return [
      ...(type === "none" ? [] : [graphics(inputs, type)]),
      ...(type === "none" && inputs.video === undefined ? [] : [video(inputs, defaults)]),
      ...(defaults.keyboard && brings("keyboard") ? [usbInput("graphics", "keyboard", "graphics")] : []),
      ...(tablet ? [usbInput("tablet", "tablet", inputs.tablet === undefined ? "graphics" : "tablet")] : []),
    ];
  },

  absent: ({ graphics: wanted, tablet }) => [
    ...(wanted?.type === "none" ? [{ path: "graphics.type", child: "graphics" }] : []),
    ...(tablet === false ? [{ path: "tablet", child: "input", is: isTablet }] : []),
  ],

  live: {
    qemu: [
      {
        place: /^devices\/graphics@passwd$/,
        method: "update-device",
        page: "formatdomain.html#graphical-framebuffers",
      },
      ...plugged("input", [{ at: "@bus", is: ["usb", "virtio"] }]),
    ],
  },

  needs: ({ name, attributes }) => (name === "input" ? onBus(attributes.bus) : {}),

  listed: [
    { input: "graphics", element: "graphics", attribute: "type", list: "type", what: "graphics" },
    { input: "video", element: "video", child: "model", attribute: "type", list: "modelType", what: "video card" },
  ],

  problems({ graphics: wanted }) {
    const { type, password } = wanted ?? {};
    const tooLong = type === "vnc" && password !== undefined && password !== unknown && password.length > 8;
    return tooLong ? ["graphics.password: VNC knows at most 8 characters."] : [];
  },
};

/** The screen of a guest that was there before us has the input devices that it has. */
function bringsAlong(type: string, held: Pick<Held, "document" | "adopted"> | undefined): boolean {
  if (held?.adopted !== true || devicesIn(held.document, "graphics").length === 0) return true;
  return devicesIn(held.document, "input").some(
    ({ attributes }) => attributes.bus === "usb" && attributes.type === type,
  );
}

function isTablet({ attributes }: Element): boolean {
  return attributes.type === "tablet";
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
