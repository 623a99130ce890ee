/** A connection that is lost in the middle of a change. */

import { LibvirtError } from "../../provider/libvirt/errors";
import { hostShell } from "../../provider/libvirt/shell";
import { hosts } from "./hosts";

/**
 * The connection takes so many changing commands, and is lost for good then; `blind`: nor does it answer questions any
 * more. `byShell`: what the host's shell is told to change counts, too. Tells whether it came to that.
 */
export async function cutAfter(
  uri: string,
  allowed: number,
  action: () => Promise<unknown>,
  { blind = false, byShell = false } = {},
): Promise<boolean> {
  const virsh = hosts.connect(uri);
  const whole = virsh.runAll.bind(virsh);
  const lost = (): LibvirtError => new LibvirtError("Unreachable", "cut short by the test");
  let left = allowed;
  let isLost = false;
  const spy = jest.spyOn(virsh, "runAll").mockImplementation(async (commands, options) => {
    if (blind && isLost) throw lost();
    if (options?.lane === undefined || commands.every(isLook)) return whole(commands, options);
    const sent = commands.slice(0, left);
    left -= sent.length;
    if (sent.length > 0 && sent.length === commands.length) return whole(commands, options);
    await whole(sent, options);
    isLost = true;
    throw lost();
  });
  async function shellSpies(): Promise<jest.SpyInstance[]> {
    const found = await hostShell(virsh);
    if ("absent" in found) throw new Error(found.absent);
    const { shell } = found;
    const [write, run] = [shell.write.bind(shell), shell.run.bind(shell)];
    const take = (): void => {
      isLost ||= left <= 0;
      if (isLost) throw lost();
      left -= 1;
    };
    return [
      jest.spyOn(shell, "write").mockImplementation(async (...words) => {
        take();
        return write(...words);
      }),
      jest.spyOn(shell, "run").mockImplementation(async (argv, ...rest) => {
        // One that is handed to the shell as words; looks are scripts.
        if (argv[2]?.endsWith('exec "$@"') === true) take();
        return run(argv, ...rest);
      }),
    ];
  }
  const spies = byShell ? [spy, ...(await shellSpies())] : [spy];
  try {
    await action();
    return false;
  } catch (error) {
    expect(String(error)).toMatch(/cut short by the test/);
    return true;
  } finally {
    for (const each of spies) each.mockRestore();
  }
}

/** It changes nothing: a question to a pool, or a passing one that shows a folder. */
function isLook(command: { readonly name: string }): boolean {
  return command.name === "pool-dumpxml" || JSON.stringify(command).includes("pulumi-virt-look-");
}
