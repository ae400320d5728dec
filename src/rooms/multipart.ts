/*
 * Multipart bodies as HipChat's clients really send them: line ends CRLF or LF, folded header lines, no closing boundary,
 * an empty part at the end. The sender chooses every byte, so all is bounded and nothing throws.
 */

export interface Part {
  /** By lower-case name; the first of equal names. */
  readonly headers: ReadonlyMap<string, string>;
  /** A view into the body. */
  readonly content: Buffer;
}

export type MultipartResult =
  | { readonly ok: true; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly problem: string };

const boundaryCharsMax = 200;
const partsMax = 16;
const headerLinesMax = 32;
const headerBytesMax = 16 * 1024;

const CR = 0x0d;
const LF = 0x0a;
const dash = 0x2d;

interface Delimiter {
  /** Offset of the first dash. */
  readonly start: number;
  /** Offset of what comes after the delimiter's line. */
  readonly end: number;
  readonly isLast: boolean;
  /** How its line ends; the line end before a delimiter belongs to it and is of the same kind. */
  readonly isLfOnly: boolean;
}

/** The parts of a multipart body; parts without a blank line after their headers are left out. */
export function splitMultipart(body: Buffer, boundary: string | undefined): MultipartResult {
  if (boundary === undefined || boundary === "") return { ok: false, problem: "The boundary parameter is missing" };
  if (boundary.length > boundaryCharsMax) {
    return { ok: false, problem: `The boundary is longer than ${boundaryCharsMax} characters` };
  }
  const mark = Buffer.from(`--${boundary}`, "latin1");
  let delimiter = nextDelimiter(body, mark, 0);
  if (delimiter === undefined) return { ok: false, problem: "The body does not contain its boundary" };
  const parts: Part[] = [];
  for (let seen = 0; delimiter !== undefined && !delimiter.isLast; seen++) {
    if (seen === partsMax) return { ok: false, problem: `The body has more than ${partsMax} parts` };
    const next = nextDelimiter(body, mark, delimiter.end);
    const end = next === undefined ? body.length : contentEnd(body, delimiter, next.start);
    const part = readPart(body.subarray(delimiter.end, Math.max(delimiter.end, end)));
    if (typeof part === "string") return { ok: false, problem: part };
    if (part !== undefined) parts.push(part);
    delimiter = next;
  }
  return { ok: true, parts };
}

function nextDelimiter(body: Buffer, mark: Buffer, from: number): Delimiter | undefined {
  for (let start = body.indexOf(mark, from); start !== -1; start = body.indexOf(mark, start + 1)) {
    if (start !== 0 && start !== from && body[start - 1] !== LF) continue;
    const delimiter = readDelimiter(body, start, start + mark.length);
    if (delimiter !== undefined) return delimiter;
  }
  return undefined;
}

/** A boundary that goes on with other characters is another one's beginning, or content. */
function readDelimiter(body: Buffer, start: number, afterMark: number): Delimiter | undefined {
  const isLast = body[afterMark] === dash && body[afterMark + 1] === dash;
  let offset = isLast ? afterMark + 2 : afterMark;
  while (body[offset] === 0x20 || body[offset] === 0x09) offset++;
  if (offset >= body.length) return { start, end: body.length, isLast, isLfOnly: false };
  if (body[offset] === LF) return { start, end: offset + 1, isLast, isLfOnly: true };
  if (body[offset] === CR && body[offset + 1] === LF) return { start, end: offset + 2, isLast, isLfOnly: false };
  return undefined;
}

/** With LF line ends a CR before the boundary's line is content: binary data may end in that byte. */
function contentEnd(body: Buffer, opening: Delimiter, nextStart: number): number {
  const beforeLf = nextStart - 1;
  return !opening.isLfOnly && body[beforeLf - 1] === CR ? beforeLf - 1 : beforeLf;
}

/** A sentence when the headers are beyond all measure, undefined when there is no content. */
function readPart(part: Buffer): Part | string | undefined {
  const headers = new Map<string, string>();
  let last: string | undefined;
  let offset = 0;
  for (let line = 0; ; line++) {
    if (line > headerLinesMax || offset > headerBytesMax) return "The headers of a part are too long";
    const lf = indexOfLf(part, offset);
    if (lf === -1) return part.length > headerBytesMax ? "The headers of a part are too long" : undefined;
    const text = decodeHeader(part.subarray(offset, lf)).replace(/\r$/u, "");
    offset = lf + 1;
    if (text === "") return { headers, content: part.subarray(offset) };
    last = addHeader(headers, text, last);
  }
}

function indexOfLf(part: Buffer, from: number): number {
  const end = Math.min(part.length, from + headerBytesMax);
  const lf = part.subarray(from, end).indexOf(LF);
  return lf === -1 ? -1 : from + lf;
}

/** Python's email package folds long headers: a line that begins with white space goes on with the one before. */
function addHeader(headers: Map<string, string>, line: string, last: string | undefined): string | undefined {
  if (/^[ \t]/u.test(line)) {
    if (last !== undefined) headers.set(last, `${headers.get(last) ?? ""} ${line.trim()}`);
    return last;
  }
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
  if (name === "") return undefined;
  if (headers.has(name)) return undefined;
  headers.set(name, line.slice(colon + 1).trim());
  return name;
}

/** Names of files stand in headers as UTF-8 (curl, browsers), rarely as Latin-1. */
function decodeHeader(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
