/** virsh's prose as typed errors, in one place. What matters is decided by listings and states, never by this table. */

export type ErrorKind =
  | "AlreadyExists"
  | "InUse"
  | "InvalidXml"
  | "InvalidInput"
  | "Unreachable"
  | "Denied"
  | "Unsupported"
  | "Unsafe"
  | "NoSpace"
  | "Refused"
  | "Gone"
  /** It can be neither seen nor said to be gone: the pool that would show it is not active. */
  | "OutOfSight"
  | "Bug";

/** An error that says what, where, why, and what next. */
export class LibvirtError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly hint?: string,
  ) {
    super(hint === undefined ? message : `${message}\nHint: ${hint}`);
    this.name = "LibvirtError";
  }
}

interface Prose {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  readonly hint?: string;
}

/** Why a connection was not made. Texts seen with libvirt 9.0 and OpenSSH 9.2. */
const connectionProse: readonly Prose[] = [
  {
    pattern: /Host key verification failed/,
    kind: "Denied",
    hint: "Put the host's key into known_hosts (ssh to it once by hand), or name another file with ?known_hosts=FILE in the URI.",
  },
  {
    pattern: /Permission denied \((publickey|password|keyboard)/,
    kind: "Denied",
    hint: "The host refused the key: look at ssh's agent and configuration, or name the key with ?keyfile=FILE in the URI.",
  },
  {
    pattern: /Could not resolve hostname|unable to resolve|Name or service not known/,
    kind: "Unreachable",
    hint: "Check the host's name in the URI.",
  },
  {
    pattern: /Connection refused/,
    kind: "Unreachable",
    hint: "The machine answers, but nothing listens there: is the libvirt daemon (or sshd) running?",
  },
  {
    pattern: /No route to host|Network is unreachable|Connection timed out/,
    kind: "Unreachable",
    hint: "Check the network between here and the host.",
  },
  {
    pattern: /Failed to connect socket to .*: No such file or directory/,
    kind: "Unreachable",
    hint: "Start the libvirt daemon on the host, or check the socket's path in the URI.",
  },
  {
    pattern: /Failed to connect socket to .*: Permission denied/,
    kind: "Denied",
    hint: "The user may not use libvirt's socket: on most distributions the group libvirt may.",
  },
  {
    pattern: /authentication (unavailable|failed)|polkit|access denied/,
    kind: "Denied",
    hint: "The user may not manage this host: add it to the group libvirt, or allow it by polkit.",
  },
  {
    pattern: /Cannot read CA certificate/,
    kind: "Denied",
    hint: "TLS needs certificates: see libvirt.org/kbase/tlscerts.html, or name their folder with ?pkipath=FOLDER in the URI.",
  },
  {
    pattern: /no connection driver available|Unable to parse URI|invalid URI/,
    kind: "InvalidInput",
    hint: "See libvirt.org/uri.html: for instance qemu+ssh://user@host/system, xen:///system, qemu:///session.",
  },
  {
    pattern: /virsh.* ENOENT|failed to start|setpriv: failed to execute virsh/,
    kind: "Unsupported",
    hint: "Install virsh (Debian: libvirt-clients).",
  },
];

/** What a host answers to a command. Texts of libvirt 9.0; unknown prose means: the host refused. */
const refusalProse: readonly Prose[] = [
  { pattern: /already exists|already defined|is already in use by|exists already/, kind: "AlreadyExists" },
  {
    pattern: /is in use|in use by|is still being used|Device or resource busy|Failed to get "write" lock/,
    kind: "InUse",
  },
  {
    pattern: /XML (document )?failed to validate against schema|XML error|Extra element|Invalid (element|attribute)/,
    kind: "InvalidXml",
  },
  {
    pattern: /No space left on device|insufficient free space|not enough free space|has no free extents/,
    kind: "NoSpace",
  },
  { pattern: /Permission denied|operation .* forbidden|access denied|authentication failed/, kind: "Denied" },
  { pattern: /^(unsupported configuration|this function is not supported)|not supported/, kind: "Unsupported" },
  { pattern: /Unsafe migration/, kind: "Unsafe" },
  {
    pattern: /client socket is closed|Cannot (recv|write) data|End of file while reading data|connection .* lost/,
    kind: "Unreachable",
  },
  { pattern: /unknown command|command '.*' (doesn't support|requires)/, kind: "Bug" },
];

export function connectionError(uri: string, said: string): LibvirtError {
  const reason = oneLine(said.replaceAll("error: failed to connect to the hypervisor", ""));
  const known = connectionProse.find(({ pattern }) => pattern.test(said));
  return new LibvirtError(
    known?.kind ?? "Unreachable",
    `Unable to connect to ${uri}: ${reason}`,
    known?.hint ?? "Try the same URI by hand: virsh -c URI list.",
  );
}

export function refusal(uri: string, what: string, complaint: string, said: string): LibvirtError {
  const known = refusalProse.find(({ pattern }) => pattern.test(said));
  return new LibvirtError(known?.kind ?? "Refused", `${uri} refused "${what}": ${oneLine(complaint)}`, known?.hint);
}

function oneLine(text: string): string {
  return (
    text
      .split("\n")
      .map((line) => line.replace(/^error: /, "").trim())
      // virsh names the private file in which it got the XML, and then says why.
      .filter((line) => !/^Failed to (attach|detach|update|define|create) .*from \S+$/.test(line))
      // The last words of every session of ours: it has no place for a history file, by intent.
      .filter((line) => line !== "" && !line.startsWith("Failed to create '/dev/null"))
      .join(" ")
      // The file that the XML travelled in is nobody's business.
      .replace(/ from \/proc\/\d+\/fd\/\d+/g, ":")
      .replace(/passwd=(['"]).*?\1/g, "passwd=$1***$1")
  );
}
