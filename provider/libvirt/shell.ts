/**
 * A shell on the host, for what libvirt has no words for: local, by ssh, or explicitly none. Files are read and written by
 * the host's own commands, so that this machine and one in the next room are asked in the same way.
 */

import { LibvirtError } from "./errors";
import { describeHost } from "./host-facts";
import { type Finished, runToEnd } from "./process";
import { fileRefusal } from "./prose";
import { machineOfShell } from "./same-machine";
import { reasonForNoShell } from "./shell-absent";
import { SshConnection } from "./ssh-connection";
import { isLocal, isTestDriver, withoutPasswordsOf } from "./uri";
import type { Virsh } from "./virsh";

export interface HostShell {
  /** The text of a file (UTF-8). `Gone` where there is no such file, `Denied` where this user may not read it. */
  read(path: string): Promise<string>;
  /** Writes into the file itself, as the kernel's own files need it; one that is not there is made. */
  write(path: string, text: string, timeoutSeconds?: number): Promise<void>;
  /** The names in a folder, sorted, hidden ones among them. */
  list(path: string): Promise<string[]>;
  /** Runs a command to its end, with each argument as it stands here, and resolves to its standard output. */
  run(argv: readonly string[], stdin?: string, timeoutSeconds?: number): Promise<string>;
}

/** Runs a command on the host to its end, and answers whatever became of it. */
export type Execute = (argv: readonly string[], stdin: string, timeoutSeconds: number) => Promise<Finished>;

export interface Present {
  readonly shell: HostShell;
  /** Why what it says may be of another machine than the daemon's: then it is advice, and nothing is decided by it. */
  readonly doubt?: string;
}

export interface Absent {
  /** Why there is none, as a part of a sentence. */
  readonly absent: string;
}

/** The host's shell, opened once a connection and closed with it. Throws where there should be one that does not answer. */
export const hostShell = onceAConnection(async (virsh): Promise<Present | Absent> => {
  const { uri } = await describeHost(virsh);
  const absent = reasonForNoShell(uri);
  if (absent !== undefined) return { absent };
  const found = await shellTowards(virsh);
  if ("absent" in found) return found;
  const machine = await machineOfShell(virsh, uri, (argv) => found.shell.run(argv));
  if (machine.is === "another") return { absent: machine.why };
  return machine.is === "perhaps" ? { ...found, doubt: machine.why } : found;
});

/**
 * The shell that lies in the direction of the host, also a session's: for whoever sees by its answers whether it came out
 * on the daemon's machine.
 */
export const shellTowards = onceAConnection(async (virsh): Promise<{ readonly shell: HostShell } | Absent> => {
  const { uri } = await describeHost(virsh);
  const absent = reasonForNoShell(uri);
  if (isLocal(uri) && !isTestDriver(uri)) return { shell: shellOver(uri, onThisMachine) };
  return absent === undefined ? { shell: shellOver(uri, bySsh(uri, virsh)) } : { absent };
});

/** What is opened is kept as long as the connection; what could not be opened is tried again. */
function onceAConnection<Opened>(open: (virsh: Virsh) => Promise<Opened>): (virsh: Virsh) => Promise<Opened> {
  const opened = new WeakMap<Virsh, Promise<Opened>>();
  return (virsh) => {
    const known = opened.get(virsh);
    if (known !== undefined) return known;
    const opening = open(virsh);
    opened.set(virsh, opening);
    const forget = (): void => void opened.delete(virsh);
    virsh.whenClosed(async () => forget());
    opening.catch(forget);
    return opening;
  };
}

const onThisMachine: Execute = (argv, stdin, timeoutSeconds) => {
  const [command = "", ...words] = argv;
  return runToEnd(command, words, stdin, timeoutSeconds);
};

function bySsh(uri: string, virsh: Virsh): Execute {
  const connection = new SshConnection(uri);
  virsh.whenClosed(() => connection.close());
  return (argv, stdin, timeoutSeconds) => connection.run(argv, stdin, timeoutSeconds);
}

const defaultTimeoutSeconds = 60;

/** What reads, writes and lists, over what runs a command. */
export function shellOver(uri: string, execute: Execute): HostShell {
  async function finish(
    argv: readonly string[],
    stdin: string,
    timeoutSeconds: number,
    what: string,
    refusal: (reason: string) => LibvirtError,
  ): Promise<string> {
    const { code, stdout, stderr, timedOut } = await execute(argv.map(passable), stdin, timeoutSeconds);
    if (timedOut) {
      throw new LibvirtError(
        "Unreachable",
        `${uri} did not ${what} within ${timeoutSeconds} s; the command was ended.`,
        "Look whether the host is overloaded, or a file system on it hangs.",
      );
    }
    if (code === 0) return stdout;
    throw refusal(withoutPasswordsOf(uri, stderr.trim() || `it ended with code ${code}`));
  }

  const onFile = (
    verb: string,
    path: string,
    argv: readonly string[],
    stdin = "",
    timeoutSeconds = defaultTimeoutSeconds,
  ): Promise<string> => {
    if (!path.startsWith("/")) throw new LibvirtError("Bug", `Not an absolute path on the host: ${path}.`);
    const what = `${verb} "${path}"`;
    return finish(argv, stdin, timeoutSeconds, what, (said) => fileRefusal(uri, what, said));
  };

  return {
    read: async (path) => onFile("read", path, ["cat", path]),
    // One write of a small text, and the reason in the words of the system, which a shell's redirection does not give.
    write: async (path, text, timeoutSeconds) =>
      void (await onFile("write", path, ["sh", "-c", `exec tee "$1" >/dev/null`, "sh", path], text, timeoutSeconds)),
    // With the dot what is no folder is an error, and a link to one is followed.
    list: async (path) => {
      const found = await onFile("list", path, ["find", `${path}/.`, "-mindepth", "1", "-maxdepth", "1", "-print0"]);
      const rows = found.split("\0").slice(0, -1);
      return rows.map((row) => row.slice(row.lastIndexOf("/") + 1)).sort();
    },
    run: (argv, stdin = "", timeoutSeconds = defaultTimeoutSeconds) => {
      const [command = ""] = argv;
      return finish(argv, stdin, timeoutSeconds, `finish "${command}"`, (said) => {
        // As shells, setpriv, env and timeout say it.
        const isMissing = /(not found|No such file or directory)$/.test(said) && said.includes(command);
        return isMissing && !command.includes("/")
          ? new LibvirtError("Unsupported", `${uri} has no command "${command}".`, "Install it on the host.")
          : new LibvirtError("Refused", `"${command}" failed on ${uri}: ${said}`);
      });
    },
  };
}

/** No command takes a word with this in it, and the kernel would cut it off there. */
function passable(word: string): string {
  if (!word.includes("\0")) return word;
  throw new LibvirtError(
    "InvalidInput",
    `Unable to pass ${JSON.stringify(word.slice(0, 60))} to the host: it contains a null character.`,
  );
}
