/** Connection URIs as libvirt reads them (libvirt.org/uri.html). Pure. */

/** The URI as it may be shown: a password in it is never printed. */
export function withoutPassword(uri: string): string {
  return uri.replace(/^([^:/?#]+:\/\/[^:@/?#]*):[^@/?#]*@/, "$1:***@");
}

/** ssh must not stop to ask for a password or a host key: nobody sits in front of a pipe. */
export function withoutQuestions(uri: string): string {
  if (!/^[a-z]+\+(ssh|libssh|libssh2):/.test(uri) || /[?&]no_tty=/.test(uri)) return uri;
  return `${uri}${uri.includes("?") ? "&" : "?"}no_tty=1`;
}

/** Whether this is an unprivileged user's own daemon. */
export function isSession(uri: string): boolean {
  return new URL(uri).pathname === "/session";
}
