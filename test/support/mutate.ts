import type { ApiRequest } from "../../src/rooms/contract.ts";
import { attacks } from "../unit/rooms/attacks.ts";

/*
 * Requests that no client sends: real ones with bytes, fields, headers and addresses changed. All of it follows from a
 * number, so that what a run found can be found again.
 */

export interface Dice {
  /** A whole number from 0 to below `sides`. */
  below(sides: number): number;
  one<Item>(items: readonly Item[]): Item;
}

/** Mulberry32: small, quick, and the same everywhere. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const below = (sides: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * sides);
  };
  return {
    below,
    one(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("There is nothing to choose from.");
      return item;
    },
  };
}

/** Values that have broken parsers and pages. */
const oddValues: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  0.1,
  "",
  " ",
  "0",
  "true",
  "random",
  "x".repeat(20_000),
  "é✓𝒳👩‍👩‍👧‍👦".repeat(300),
  "\ud800",
  "\u0000\u0007\u001b[31m",
  "\u202egnp.exe",
  "__proto__",
  "../../etc/passwd",
  "%2e%2e%2f",
  "(a+)+$",
  "((a{9}){9}){9}",
  "http://127.0.0.1:1/",
  "https://a.example/?q=<b>",
  [],
  {},
  [[1]],
  { message: "x" },
  { url: "x", "url@2x": 1 },
  ...attacks,
];

const fieldNames =
  "message message_format color notify from attach_to card room_id auth_token format date topic name privacy owner " +
  "is_archived is_guest_accessible guest_access owner_user_id link parentMessageId parent_message_id url event pattern " +
  "authentication key reason grant_type scope user_id style id title description icon thumbnail activity attributes " +
  "__proto__ constructor toString";
const names = fieldNames.split(" ");

const contentTypes = [
  "application/json",
  "application/json; charset=utf-16le",
  "application/x-www-form-urlencoded",
  "text/plain",
  "text/html; charset=nonsense",
  "multipart/related; boundary=hipfileboundary",
  'multipart/form-data; boundary="',
  "multipart/mixed",
  "image/png",
  ";;;===",
  "",
];

/** A body of fields that clients know, with values that they do not send. */
export function oddBody(dice: Dice): Buffer {
  if (dice.below(30) === 0) return deepBody(dice);
  const fields: [string, unknown][] = Array.from({ length: 1 + dice.below(6) }, () => [
    dice.one(names),
    dice.one(oddValues),
  ]);
  if (dice.below(2) === 0) fields.push(["message", "words"]);
  if (dice.below(4) === 0) {
    const inner = Object.fromEntries(Array.from({ length: 5 }, () => [dice.one(names), dice.one(oddValues)] as const));
    fields.push(["card", { style: "application", id: "1", title: "t", ...inner }]);
  }
  return Buffer.from(JSON.stringify(Object.fromEntries(fields)));
}

/** A field that goes deeper than a stack. */
function deepBody(dice: Dice): Buffer {
  const [opening, closing] = dice.one([
    ["[", "]"],
    ['{"a":', "}"],
  ] as const);
  const depth = dice.one([100, 5000, 100_000]);
  const deep = `${opening.repeat(depth)}1${closing.repeat(depth)}`;
  return Buffer.from(`{"message":"x",${JSON.stringify(dice.one(names))}:${deep}}`);
}

/** The request with one thing of it changed. */
export function mutate(request: ApiRequest, dice: Dice): ApiRequest {
  switch (dice.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { ...request, body: mutateBytes(request.body, dice) };
    case 4:
    case 5:
    case 6:
    case 7:
      return { ...request, body: mutateJson(request.body, dice) };
    case 8:
      return { ...request, headers: { ...request.headers, "content-type": dice.one(contentTypes) } };
    case 9:
      return { ...request, headers: { ...request.headers, ...oddHeaders(dice) } };
    case 10:
      return { ...request, path: mutatePath(request.path, dice) };
    case 11:
    case 12:
      return { ...request, query: mutateQuery(request.query, dice) };
    case 13:
      return { ...request, method: dice.one(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]) };
    default:
      return { ...request, body: oddBody(dice) };
  }
}

/** Bytes flipped, left out, doubled, put in or cut off. */
export function mutateBytes(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1);
  const length = dice.one([1, 1, 2, 8, 64, 1000]);
  const [before, inside, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  switch (dice.below(6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, inside, inside, after]);
    case 2:
      return before;
    case 3:
      return Buffer.concat([before, Buffer.from(Array.from({ length }, () => dice.below(256))), inside, after]);
    case 4:
      return Buffer.concat([
        before,
        Buffer.from(dice.one(["\r\n", "\n", "--", '"', ";", "=", "%", "\0", "\r\n\r\n", "{"])),
        inside,
        after,
      ]);
    default:
      return Buffer.concat([before, Buffer.from(inside.map((byte) => byte ^ (1 << dice.below(8)))), after]);
  }
}

function mutateJson(body: Buffer, dice: Dice): Buffer {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value !== "object" || value === null) return oddBody(dice);
    return Buffer.from(
      JSON.stringify({ ...value, [dice.one([...Object.keys(value), ...names])]: dice.one(oddValues) }),
    );
  } catch {
    return mutateBytes(body, dice);
  }
}

function oddHeaders(dice: Dice): ApiRequest["headers"] {
  return dice.one<ApiRequest["headers"]>([
    { authorization: "" },
    { authorization: "Bearer" },
    { authorization: `Basic ${"x".repeat(5000)}` },
    { authorization: "Basic b2F1dGhpZDpzZWNyZXQ=" },
    { authorization: "Bearer ALL", origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "content-type": `multipart/related; boundary=${"x".repeat(300)}` },
    { "content-type": `multipart/related; ${"a=b;".repeat(500)}` },
    { "content-type": `application/json; charset=${dice.one(["utf-16be", "big5", "x".repeat(99), '"'])}` },
  ]);
}

function mutatePath(path: string, dice: Dice): string {
  const segments = path.split("/");
  const at = dice.below(segments.length);
  const odd = dice.one([
    "",
    "%",
    "%ff",
    "%00",
    "%252525",
    "..",
    "Lobby",
    "1",
    "99999999999999999999",
    "x".repeat(3000),
    "%F0%9F%92%A9",
    "constructor",
    "latest",
    "*",
  ]);
  return segments.toSpliced(at, dice.below(2), odd).join("/");
}

function mutateQuery(query: URLSearchParams, dice: Dice): URLSearchParams {
  const changed = new URLSearchParams(query);
  const name = dice.one([
    "auth_token",
    "auth_test",
    "format",
    "date",
    "end-date",
    "timezone",
    "start-index",
    "max-results",
    "reverse",
    "not-before",
    "room_id",
    "message",
    "from",
    "expand",
    "user_id",
  ]);
  const value = dice.one([
    "",
    "ALL",
    "true",
    "xml",
    "recent",
    "2026-11-21",
    "-1",
    "1e3",
    "0",
    "1000",
    "9".repeat(400),
    "\u0000",
    "<b>",
    "Lobby",
    "275760-09-13",
    "Europe/Berlin",
    "-000001-01-01T00:00:00",
    "+275760-09-13T00:00:00.001Z",
  ]);
  changed.append(name, value);
  if (dice.below(3) === 0) changed.set(name, value);
  return changed;
}
