/** virsh's prose as typed errors, in one place. What matters is decided by listings and states, never by this table. */

import { type ErrorKind, LibvirtError } from "./errors";
import { sentenceOf } from "./reasons";
import { withoutPasswordsOf } from "./uri";

interface Prose {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  /** Said instead of the whole text, where that is long and means this. */
  readonly meaning?: string;
  readonly hint?: string;
}

/** Why a connection was not made. Texts seen with libvirt 9.0 and 11.3, OpenSSH 9.2 and 10; the first that fits counts. */
const connectionProse: readonly Prose[] = [
  {
    pattern: /virsh.* ENOENT|failed to execute virsh/,
    kind: "Unsupported",
    meaning: "virsh is not installed on the machine that runs Pulumi.",
    hint: "Install it there (Debian, Ubuntu: libvirt-clients; Fedora, RHEL: libvirt-client; SUSE: libvirt-client; macOS: brew install libvirt), and see that it is in PATH.",
  },
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S+ has changed/,
    kind: "Denied",
    meaning:
      "the host shows another key than the one in known_hosts: it was installed anew, or another machine answers in its place.",
    hint: "Ask the host's administrator for the new key's fingerprint. If it is right, remove the old one (ssh-keygen -R HOST) and connect once by hand.",
  },
  {
    pattern: /Host key verification failed|host key verification|authenticity of host/i,
    kind: "Denied",
    hint: "Put the host's key into known_hosts (ssh to it once by hand), or name another file with ?known_hosts=FILE in the URI.",
  },
  {
    pattern: /Permission denied \((publickey|password|keyboard|gssapi|hostbased)|Too many authentication failures/,
    kind: "Denied",
    hint: "The host refused the key: look at ssh's agent and configuration, or name the key with ?keyfile=FILE in the URI.",
  },
  {
    pattern: /bad permissions|UNPROTECTED PRIVATE KEY FILE/,
    kind: "Denied",
    hint: "ssh takes no key that others can read: chmod 600 FILE.",
  },
  {
    pattern: /[Cc]ould not resolve hostname|unable to resolve|Name or service not known|nodename nor servname/,
    kind: "Unreachable",
    hint: "Check the host's name in the URI.",
  },
  {
    pattern: /Connection refused/,
    kind: "Unreachable",
    hint: "The machine answers, but nothing listens there: is the libvirt daemon (or sshd) running?",
  },
  {
    pattern: /No route to host|Network is unreachable|Connection timed out|Operation timed out/,
    kind: "Unreachable",
    hint: "Check the network between here and the host.",
  },
  {
    // virsh writes to an ssh that has ended: in one of ten tries the signal ends it before it has said anything.
    pattern: /Cannot find 'ssh' in path|client socket is closed|^SIGPIPE$|cannot execute binary.*ssh/,
    kind: "Unsupported",
    hint: "ssh ended without a word. Is it installed on the machine that runs Pulumi (Debian: openssh-client), and is ?command= of the URI, if there is one, a program that is there?",
  },
  {
    pattern: /(nc|netcat|ncat): (command )?not found|nc.*: not found|virt-ssh-helper: (command )?not found/,
    kind: "Unsupported",
    hint: "The host has neither virt-ssh-helper nor nc, one of which carries the connection: install libvirt's daemon package there, or netcat (Debian: netcat-openbsd).",
  },
  {
    pattern: /nc: invalid option|invalid option -- '?U|unrecognized option.*-U/,
    kind: "Unsupported",
    hint: "The host's nc knows no Unix sockets (-U): install netcat-openbsd there, or virt-ssh-helper (libvirt's daemon package).",
  },
  {
    pattern: /(connect socket to .*|unix connect failed|Ncat|cannot connect to .*): Permission denied/,
    kind: "Denied",
    hint: "The user may not use libvirt's socket. Add it to the group libvirt on the host (sudo usermod --append --groups libvirt USER) and log in anew, or connect as root.",
  },
  {
    pattern: /(connect socket to .*|unix connect failed|Ncat|cannot connect to .*): No such file or directory/,
    kind: "Unreachable",
    hint: "No libvirt daemon listens on the host: start it (systemctl enable --now libvirtd, or virtqemud.socket where the daemons are modular), or check the socket's path in the URI.",
  },
  {
    pattern: /authentication (unavailable|failed)|polkit|access denied/i,
    kind: "Denied",
    hint: "The user may not manage this host: nobody can answer polkit's question here. Add the user to the group libvirt on the host and log in anew, allow it by a polkit rule (org.libvirt.unix.manage), or connect as root.",
  },
  {
    pattern: /Cannot read CA certificate/,
    kind: "Denied",
    hint: "TLS needs certificates: see libvirt.org/kbase/tlscerts.html, or name their folder with ?pkipath=FOLDER in the URI. A host that is reached by ssh has +ssh in its URI.",
  },
  {
    pattern: /does not include a driver name/,
    kind: "InvalidInput",
    hint: "That is neither a URI nor an alias of libvirt.conf (uri_aliases). Write for instance qemu+ssh://root@kvm1.example.org/system, qemu:///system, qemu:///session or xen:///system (libvirt.org/uri.html).",
  },
  {
    pattern: /no connection driver available|Unable to parse URI|invalid URI|transport in URL not recognised/,
    kind: "InvalidInput",
    hint: "See libvirt.org/uri.html: for instance qemu+ssh://user@host/system, xen:///system, qemu:///session.",
  },
];

/** What a host answers to a command. Texts of libvirt 9.0; unknown prose means: the host refused. */
const refusalProse: readonly Prose[] = [
  // An address or a bridge in use is no object of ours that another made: what was begun is there, and is recorded.
  { pattern: /already exists|already defined|exists already/, kind: "AlreadyExists" },
  {
    pattern: /is in use|in use by|is still being used|Device or resource busy|Failed to get "write" lock/,
    kind: "InUse",
  },
  {
    pattern:
      /XML (document )?failed to validate against schema|XML error|Extra element|Invalid (element|attribute)|^error: \(\w+\):\d+: /m,
    kind: "InvalidXml",
  },
  {
    pattern: /No space left on device|insufficient free space|not enough free space|has no free extents/,
    kind: "NoSpace",
  },
  { pattern: /Permission denied|operation (.* )?forbidden|access denied|authentication failed/, kind: "Denied" },
  { pattern: /^(unsupported configuration|this function is not supported)|not supported/, kind: "Unsupported" },
  { pattern: /Unsafe migration/, kind: "Unsafe" },
  {
    pattern: /client socket is closed|Cannot (recv|write) data|End of file while reading data|connection .* lost/,
    kind: "Unreachable",
  },
  {
    pattern: /cannot acquire state change lock/,
    kind: "Refused",
    hint: "The guest is busy with another job, or its QEMU process hangs: look at it (virsh domjobinfo), then run this again.",
  },
  {
    pattern: /libxenlight failed/,
    kind: "Refused",
    hint: "libxl writes the reason into its logs on the host: /var/log/libvirt/libxl/libxl-driver.log, and for a guest with emulated devices /var/log/xen/qemu-dm-NAME.log.",
  },
  { pattern: /unknown command|command '.*' (doesn't support|requires)/, kind: "Bug" },
];

/** What a command on the host says of a file: the words of the system (strerror(3), in the locale C). */
const fileProse: readonly Prose[] = [
  { pattern: /No such file or directory$|Not a directory$/m, kind: "Gone", hint: "Check the path." },
  {
    pattern: /Permission denied$|Operation not permitted$/m,
    kind: "Denied",
    hint: "The user of the connection may not do that on the host: connect as root, or let the user.",
  },
  { pattern: /Device or resource busy$/m, kind: "InUse" },
  { pattern: /No space left on device$|Disk quota exceeded$/m, kind: "NoSpace" },
];

/** `said`: all that came on standard error. */
export function connectionError(uri: string, said: string): LibvirtError {
  return notConnected(uri, `Unable to connect to ${uri}`, said, "Try the same URI by hand: virsh -c URI list.");
}

export function shellConnectionError(uri: string, said: string): LibvirtError {
  const byHand = "Try by hand, with the same user and key: ssh HOST true.";
  return notConnected(uri, `Unable to run commands on ${uri} by ssh`, said, byHand);
}

/** sshd may be told to carry nothing but libvirt for a key, which then answers nothing to our command. */
export function noShellWithin(uri: string, seconds: number): LibvirtError {
  return new LibvirtError(
    "Unreachable",
    `Unable to run commands on ${uri} by ssh: no answer within ${seconds} s.`,
    "Try by hand, with the same user and key: ssh HOST true. A key with a forced command (command= in authorized_keys) runs no other.",
  );
}

function notConnected(uri: string, what: string, said: string, hint: string): LibvirtError {
  const known = connectionProse.find(({ pattern }) => pattern.test(said));
  const reason = known?.meaning ?? withoutPasswordsOf(uri, sentenceOf(said));
  return new LibvirtError(known?.kind ?? "Unreachable", `${what}: ${reason}`, known?.hint ?? hint);
}

/** `said`: what `cat: /a: Permission denied` ends with is the reason; the command and the path are known. */
export function fileRefusal(uri: string, what: string, said: string): LibvirtError {
  const known = fileProse.find(({ pattern }) => pattern.test(said));
  const reason = said.split("\n")[0]?.split(": ").at(-1) ?? said;
  return new LibvirtError(known?.kind ?? "Refused", `Unable to ${what} on ${uri}: ${reason}.`, known?.hint);
}

export function refusal(uri: string, what: string, complaint: string, said: string): LibvirtError {
  const known = refusalProse.find(({ pattern }) => pattern.test(said));
  const reason = withoutPasswordsOf(uri, complaint);
  return new LibvirtError(known?.kind ?? "Refused", `${uri} refused "${what}": ${reason}`, known?.hint);
}
