import { Fault, json } from "../answer.ts";
import type { ApiAnswer } from "../contract.ts";
import { fileAnswer } from "../file-answer.ts";
import type { Selection } from "../store.ts";
import { findRoom } from "./router.ts";
import type { Call } from "./router.ts";
import { baseOf, historyItem, roomDetails, roomItem } from "./view.ts";

const pageMax = 1000;
const pageDefault = 100;
/** `date=recent` gives this many messages, whatever `max-results` says. */
const recentMax = 75;

/** `GET /v2/room?start-index&max-results`. */
export async function getRooms(call: Call): Promise<ApiAnswer> {
  const { startIndex, maxResults } = pageOf(call);
  const rooms = call.store.rooms().filter(({ kind }) => kind === "room");
  const self = `${baseOf(call.options)}/v2/room`;
  const link = (start: number): string => `${self}?start-index=${start}&max-results=${maxResults}`;
  const next = startIndex + maxResults;
  return json(200, {
    items: rooms.slice(startIndex, next).map((room) => roomItem(room, call.options)),
    startIndex,
    maxResults,
    links: {
      self,
      ...(startIndex > 0 ? { prev: link(Math.max(0, startIndex - maxResults)) } : {}),
      ...(next < rooms.length && maxResults > 0 ? { next: link(next) } : {}),
    },
  });
}

/** `GET /v2/room/ID`. */
export async function getRoom(call: Call): Promise<ApiAnswer> {
  return json(200, roomDetails(findRoom(call.store, call.parameters["room"] ?? ""), call.options));
}

/**
 * `GET /v2/room/ID/history`: `date=recent` (the default, no pages), or the messages up to `date` and not before `end-date`,
 * counted back from the newest by `start-index` and `max-results`. The oldest is first unless `reverse=false`.
 */
export async function getHistory(call: Call): Promise<ApiAnswer> {
  const { query } = call.request;
  const date = query.get("date") ?? "recent";
  const { startIndex, maxResults } = pageOf(call);
  const selection: Selection =
    date === "recent"
      ? { count: recentMax }
      : {
          notAfter: readDate("date", date),
          notBefore: query.has("end-date") ? readDate("end-date", query.get("end-date") ?? "") : undefined,
          skip: startIndex,
          count: maxResults,
        };
  return await history(call, selection, query.get("reverse") !== "false");
}

/** `GET /v2/room/ID/history/latest?max-results&not-before`: the newest messages, none older than that one. */
export async function getLatest(call: Call): Promise<ApiAnswer> {
  const room = findRoom(call.store, call.parameters["room"] ?? "");
  const id = call.request.query.get("not-before");
  const oldest = id === null ? undefined : await call.store.message(room, id);
  const count = readCount(call.request.query, "max-results", recentMax);
  return await history(call, { notBefore: oldest?.at, count }, true);
}

async function history(call: Call, selection: Selection, isOldestFirst: boolean): Promise<ApiAnswer> {
  const room = findRoom(call.store, call.parameters["room"] ?? "");
  const messages = await call.store.newest(room, selection);
  return json(200, {
    items: (isOldestFirst ? messages.toReversed() : messages).map((message) =>
      historyItem(message, room, call.options),
    ),
    startIndex: selection.skip ?? 0,
    maxResults: selection.count,
    links: { self: `${baseOf(call.options)}/v2/room/${room.id}/history` },
  });
}

/** `GET /v2/room/ID/history/MESSAGE`. */
export async function getMessage(call: Call): Promise<ApiAnswer> {
  const room = findRoom(call.store, call.parameters["room"] ?? "");
  const id = call.parameters["message"] ?? "";
  const message = await call.store.message(room, id);
  if (message === undefined) throw new Fault(404, `Message '${id.slice(0, 100)}' not found`);
  return json(200, { message: historyItem(message, room, call.options) });
}

/** `GET /v2/file/ID`: the bytes; `?thumbnail=true` gives them too, as there are no smaller ones. */
export async function getFile(call: Call): Promise<ApiAnswer> {
  const id = call.parameters["file"] ?? "";
  const file = await call.store.file(id);
  if (file === undefined) throw new Fault(404, `File '${id.slice(0, 100)}' not found`);
  return fileAnswer(file.facts, file.bytes);
}

function pageOf(call: Call): { readonly startIndex: number; readonly maxResults: number } {
  const { query } = call.request;
  return {
    startIndex: readCount(query, "start-index", 0, Number.MAX_SAFE_INTEGER),
    maxResults: readCount(query, "max-results", pageDefault),
  };
}

function readCount(query: URLSearchParams, name: string, fallback: number, max = pageMax): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const count = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (count >= 0 && count <= max) return count;
  throw new Fault(400, `Value u'${text.slice(0, 100)}' for field '${name}' is not an integer from 0 to ${max}`, {
    expected_type: "integer",
    field: name,
    validation: "type",
  });
}

/** ISO 8601, or Unix seconds. */
function readDate(name: string, text: string): Date {
  const date = new Date(/^\d{9,11}$/u.test(text) ? Number(text) * 1000 : text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new Fault(400, `Value u'${text.slice(0, 100)}' for field '${name}' is not a date in ISO 8601`, {
    field: name,
    validation: "type",
  });
}
