import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ApiRequest } from "../../src/rooms/contract.ts";
import { requestOf } from "../unit/rooms/open-rooms.ts";

/*
 * Requests of real HipChat clients as they came over the wire: test/fixtures/captures, whose README tells the format.
 */

const folder = fileURLToPath(new URL("../fixtures/captures/", import.meta.url));

export interface Capture {
  /** File and position, as `buildbot-2.10.5-HipChatStatusPush 1`. */
  readonly name: string;
  readonly request: ApiRequest;
  readonly bytes: Buffer;
}

/** Every request of every file, in their order. */
export const captures: readonly Capture[] = readdirSync(folder)
  .filter((file) => file.endsWith(".txt"))
  .toSorted()
  .flatMap((file) => readCaptures(file));

function readCaptures(file: string): readonly Capture[] {
  const bytes = readFileSync(folder + file);
  const found: Capture[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const lineEnd = bytes.indexOf("\n", offset);
    const size = Number(/^##### capture: .*raw-bytes=(\d+) /u.exec(bytes.toString("latin1", offset, lineEnd))?.[1]);
    const start = lineEnd + 1;
    const raw = bytes.subarray(start, start + size);
    found.push({ name: `${file.slice(0, -4)} ${found.length + 1}`, request: readRequest(raw), bytes: raw });
    offset = start + size + 1;
  }
  return found;
}

function readRequest(raw: Buffer): ApiRequest {
  const headEnd = raw.indexOf("\r\n\r\n");
  const [requestLine = "", ...lines] = raw.toString("latin1", 0, headEnd).split("\r\n");
  // Payara puts a raw space into the target, so that it ends at the last one.
  const [, method = "", target = ""] = /^(\S+) (.+) HTTP\/1\.1$/u.exec(requestLine) ?? [];
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const body = raw.subarray(headEnd + 4);
  if (body.length !== Number(headers["content-length"] ?? 0)) throw new Error(`${requestLine} is cut off.`);
  return { ...requestOf(method, target, { headers }), headers, body };
}
