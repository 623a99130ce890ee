/** Network cards (formatdomain, "Network interfaces"). Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestNic } from "../../../schema/guest-devices";
import type { GuestDefaults } from "../../hypervisors/guest-defaults";
import { type DesiredElement, element, stated } from "../../reconcile/desired";

export function nicElements(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  return Object.entries(inputs.nics ?? {}).map(([key, nic]) => nicElement(key, nic, defaults));
}

function nicElement(key: string, nic: GuestNic, defaults: GuestDefaults): DesiredElement {
  const path = `nics.${key}`;
  const connection = connectionOf(path, nic);
  return element("interface", path, { type: stated(connection.path, connection.type) }, [
    element("mac", path, { address: stated(`${path}.mac`, nic.mac) }),
    connection.source === undefined ? undefined : element("source", connection.path, connection.source),
    modelOf(path, nic, defaults),
    bandwidth(path, nic),
    nic.vlan === undefined
      ? undefined
      : element("vlan", `${path}.vlan`, {}, [element("tag", `${path}.vlan`, { id: nic.vlan })]),
    nic.queues === undefined ? undefined : element("driver", `${path}.queues`, { name: "vhost", queues: nic.queues }),
    nic.mtu === undefined ? undefined : element("mtu", `${path}.mtu`, { size: nic.mtu }),
    nic.linkState === undefined ? undefined : element("link", `${path}.linkState`, { state: nic.linkState }),
    nic.bootOrder === undefined ? undefined : element("boot", `${path}.bootOrder`, { order: nic.bootOrder }),
    element("alias", path, { name: `ua-nic-${key}` }),
  ]);
}

function bandwidth(path: string, { bandwidth: limits }: GuestNic): DesiredElement | undefined {
  const direction = (name: "inbound" | "outbound"): DesiredElement | undefined => {
    const limit = limits?.[name];
    const at = `${path}.bandwidth.${name}`;
    return (
      limit &&
      element(name, at, {
        average: stated(`${at}.averageKBs`, limit.averageKBs),
        peak: stated(`${at}.peakKBs`, limit.peakKBs),
        burst: stated(`${at}.burstKB`, limit.burstKB),
      })
    );
  };
  return limits && element("bandwidth", `${path}.bandwidth`, {}, [direction("inbound"), direction("outbound")]);
}

function modelOf(path: string, nic: GuestNic, defaults: GuestDefaults): DesiredElement | undefined {
  const type = nic.model ?? defaults.nicModel;
  return type === undefined ? undefined : element("model", `${path}.model`, { type });
}

interface Connection {
  readonly type: "network" | "bridge" | "user";
  readonly path: string;
  readonly source?: Readonly<Record<string, string>>;
}

function connectionOf(path: string, nic: GuestNic): Connection {
  if (nic.network !== undefined)
    return { type: "network", path: `${path}.network`, source: { network: nic.network.name } };
  if (nic.bridge !== undefined) return { type: "bridge", path: `${path}.bridge`, source: { bridge: nic.bridge } };
  return { type: "user", path: `${path}.user` };
}
