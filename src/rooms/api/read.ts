import { Fault, json } from "../answer.ts";
import type { ApiAnswer } from "../contract.ts";
import { fileAnswer } from "../file-answer.ts";
import type { Selection } from "../store.ts";
import { pageOf, readCount } from "./paging.ts";
import { roomOfPath } from "./router.ts";
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
          notAfter: readDate("date", date),
          notBefore: query.has("end-date") ? readDate("end-date", query.get("end-date") ?? "") : undefined,
          skip: startIndex,
          count: maxResults,
        };
  return await history(call, selection, query.get("reverse") !== "false");
}

/** `GET /v2/room/ID/history/latest?max-results&not-before`: the newest messages, none older than that one. */
export async function getLatest(call: Call): Promise<ApiAnswer> {
  const room = roomOfPath(call);
  const id = call.request.query.get("not-before");
  const oldest = id === null ? undefined : await call.store.message(room, id);
  const count = readCount(call.request.query, "max-results", recentMax);
  return await history(call, { notBefore: oldest?.at, count }, true);
}

async function history(call: Call, selection: Selection, isOldestFirst: boolean): Promise<ApiAnswer> {
  const room = roomOfPath(call);
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
  const room = roomOfPath(call);
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

/** ISO 8601, or Unix seconds. */
function readDate(name: string, text: string): Date {
  const date = new Date(/^\d{9,11}$/u.test(text) ? Number(text) * 1000 : text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new Fault(400, `Value u'${text.slice(0, 100)}' for field '${name}' is not a date in ISO 8601`, {
    field: name,
    validation: "type",
  });
}
