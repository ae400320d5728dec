import { Fault, json } from "../answer.ts";
import { readFields } from "../body.ts";
import type { Fields } from "../body.ts";
import type { ApiAnswer, ApiRequest } from "../contract.ts";
import { parseHeaderValue } from "../header-value.ts";
import { readText } from "../fields.ts";
import type { Message, Room } from "../store.ts";
import { filePath } from "../page/address.ts";
import { findRoom } from "./router.ts";
import type { Call, Route } from "./router.ts";
import { notify } from "./send.ts";
import { baseOf } from "./view.ts";

const recentMax = 75;

/** HipChat's API v1 (deprecated by HipChat, still spoken by many tools), paths below /v1/. It cannot take files. */
export const v1Routes: readonly Route[] = [
  { method: "POST", pattern: "rooms/message", scopes: ["send_notification"], handle: sendMessage },
  { method: "GET", pattern: "rooms/message", scopes: ["send_notification"], handle: sendMessage },
  { method: "GET", pattern: "rooms/list", scopes: ["view_group", "view_room"], handle: listRooms },
  { method: "GET", pattern: "rooms/history", scopes: ["view_messages"], handle: showHistory },
];

export function unauthorizedV1(): string {
  return "Auth token invalid. Please see: https://www.hipchat.com/docs/api/auth";
}

/** v1 takes its fields from the form and from the query, the form's first (winston-hipchat sends an empty form). */
export function v1Fields(request: ApiRequest): Fields {
  const query = Object.fromEntries(request.query);
  return request.method === "POST" && request.body.length > 0 ? { ...query, ...readFields(request) } : query;
}

/** v1's token may also stand in the form; only a form is read before it is known who calls. */
export function formTokenOf(request: ApiRequest): string | undefined {
  const { value } = parseHeaderValue(request.headers["content-type"] ?? "");
  if (request.method !== "POST" || value !== "application/x-www-form-urlencoded") return undefined;
  const token = v1Fields(request)["auth_token"];
  return typeof token === "string" ? token : undefined;
}

/** `POST` or `GET /v1/rooms/message`: 200, where v2 says 204. */
async function sendMessage(call: Call): Promise<ApiAnswer> {
  const fields = v1Fields(call.request);
  const room = roomOf(call, fields);
  call.meter.send(String(room.id));
  await notify(call, room, fields);
  return json(200, { status: "sent" });
}

async function listRooms(call: Call): Promise<ApiAnswer> {
  const rooms = call.store.rooms().filter(({ kind }) => kind === "room");
  return json(200, { rooms: await Promise.all(rooms.map(async (room) => await listItem(call, room))) });
}

async function listItem(call: Call, room: Room): Promise<Readonly<Record<string, unknown>>> {
  const [newest] = await call.store.newest(room, { count: 1 });
  const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);
  return {
    room_id: room.id,
    name: room.name,
    topic: "",
    last_active: newest === undefined ? 0 : unixSeconds(newest.at),
    created: unixSeconds(room.createdAt),
    owner_user_id: 1,
    is_archived: false,
    is_private: false,
  };
}

/** `GET /v1/rooms/history?room_id&date=recent|YYYY-MM-DD`: the newest 75, or the messages of that day (UTC). */
async function showHistory(call: Call): Promise<ApiAnswer> {
  const room = roomOf(call, v1Fields(call.request));
  const date = call.request.query.get("date") ?? "recent";
  const messages = await call.store.newest(room, date === "recent" ? { count: recentMax } : dayOf(date));
  return json(200, { messages: messages.toReversed().map((message) => historyItem(call, room, message)) });
}

function dayOf(date: string): { notBefore: Date; notAfter: Date; count: number } {
  const start = /^\d{4}-\d{2}-\d{2}$/u.test(date) ? new Date(`${date}T00:00:00.000Z`) : new Date(Number.NaN);
  if (Number.isNaN(start.getTime())) {
    throw new Fault(400, `Value u'${date.slice(0, 100)}' for field 'date' is neither recent nor YYYY-MM-DD`);
  }
  return { notBefore: start, notAfter: new Date(`${date}T23:59:59.999Z`), count: 1000 };
}

function historyItem(call: Call, room: Room, message: Message): Readonly<Record<string, unknown>> {
  const isNotification = message.kind === "notification";
  const { file } = message;
  return {
    date: `${message.at.toISOString().slice(0, 19)}+0000`,
    from: isNotification
      ? { name: message.label === "" ? message.sender.name : message.label, user_id: "api" }
      : { name: message.sender.name, user_id: message.sender.id },
    message: message.text,
    ...(file === undefined
      ? {}
      : { file: { name: file.name, size: file.sizeBytes, url: baseOf(call.options) + filePath(room, file) } }),
  };
}

function roomOf(call: Call, fields: Fields): Room {
  const idOrName = readText(fields, "room_id");
  if (idOrName === undefined || idOrName === "") {
    throw new Fault(400, "Required field 'room_id' is missing", { field: "room_id", validation: "required" });
  }
  return findRoom(call.store, idOrName);
}
