/** A pool's inputs as the XML that is wanted (libvirt.org/formatstorage.html). Pure. */

import type { PoolInputs } from "../../../schema/pool";
import { type Desired, type DesiredElement, element } from "../../reconcile/desired";

export function toXml(inputs: PoolInputs): Desired {
  const { type, name, uuid, path } = inputs;
  return {
    document: element("pool", "type", { type }, [
      element("name", "name", {}, name),
      uuid === undefined ? undefined : element("uuid", "uuid", {}, uuid),
      sourceElement(inputs),
      path === undefined ? undefined : element("target", "path", {}, [element("path", "path", {}, path)]),
    ]),
    settings: { autostart: inputs.autostart ?? true, running: inputs.running ?? true },
  };
}

function sourceElement({ source }: PoolInputs): DesiredElement | undefined {
  if (source === undefined) return undefined;
  return element("source", "source", {}, [
    source.host === undefined ? undefined : element("host", "source.host", { name: source.host }),
    ...(source.devices ?? []).map((path) => element("device", "source.devices", { path })),
    source.directory === undefined ? undefined : element("dir", "source.directory", { path: source.directory }),
    source.name === undefined ? undefined : element("name", "source.name", {}, source.name),
    source.format === undefined ? undefined : element("format", "source.format", { type: source.format }),
  ]);
}
