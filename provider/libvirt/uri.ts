/** Connection URIs as libvirt reads them (libvirt.org/uri.html), which are not always URLs. Pure. */

export interface ConnectionUri {
  /** `qemu`, `xen`, `test` */
  readonly driver: string;
  /** `ssh`, `tls`; undefined for the local socket, and for TLS where a host is named. */
  readonly transport: string | undefined;
  readonly user: string | undefined;
  readonly host: string | undefined;
  /** `/system`, `/session` */
  readonly path: string;
}

const uriParts =
  /^(?<driver>[a-z][a-z0-9]*)(?:\+(?<transport>[a-z0-9]+))?:(?:\/\/(?:(?<user>[^/?#]*)@)?(?<host>\[[^\]]*\]|[^:/?#]*)(?<port>:\d+)?)?(?<path>\/[^?#]*)?(?:[?#].*)?$/i;

/** Undefined for what is no URI, as an alias of libvirt.conf is none. The host may be an IPv6 address with its zone. */
export function parseUri(uri: string): ConnectionUri | undefined {
  const parts = uriParts.exec(uri)?.groups;
  if (parts === undefined) return undefined;
  const { driver = "", transport, user, host = "", port = "", path = "" } = parts;
  return { driver, transport, user, host: host === "" ? undefined : `${host}${port}`, path };
}

/** The parameters of the URI, decoded as libvirt decodes them; the last of one name counts. */
export function parametersOf(uri: string): ReadonlyMap<string, string> {
  const [, query = ""] = /\?([^#]*)/.exec(uri) ?? [];
  const pairs = query.split(/[&;]/).filter((part) => part !== "");
  return new Map(
    pairs.map((part) => {
      const [name = "", ...value] = part.split("=");
      return [name, decoded(value.join("="))];
    }),
  );
}

/** What libvirt looks up among the `uri_aliases` of the user's libvirt.conf. */
export function isAlias(uri: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(uri);
}

/** Whether this is an unprivileged user's own daemon. */
export function isSession(uri: string): boolean {
  return parseUri(uri)?.path === "/session";
}

/**
 * Whether the URI names a daemon of this machine. A socket may still lead elsewhere, as in a container that has its
 * host's: what is read of local files is advice, and refuses nothing by itself.
 */
export function isLocal(uri: string): boolean {
  const parsed = parseUri(uri);
  return parsed !== undefined && parsed.host === undefined && (parsed.transport ?? "unix") === "unix";
}

/** libvirt's test driver lives inside its client: each connection is a host of its own. */
export function isTestDriver(uri: string): boolean {
  return parseUri(uri)?.driver === "test";
}

/** ssh must not stop to ask for a password or a host key: nobody sits in front of a pipe. */
export function withoutQuestions(uri: string): string {
  const asks = /^(ssh|libssh|libssh2)$/.test(parseUri(uri)?.transport ?? "") && !/[?&]no_tty=/.test(uri);
  return asks ? `${uri}${uri.includes("?") ? "&" : "?"}no_tty=1` : uri;
}

const secretParameter =
  /([?&;][a-z_.-]*(?:passw|passphrase|passcode|pwd|secret|token)[a-z_.-]*=)([^&;#\s"']+?)(?=[&;#"']|[:.,]?(?:\s|$))/gi;
const userInformation = /([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#"']*):([^\s/?#"']*)@/gi;
/** A password with characters that a URI cannot hold; what looks like a port is none. */
const wrongUserInformation = /([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#"']*):((?!\d+(?:[/?#\s]|$))[^\s"'*]*)@/gi;
/** Another URI as a parameter, encoded: a proxy's. */
const encodedUserInformation = /(%3A%2F%2F[^&\s"']*?%3A)((?:(?!%40)[^&\s"'])+)(?=%40)/gi;

/** The text with every URI in it as it may be shown: without passwords, wherever they stand; the rest is kept. */
export function withoutPasswords(text: string): string {
  return text
    .replace(userInformation, "$1:***@")
    .replace(wrongUserInformation, "$1:***@")
    .replace(encodedUserInformation, "$1***")
    .replace(secretParameter, "$1***");
}

/** Whether a password stands in it. */
export function holdsPassword(uri: string): boolean {
  return withoutPasswords(uri) !== uri;
}

/** What another program said of this URI, which may repeat its passwords in a way of its own (`ssh`: `user:word@host`). */
export function withoutPasswordsOf(uri: string, said: string): string {
  return secretsOf(uri).reduce((text, secret) => text.replaceAll(secret, "***"), withoutPasswords(said));
}

/** The passwords of a URI as they stand in it and as they read. One or two letters would be found everywhere. */
function secretsOf(uri: string): string[] {
  const found = [userInformation, wrongUserInformation, encodedUserInformation, secretParameter].flatMap((pattern) =>
    [...uri.matchAll(pattern)].map((match) => match[2] ?? ""),
  );
  return [...new Set(found.flatMap((secret) => [secret, decoded(secret)]))].filter((secret) => secret.length > 2);
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
