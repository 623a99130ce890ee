/** The hardware of an emulated host, as somebody who opens the machine changes it (QEMU, "QMP Reference Manual"). */

import { createConnection } from "node:net";
import { createInterface } from "node:readline";

interface Message {
  readonly id?: number;
  readonly event?: string;
  readonly error?: { readonly desc: string };
  readonly data?: { readonly device?: string };
}

/** A card, or what is plugged in, as QEMU's command line has it, by its id: `{ driver: "igb", bus: "port3", … }`. */
export type Card = Readonly<Record<string, string>> & { readonly id: string };

/** Takes the cards out and puts them in again as they are here, in other slots. Resolves when QEMU has done both. */
export function putIn(socket: string, cards: readonly Card[]): Promise<void> {
  return exchange(socket, cards, cards);
}

/** Takes the ones out and puts the others in. Resolves when QEMU has done both. */
export async function exchange(
  socket: string,
  out: readonly Pick<Card, "id">[],
  cards: readonly Card[],
): Promise<void> {
  const connection = createConnection(socket);
  try {
    const messages: Message[] = [];
    const waiting = new Set<() => void>();
    createInterface(connection).on("line", (line) => {
      messages.push(JSON.parse(line) as Message);
      for (const look of waiting) look();
    });
    const message = (is: (each: Message) => boolean): Promise<Message> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = messages.find(is);
          if (found === undefined) return;
          waiting.delete(look);
          if (found.error === undefined) resolve(found);
          else reject(new Error(found.error.desc));
        };
        waiting.add(look);
        look();
      });
    let last = 0;
    const ask = (execute: string, words: object = {}): Promise<Message> => {
      const id = (last += 1);
      connection.write(`${JSON.stringify({ execute, arguments: words, id })}\n`);
      return message((each) => each.id === id);
    };
    await ask("qmp_capabilities");
    for (const { id } of out) await ask("device_del", { id });
    // The machine's system lets go of them first.
    for (const { id } of out) await message(({ event, data }) => event === "DEVICE_DELETED" && data?.device === id);
    for (const card of cards) await ask("device_add", card);
  } finally {
    connection.destroy();
  }
}
