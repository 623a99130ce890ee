/** `pulumi-virt doctor URI`: what a host lacks before the first `up`, and what to do about it. */

import type { Hosts } from "../libvirt/connection";
import { withoutPasswords } from "../libvirt/uri";
import { diagnose } from "../resources/host/diagnosis";
import { asText, isUsable } from "./report";

export interface DoctorOptions {
  readonly folder: string;
  readonly json?: boolean;
}

/** Prints what was found; resolves to whether guests can be run there. */
export async function doctor(hosts: Hosts, uri: string, { folder, json = false }: DoctorOptions): Promise<boolean> {
  const findings = await diagnose(hosts.connect(uri), folder);
  const usable = isUsable(findings);
  const shown = withoutPasswords(uri);
  const { stdout } = process;
  const inColour = stdout.isTTY && (process.env.NO_COLOR ?? "") === "";
  stdout.write(
    json ? `${JSON.stringify({ uri: shown, usable, findings }, undefined, 2)}\n` : asText(shown, findings, inColour),
  );
  return usable;
}
