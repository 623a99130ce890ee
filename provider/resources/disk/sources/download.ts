/**
 * Fetching a file by its URL to the machine that runs Pulumi. What breaks off goes on where it stopped, where the server
 * can (RFC 9110, "Range Requests"), and from the beginning where it cannot or has another file by then.
 */

import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { LibvirtError } from "../../../libvirt/errors";
import { withoutPasswords } from "../../../libvirt/uri";
import type { Operation } from "../../resource";
import { meter } from "./progress";

/** A server that says nothing for so long, in seconds, is taken for gone. */
const patience = 60;
/** Tries in a row that bring nothing. */
const tries = 4;

/** What a server says of the file that it sends: the same file goes on only where this is the same. */
interface Version {
  readonly validator: string | undefined;
  readonly total: number | undefined;
}

/** Writes the file of the URL (http, https) to the path. */
export async function download(
  url: string,
  path: string,
  operation: Operation,
  silentSeconds = patience,
): Promise<void> {
  let version: Version | undefined;
  let [furthest, failures] = [0, 0];
  for (;;) {
    try {
      await goOn(url, path, version, (told) => (version = told), operation, silentSeconds);
      const size = await sizeOf(path);
      if (version?.total === undefined || size === version.total) return;
      throw new Error(`it sent ${size} bytes, and said that there are ${version.total}`);
    } catch (error) {
      if (error instanceof LibvirtError) throw error;
      if (operation.signal?.aborted === true) throw interrupted(url);
      const size = await sizeOf(path);
      failures = size > furthest ? 0 : failures + 1;
      // What cannot go on begins anew.
      if (size <= furthest) version = undefined;
      furthest = Math.max(furthest, size);
      if (failures === tries) throw unreachable(url, causeOf(error));
      await delay(500 * 2 ** failures, undefined, { signal: operation.signal }).catch(() => undefined);
    }
  }
}

/** Goes on where `known` is the same file; `heard` gets what the server says of the one that it sends. */
async function goOn(
  url: string,
  path: string,
  known: Version | undefined,
  heard: (version: Version) => void,
  operation: Operation,
  silentSeconds: number,
): Promise<void> {
  const begun = known?.validator === undefined ? 0 : await sizeOf(path);
  const silence = new AbortController();
  const timer = setTimeout(
    () => silence.abort(new Error(`it said nothing for ${silentSeconds} s`)),
    silentSeconds * 1000,
  );
  const signal = AbortSignal.any([silence.signal, ...(operation.signal === undefined ? [] : [operation.signal])]);
  try {
    const { href, authorization } = withoutLogin(url);
    const response = await fetch(href, {
      signal,
      headers: {
        ...authorization,
        // As it is stored: lengths and checksums are of that.
        "Accept-Encoding": "identity",
        ...(begun === 0 ? {} : { Range: `bytes=${begun}-`, "If-Range": known?.validator ?? "" }),
      },
    });
    if (mayPass(response.status)) throw new Error(`its server says ${statusOf(response)}`);
    if (!response.ok) throw refusedBy(url, response);
    const goesOn = response.status === 206;
    const offset = goesOn ? begun : 0;
    const version = versionOf(response, offset);
    heard(version);
    if (response.body === null) throw new Error("it sent nothing");
    const tell = meter(`downloads ${shortName(url)}`, version.total, (text, often) => operation.progress(text, often));
    let bytes = offset;
    const counted = Readable.fromWeb(response.body).on("data", (chunk: Buffer) => {
      timer.refresh();
      tell((bytes += chunk.length));
    });
    await pipeline(counted, createWriteStream(path, { flags: goesOn ? "a" : "w", mode: 0o600 }), { signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Too many at once, trouble of the server's own, or a range that it has no more. */
function mayPass(status: number): boolean {
  return status === 429 || status === 416 || status >= 500;
}

const statusOf = ({ status, statusText }: Response): string => `${status} ${statusText}`.trim();

function versionOf({ headers }: Response, offset: number): Version {
  const etag = headers.get("etag");
  // A weak one is of files that are as good as the same, not of the same bytes.
  const validator = etag === null || etag.startsWith("W/") ? headers.get("last-modified") : etag;
  // What is packed for the way has another length than what comes out.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  return { validator: validator ?? undefined, total: length === null ? undefined : offset + Number(length) };
}

/** What a page says that is looked at as a whole: a list of checksums. */
export async function readPage(url: string, signal: AbortSignal | undefined): Promise<string> {
  const limit = AbortSignal.any([AbortSignal.timeout(patience * 1000), ...(signal === undefined ? [] : [signal])]);
  let response: Response;
  try {
    const { href, authorization } = withoutLogin(url);
    response = await fetch(href, { signal: limit, headers: authorization });
    if (response.ok) return await response.text();
  } catch (error) {
    throw unreachable(url, causeOf(error));
  }
  throw refusedBy(url, response);
}

/** Why the URL leads to nothing, as far as its server says so at once; undefined where it does not, or is not reached. */
export async function refusalOf(url: string): Promise<string | undefined> {
  try {
    const { href, authorization } = withoutLogin(url);
    const response = await fetch(href, { method: "HEAD", headers: authorization, signal: AbortSignal.timeout(5_000) });
    return response.status === 404 || response.status === 410 ? statusOf(response) : undefined;
  } catch {
    return undefined;
  }
}

/** The user and password of a URL, which `fetch` takes as a header only. It keeps them from another server that a redirect leads to. */
function withoutLogin(url: string): { href: string; authorization: Record<string, string> } {
  const parsed = new URL(url);
  const { username, password } = parsed;
  [parsed.username, parsed.password] = ["", ""];
  if (username === "" && password === "") return { href: parsed.href, authorization: {} };
  const login = [username, password].map(decodeURIComponent).join(":");
  return { href: parsed.href, authorization: { Authorization: `Basic ${Buffer.from(login).toString("base64")}` } };
}

/** Of a URL, what a person calls the file by. */
export function shortName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "") || withoutPasswords(url);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** `fetch failed` is all that undici's own error says. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}

function refusedBy(url: string, response: Response): LibvirtError {
  return new LibvirtError(
    "Refused",
    `Unable to download ${withoutPasswords(url)}: its server says ${statusOf(response)}.`,
    response.status === 404
      ? "Look for a newer name of the file: dated images are often removed after a while."
      : undefined,
  );
}

function unreachable(url: string, reason: string): LibvirtError {
  return new LibvirtError(
    "Unreachable",
    `Unable to download ${withoutPasswords(url)}: ${reason.replace(/\.$/, "")}.`,
    "Look whether the machine that runs Pulumi reaches it (curl -I); behind a proxy, download it by other means and give its path. Then run this again.",
  );
}

function interrupted(url: string): LibvirtError {
  return new LibvirtError("Refused", `Interrupted: it downloads ${shortName(url)}.`, "Run this again.");
}
