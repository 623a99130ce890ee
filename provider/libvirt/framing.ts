/**
 * Frames: how the answers of one virsh process are told apart. Pure.
 *
 * Each command stands on a line of its own between `echo`s of two marks. virsh repeats the line itself on stdout; as the
 * marks are written there in two halves (`"BE"GIN`), only the echoed ones match. Tried with virsh 9.0 and 11.3.
 */

export interface Frame {
  readonly stdout: string;
  readonly stderr: string;
}

export function frameLine(command: string, nonce: string, sequence: number): string {
  const mark = `${nonce}-${sequence}`;
  return `echo "BE"GIN-${mark}; ${command}; echo "EN"D-${mark}; echo --err "EN"D-${mark}\n`;
}

/** Collects what virsh says and hands out the frames in their order. */
export class FrameReader {
  private stdout = "";
  private stderr = "";

  constructor(private readonly nonce: string) {}

  pushOutput(text: string): void {
    this.stdout += text;
  }

  pushError(text: string): void {
    this.stderr += text;
  }

  /** Whatever has been said on stderr and belongs to no finished frame: the reason when the process ends. */
  get pendingError(): string {
    return this.stderr;
  }

  /** The frame of this sequence number once both streams have closed it. */
  take(sequence: number): Frame | undefined {
    const begin = `BEGIN-${this.nonce}-${sequence}`;
    const end = `END-${this.nonce}-${sequence}`;
    const errorEnd = `error: ${end}\n`;
    const to = this.stdout.indexOf(end);
    const errorTo = this.stderr.indexOf(errorEnd);
    if (to < 0 || errorTo < 0) return undefined;
    const from = this.stdout.indexOf(begin) + begin.length;
    const frame = {
      stdout: this.stdout.slice(from, to).replace(/\n+$/, ""),
      stderr: this.stderr.slice(0, errorTo).trim(),
    };
    this.stdout = this.stdout.slice(to + end.length);
    this.stderr = this.stderr.slice(errorTo + errorEnd.length);
    return frame;
  }
}
