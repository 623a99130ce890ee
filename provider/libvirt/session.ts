/** One long-lived virsh process: commands go in, framed answers come out, in order. */

import { randomBytes } from "node:crypto";
import { LibvirtError } from "./errors";
import { FrameReader, frameLine } from "./framing";
import { type Process, runOnce, startProcess } from "./process";
import { connectionError, refusal } from "./prose";
import { complaintOf } from "./reasons";
import { isAlias, isSession, isTestDriver, withoutQuestions } from "./uri";

interface Waiting {
  readonly line: string;
  readonly sequence: number;
  readonly what: string;
  readonly timeoutSeconds: number;
  resolve(output: string): void;
  reject(error: LibvirtError): void;
}

/** virsh's words (9.0 to 11.3) when the daemon went away, and when it silently came back. */
const disconnected = /^error: Disconnected from .* due to /m;
const reconnected = /^error: Reconnected to the hypervisor/m;

export class Session {
  private readonly nonce = randomBytes(6).toString("hex");
  private readonly reader = new FrameReader(this.nonce);
  private readonly queue: Waiting[] = [];
  private sequence = 0;
  private timer: NodeJS.Timeout | undefined;
  private over: LibvirtError | undefined;

  private constructor(
    private readonly uri: string,
    private readonly process: Process,
    private readonly onReconnect: () => void,
  ) {
    process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.reader.pushOutput(text);
      this.settle();
    });
    process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.reader.pushError(text);
      this.settle();
    });
    process.stdin.on("error", () => undefined);
  }

  /** Connects; throws `Unreachable` or `Denied` with the host's own reason when it does not answer in time. */
  static async open(uri: string, connectTimeoutSeconds: number, onReconnect: () => void): Promise<Session> {
    // A user's session daemon is started by its first client and keeps that client's environment, so the first one
    // must not be our session, whose cache folder is nowhere. What an alias stands for, only libvirt says.
    const first =
      isSession(uri) || isAlias(uri)
        ? await runOnce("virsh", ["-q", "-c", withoutQuestions(uri), "uri"], connectTimeoutSeconds)
        : undefined;
    const target = isAlias(uri) && first?.code === 0 ? first.stdout.trim() : uri;
    const child = await startProcess("virsh", [
      "-q",
      ...keepAlive(target, connectTimeoutSeconds),
      "-c",
      withoutQuestions(target),
    ]);
    const session = new Session(uri, child, onReconnect);
    let greeted = false;
    void child.ended.then(({ reason }) => {
      const said = session.reader.pendingError;
      session.end(
        greeted
          ? lost(uri, disconnected.test(said) ? "the daemon closed the connection" : `virsh ended (${reason})`)
          : connectionError(uri, said.trim() === "" ? reason : said),
      );
    });
    await session.send("echo", "connect", connectTimeoutSeconds);
    greeted = true;
    return session;
  }

  get busy(): number {
    return this.queue.length;
  }

  get closed(): boolean {
    return this.over !== undefined;
  }

  /** Sends one quoted command; resolves to its output, rejects with what the host said. */
  send(command: string, what: string, timeoutSeconds: number): Promise<string> {
    if (this.over !== undefined) return Promise.reject(this.over);
    return new Promise((resolve, reject) => {
      const sequence = ++this.sequence;
      const line = frameLine(command, this.nonce, sequence);
      this.queue.push({ line, sequence, what, timeoutSeconds, resolve, reject });
      if (this.queue.length === 1) {
        this.process.hold(true);
        this.watch();
      }
      // What is asked in one go is written in one go: each write of its own wakes virsh and costs a third of a millisecond.
      this.process.stdin.cork();
      this.process.stdin.write(line);
      process.nextTick(() => this.process.stdin.uncork());
    });
  }

  close(): void {
    this.end(lost(this.uri, "the session was closed"));
  }

  private settle(): void {
    for (let head = this.queue[0]; head !== undefined; head = this.queue[0]) {
      const frame = this.reader.take(head.sequence);
      if (frame === undefined) return;
      this.queue.shift();
      this.watch();
      const said = frame.stderr;
      if (reconnected.test(said) || disconnected.test(said)) this.onReconnect();
      const complaint = complaintOf(said);
      if (complaint === undefined) head.resolve(frame.stdout);
      else if (disconnected.test(said)) head.reject(lost(this.uri, `the daemon went away during "${head.what}"`));
      else head.reject(refusal(this.uri, head.what, complaint, said));
    }
    if (this.over === undefined) this.process.hold(false);
  }

  /** The time of the command at the head of the queue; those behind it have not begun. */
  private watch(): void {
    clearTimeout(this.timer);
    const head = this.queue[0];
    if (head === undefined) return;
    this.timer = setTimeout(() => {
      this.end(
        new LibvirtError(
          "Unreachable",
          `${this.uri} did not answer "${head.what}" within ${head.timeoutSeconds} s; whether it was carried out is unknown.`,
          "Look whether the host and its libvirt daemon are up, then run the same command again: it looks first.",
        ),
      );
    }, head.timeoutSeconds * 1000);
  }

  private end(reason: LibvirtError): void {
    if (this.over !== undefined) return;
    this.over = reason;
    clearTimeout(this.timer);
    this.process.kill();
    for (const waiting of this.queue.splice(0)) waiting.reject(reason);
  }
}

/**
 * Dead connections are noticed after 20 s, or after the time that a host is given to answer. The test driver lives inside
 * virsh and knows no keep-alive.
 */
function keepAlive(uri: string, connectTimeoutSeconds: number): string[] {
  const count = Math.max(3, Math.ceil(connectTimeoutSeconds / 5));
  return isTestDriver(uri) ? [] : ["-k", "5", "-K", String(count)];
}

function lost(uri: string, how: string): LibvirtError {
  return new LibvirtError(
    "Unreachable",
    `Lost the connection to ${uri}: ${how}; whether the last command was carried out is unknown.`,
    "Look whether the libvirt daemon runs, then run the same command again: it looks first and finishes what is half done.",
  );
}
