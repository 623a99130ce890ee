/** Channels between guest and host, that of QEMU's guest agent among them (formatdomain, "Channel"). Pure. */

import type { GuestInputs } from "../../../../schema/guest";
import type { GuestChannel } from "../../../../schema/guest-devices";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import { plugged } from "../../../libvirt/live-change";
import { type DesiredElement, element, stated } from "../../../reconcile/desired";
import { type Element, firstElement } from "../../../reconcile/tree";
import { aliasFor, type KeyedKind } from "./device";

const agentName = "org.qemu.guest_agent.0";

export const channelKind: KeyedKind<GuestChannel> = {
  map: "channels",
  alias: "channel",
  elements: ["channel"],

  write: ({ inputs, defaults }) => [
    ...(hasAgent(inputs, defaults) ? [channelElement("agent", "unix", agentName, "ua-agent")] : []),
    ...Object.entries(inputs.channels ?? {}).map(([key, { type = "unix", name }]) =>
      channelElement(`channels.${key}`, type, name, aliasFor(channelKind, key)),
    ),
  ],

  absent: ({ agent }) => (agent === false ? [{ path: "agent", child: "channel", is: isAgent }] : []),

  live: { qemu: plugged("channel", [{ at: "target@type", is: ["virtio"] }]) },

  needs: () => ({ controller: "virtio-serial" }),

  identities: ({ name }) => [name],

  tells: {
    stated: ({ name }) => [name],
    held: (each) => [nameOf(each)],
  },

  // All are on one controller.
  portsOf: (inputs, defaults) => (hasAgent(inputs, defaults) || Object.keys(inputs.channels ?? {}).length > 0 ? 1 : 0),
};

function nameOf(channel: Element): string | undefined {
  return firstElement(channel, "target")?.attributes.name;
}

function isAgent(channel: Element): boolean {
  return nameOf(channel) === agentName;
}

/** A guest has one channel of a name, whoever asks for it. */
function hasAgent({ agent, channels = {} }: GuestInputs, defaults: GuestDefaults): boolean {
  return (agent ?? defaults.agent) && !Object.values(channels).some(({ name }) => name === agentName);
}

function channelElement(path: string, type: string, name: string, alias: string): DesiredElement {
  return element("channel", path, { type: stated(`${path}.type`, type) }, [
    element("target", path, { type: "virtio", name: stated(`${path}.name`, name) }),
    element("alias", path, { name: alias }),
  ]);
}
