import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, refusalOf, shortName } from "../../../../../provider/resources/disk/sources/download";

const folder = mkdtempSync(join(tmpdir(), "pvd-"));
const file = join(folder, "image");
const content = Buffer.concat(Array.from({ length: 64 }, (_, n) => createHash("sha512").update(String(n)).digest()));
const half = content.length / 2;

let answer: (request: IncomingMessage, response: ServerResponse, count: number) => void;
let requests: IncomingMessage[];
const server = createServer((request, response) => answer(request, response, requests.push(request)));
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests = [];
  rmSync(file, { force: true });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const said: string[] = [];
const operation = { progress: (text: string) => void said.push(text) };
const fetched = async (path = "/debian.qcow2"): Promise<Buffer> => {
  await download(`${base}${path}`, file, operation, 1);
  return readFileSync(file);
};

/** As a server of files does, from where it is asked to; `until`: it breaks off there. */
function serve({ headers }: IncomingMessage, response: ServerResponse, until?: number, etag = '"one"'): void {
  const from = headers["if-range"] === etag ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0) : 0;
  response.writeHead(from === 0 ? 200 : 206, { "Content-Length": content.length - from, ETag: etag });
  response.write(content.subarray(from, until));
  // What is sent and torn off at one moment may not arrive at all.
  if (until === undefined) response.end();
  else setTimeout(() => response.destroy(), 500);
}

it("a file, through redirects", async () => {
  answer = (request, response) =>
    request.url === "/latest" ? response.writeHead(302, { Location: "/debian.qcow2" }).end() : serve(request, response);
  expect(await fetched("/latest")).toEqual(content);
});

it("what breaks off goes on where it stopped", async () => {
  answer = (request, response, count) => serve(request, response, count === 1 ? half : undefined);
  expect(await fetched()).toEqual(content);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${half}-`]);
});

it("of another file by then, or of a server that knows no ranges, it begins anew", async () => {
  answer = (request, response, count) => serve(request, response, count === 1 ? half : undefined, `"${count}"`);
  expect(await fetched()).toEqual(content);
  answer = (_request, response, count) => {
    response.writeHead(200, { "Content-Length": content.length, ETag: '"one"' });
    response.write(content.subarray(0, count === 1 ? half : undefined), () => response.end());
  };
  requests = [];
  expect(await fetched()).toEqual(content);
});

it("a range that is refused is not asked for again and again", async () => {
  answer = (request, response, count) => {
    if (request.headers.range !== undefined) response.writeHead(416).end();
    else serve(request, response, count === 1 ? half : undefined);
  };
  expect(await fetched()).toEqual(content);
});

it("trouble of the server's own passes", async () => {
  answer = (request, response, count) => (count < 3 ? response.writeHead(503).end() : serve(request, response));
  expect(await fetched()).toEqual(content);
});

it("a server that stalls is asked again", async () => {
  answer = (request, response, count) => {
    if (count > 1) return serve(request, response);
    response.writeHead(200, { "Content-Length": content.length });
    response.write(content.subarray(0, half));
  };
  expect(await fetched()).toEqual(content);
});

it("a server that lies about the length never passes", async () => {
  answer = (_request, response) => {
    response.writeHead(200, { "Content-Length": content.length + 1 });
    response.write(content, () => response.destroy());
  };
  await expect(fetched()).rejects.toThrow(/Unable to download http:.*debian\.qcow2: .*\nHint: Look whether/);
});

it("says what the server says, and hides the password", async () => {
  answer = (_request, response) => response.writeHead(404, "Gone fishing").end();
  const url = `${base.replace("//", "//me:secret@")}/debian.qcow2`;
  const error = await download(url, file, operation).catch((thrown: Error) => thrown.message);
  expect(error).toMatch(/Unable to download http:\/\/me:\*\*\*@.*: its server says 404 Gone fishing\.\nHint: .*newer/);
  expect(requests).toHaveLength(1);
});

it("ends when nobody waits any more", async () => {
  const nobody = new AbortController();
  answer = (_request, response) => {
    response.writeHead(200, { "Content-Length": content.length });
    response.write(content.subarray(0, half), () => nobody.abort());
  };
  await expect(download(`${base}/x.img`, file, { ...operation, signal: nobody.signal })).rejects.toThrow(
    /^Interrupted: it downloads x\.img/,
  );
});

it("tells beforehand what is not there", async () => {
  answer = (request, response) => response.writeHead(request.url === "/here" ? 200 : 404).end();
  expect([await refusalOf(`${base}/here`), await refusalOf(`${base}/gone`)]).toEqual([undefined, "404 Not Found"]);
  expect(await refusalOf("http://127.0.0.1:1/")).toBeUndefined();
});

it("calls a file by its name", () => {
  expect(shortName("https://example.org/a/debian%2012.qcow2?x=1#y")).toBe("debian 12.qcow2");
  expect(shortName("https://me:secret@example.org/")).toBe("https://me:***@example.org/");
});
