/** A web server of images on the loopback interface, in this process. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ImageServer {
  readonly base: string;
  /** Names that were fetched, since the last look. */
  asked(): string[];
  /** Puts a file there, or takes it away. `rate`: bytes that it sends in a tenth of a second. */
  put(name: string, content: Buffer | undefined, rate?: number): void;
  stop(): void;
}

export async function startImageServer(): Promise<ImageServer> {
  const files = new Map<string, { content: Buffer; rate: number }>();
  const asked: string[] = [];
  const server = createServer(({ url = "", method }, response) => {
    const name = url.slice(1);
    const file = files.get(name);
    if (method === "GET") asked.push(name);
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Length": file.content.length });
    if (method === "HEAD") return response.end();
    const send = (offset: number): void => {
      if (response.destroyed) return;
      const end = offset + file.rate;
      if (end >= file.content.length) return void response.end(file.content.subarray(offset));
      response.write(file.content.subarray(offset, end), () => setTimeout(() => send(end), 100));
    };
    return send(0);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked.splice(0),
    put: (name, content, rate = Infinity) =>
      content === undefined ? files.delete(name) : files.set(name, { content, rate }),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
