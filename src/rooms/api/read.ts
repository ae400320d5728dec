import type { Selection } from "../../core/room-store.ts";
import { Fault, json } from "../answer.ts";
import type { ApiAnswer } from "../contract.ts";
import { refused } from "../fields.ts";
import { fileAnswer } from "../file-answer.ts";
import { isTimeZone, timeIn } from "../time-zone.ts";
import { pageOf, readCount } from "./paging.ts";
import { mayAct, roomOfPath } from "./router.ts";
import type { Call } from "./router.ts";
import { baseOf, historyItem } from "./view.ts";

/** `date=recent` gives this many messages, whatever `max-results` says. */
const recentMax = 75;

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
          notAfter: readDate(query, "date"),
          notBefore: query.has("end-date") ? readDate(query, "end-date") : undefined,
          skip: startIndex,
          count: maxResults,
        };
  return await history(call, selection, query.get("reverse") !== "false");
}

/** `GET /v2/room/ID/history/latest?max-results&not-before`: the newest messages, none older than that one. */
export async function getLatest(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const id = call.request.query.get("not-before");
  const oldest = id === null ? undefined : await call.store.message(room, id);
  const count = readCount(call.request.query, "max-results", recentMax);
  return await history(call, { notBefore: oldest?.at, count }, true);
}

async function history(call: Call, selection: Selection, isOldestFirst: boolean): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
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
  const room = await roomOfPath(call);
  const id = call.parameters["message"] ?? "";
  const message = await call.store.message(room, id);
  if (message === undefined) throw new Fault(404, `Message '${id.slice(0, 100)}' not found`);
  return json(200, { message: historyItem(message, room, call.options) });
}

/** `GET /v2/file/ID`: the bytes; `?thumbnail=true` gives them too, as there are no smaller ones. */
export async function getFile(call: Call): Promise<ApiAnswer> {
  const id = call.parameters["file"] ?? "";
  const file = await call.store.file(id);
  if (file === undefined || !mayAct(call.caller, file.roomId))
    throw new Fault(404, `File '${id.slice(0, 100)}' not found`);
  return fileAnswer(file.facts, file.bytes);
}

/** ISO 8601, in the zone that `timezone` names unless it has an offset; or Unix seconds. */
function readDate(query: URLSearchParams, name: string): Date {
  const text = query.get(name) ?? "";
  const zone = readTimeZone(query);
  const date = /^\d{9,11}$/u.test(text) ? new Date(Number(text) * 1000) : timeIn(zone, text);
  if (date !== undefined && !Number.isNaN(date.getTime())) return date;
  throw refused(name, "type", text, "is not a date in ISO 8601");
}

/** `timezone`: UTC unless named. Throws 400. */
export function readTimeZone(query: URLSearchParams): string {
  const zone = query.get("timezone") ?? "";
  if (zone === "") return "UTC";
  if (zone.length > 64 || !isTimeZone(zone)) throw refused("timezone", "enum", zone, "is no time zone");
  return zone;
}
