/** How libvirt's own ssh transport calls ssh (libvirt.org/uri.html, virNetSocketNewConnectSSH of libvirt 9 to 11). Pure. */

import { decoded, parametersOf, parseUri } from "./uri";

export interface SshCommand {
  readonly program: string;
  readonly options: readonly string[];
  readonly destination: string;
}

/** Our shell has to come out where the transport does: the same program, port, user, key, and answers to questions. */
export function sshCommand(uri: string): SshCommand {
  const { user = "", host = "" } = parseUri(uri) ?? {};
  const parameters = parametersOf(uri);
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(host) ?? [];
  // ssh knows no password here, and one that somebody wrote all the same is nothing for an argument.
  const login = decoded(user.split(":")[0] ?? "");
  const keyfile = parameters.get("keyfile");
  return {
    program: parameters.get("command") ?? "ssh",
    options: [
      ...(port === undefined ? [] : ["-p", port]),
      ...(login === "" ? [] : ["-l", login]),
      ...(keyfile === undefined ? [] : ["-i", keyfile]),
      ...["-T", "-e", "none"],
      ...(isOn(parameters.get("no_tty") ?? "1") ? ["-o", "BatchMode=yes"] : []),
      ...(isOn(parameters.get("no_verify") ?? "0") ? ["-o", "StrictHostKeyChecking=no"] : []),
    ],
    destination: decoded(bracketed ?? plain ?? ""),
  };
}

/** As libvirt reads such a parameter: a number. */
function isOn(value: string): boolean {
  return Number(value) !== 0;
}
