import { nameOf } from "../../core/room.ts";
import type { Message, Room, Sender } from "../../core/room.ts";
import { Fault, json } from "../answer.ts";
import { readFields } from "../body.ts";
import type { Fields } from "../body.ts";
import type { ApiAnswer, ApiRequest } from "../contract.ts";
import { readFlag, readFrom, readRequired, readText } from "../fields.ts";
import { parseHeaderValue } from "../header-value.ts";
import { filePath } from "../page/address.ts";
import { timeIn } from "../time-zone.ts";
import { readTimeZone } from "./read.ts";
import { createRoom, readRoomName, readTopic, setTopic } from "./rooms.ts";
import { findRoom, mayAct } from "./router.ts";
import type { Call, Route } from "./router.ts";
import { notify } from "./send.ts";
import { baseOf, mentionNameOf } from "./view.ts";

const recentMax = 75;
const viewRooms = ["view_group", "view_room"] as const;

/** HipChat's API v1 (deprecated by HipChat, still spoken by many tools), paths below /v1/. It cannot take files. */
export const v1Routes: readonly Route[] = [
  { method: "POST", pattern: "rooms/message", scopes: ["send_notification"], handle: sendMessage },
  { method: "GET", pattern: "rooms/message", scopes: ["send_notification"], handle: sendMessage },
  { method: "POST", pattern: "rooms/topic", scopes: ["send_notification", "admin_room"], handle: changeTopic },
  { method: "GET", pattern: "rooms/list", scopes: viewRooms, handle: listRooms },
  { method: "GET", pattern: "rooms/show", scopes: viewRooms, handle: showRoom },
  { method: "GET", pattern: "rooms/history", scopes: ["view_messages"], handle: showHistory },
  { method: "POST", pattern: "rooms/create", scopes: ["manage_rooms"], handle: makeRoom },
  { method: "POST", pattern: "rooms/delete", scopes: ["manage_rooms"], handle: deleteRoom },
  { method: "GET", pattern: "users/list", scopes: ["view_group"], handle: listUsers },
  { method: "GET", pattern: "users/show", scopes: ["view_group"], handle: showUser },
];

export function unauthorizedV1(): string {
  return "Auth token invalid. Please see: https://www.hipchat.com/docs/api/auth";
}

/** v1 takes its fields from the form and from the query, the form's first (winston-hipchat sends an empty form). */
function v1Fields(request: ApiRequest): Fields {
  const query = Object.fromEntries(request.query);
  return request.method === "POST" && request.body.length > 0 ? { ...query, ...readFields(request) } : query;
}

/** v1's token may also stand in the form. */
export function formTokenOf(request: ApiRequest): string | undefined {
  return formField(request, "auth_token");
}

/** Whether the answer is to be XML: `format=xml` in the query or in the form. */
export function wantsXml(request: ApiRequest): boolean {
  return (request.query.get("format") ?? formField(request, "format"))?.toLowerCase() === "xml";
}

/** Only a form is read before it is known who calls. */
function formField(request: ApiRequest, name: string): string | undefined {
  const { value } = parseHeaderValue(request.headers["content-type"] ?? "");
  if (request.method !== "POST" || value !== "application/x-www-form-urlencoded") return undefined;
  const field = readFields(request)[name];
  return typeof field === "string" ? field : undefined;
}

/** `POST` or `GET /v1/rooms/message`: 200, where v2 says 204. */
async function sendMessage(call: Call): Promise<ApiAnswer> {
  const fields = v1Fields(call.request);
  const room = await roomOf(call, fields);
  call.meter.send(String(room.id));
  await notify(call, room, fields);
  return json(200, { status: "sent" });
}

/** `POST /v1/rooms/topic` (room_id, topic, from): who changed it is `API` unless it says so. */
async function changeTopic(call: Call): Promise<ApiAnswer> {
  const fields = v1Fields(call.request);
  const from = readFrom(fields);
  await setTopic(call, await roomOf(call, fields), readTopic(fields), from === "" ? "API" : from);
  return json(200, { status: "ok" });
}

/** `POST /v1/rooms/create` (name, owner_user_id, privacy, topic, guest_access). */
async function makeRoom(call: Call): Promise<ApiAnswer> {
  const fields = v1Fields(call.request);
  const room = await createRoom(call, {
    name: readRoomName(fields),
    privacy: fields["privacy"] === "private" ? "private" : "public",
    topic: readTopic(fields),
    isGuestAccessible: readFlag(fields, "guest_access"),
    ownerId: personOf(call, readText(fields, "owner_user_id"))?.id ?? call.caller.id,
  });
  return json(200, { room: roomView(room, undefined) });
}

/** `POST /v1/rooms/delete` (room_id). */
async function deleteRoom(call: Call): Promise<ApiAnswer> {
  await call.store.removeRoom(await roomOf(call, v1Fields(call.request)));
  return json(200, { deleted: true });
}

async function listRooms(call: Call): Promise<ApiAnswer> {
  const all = await call.store.overview();
  const rooms = all.filter(({ room }) => room.kind === "room" && mayAct(call.caller, room.id));
  return json(200, { rooms: rooms.map(({ room, lastActive }) => roomView(room, lastActive)) });
}

/** `GET /v1/rooms/show?room_id`. */
async function showRoom(call: Call): Promise<ApiAnswer> {
  const room = await roomOf(call, v1Fields(call.request));
  const { lastActive } = await call.store.statistics(room);
  return json(200, { room: { ...roomView(room, lastActive), guest_access_url: null, participants: [] } });
}

function roomView(room: Room, lastActive: Date | undefined): Readonly<Record<string, unknown>> {
  const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);
  return {
    room_id: room.id,
    name: room.name,
    topic: room.topic,
    last_active: lastActive === undefined ? 0 : unixSeconds(lastActive),
    created: unixSeconds(room.createdAt),
    owner_user_id: room.ownerId,
    is_archived: room.isArchived,
    is_private: room.privacy === "private",
  };
}

/** `GET /v1/users/list`. */
async function listUsers(call: Call): Promise<ApiAnswer> {
  return json(200, { users: call.access.people().map(userView) });
}

/** `GET /v1/users/show?user_id`. */
async function showUser(call: Call): Promise<ApiAnswer> {
  const id = readRequired(v1Fields(call.request), "user_id", 100);
  const user = personOf(call, id);
  if (user === undefined) throw new Fault(404, `User '${id}' not found`);
  return json(200, { user: userView(user) });
}

function personOf({ access }: Call, id: string | undefined): Sender | undefined {
  return access.people().find((one) => String(one.id) === id);
}

function userView({ id, name }: Sender): Readonly<Record<string, unknown>> {
  return { user_id: id, name, mention_name: mentionNameOf(name), email: "", title: "", is_deleted: 0 };
}

/** `GET /v1/rooms/history?room_id&date=recent|YYYY-MM-DD`: the newest 75, or those of that day in `timezone`. */
async function showHistory(call: Call): Promise<ApiAnswer> {
  const room = await roomOf(call, v1Fields(call.request));
  const date = call.request.query.get("date") ?? "recent";
  const zone = readTimeZone(call.request.query);
  const messages = await call.store.newest(room, date === "recent" ? { count: recentMax } : dayOf(date, zone));
  return json(200, { messages: messages.toReversed().map((message) => historyItem(call, room, message)) });
}

function dayOf(date: string, zone: string): { notBefore: Date; notAfter: Date; count: number } {
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(date);
  const [notBefore, notAfter] = [timeIn(zone, date), timeIn(zone, `${date}T23:59:59.999`)];
  if (!isDay || notBefore === undefined || notAfter === undefined) {
    throw new Fault(400, `Value u'${date.slice(0, 100)}' for field 'date' is neither recent nor YYYY-MM-DD`);
  }
  return { notBefore, notAfter, count: 1000 };
}

function historyItem(call: Call, room: Room, message: Message): Readonly<Record<string, unknown>> {
  const isNotification = message.kind === "notification" || message.label !== "";
  const { file } = message;
  return {
    date: `${message.at.toISOString().slice(0, 19)}+0000`,
    from: isNotification
      ? { name: nameOf(message), user_id: "api" }
      : { name: message.sender.name, user_id: message.sender.id },
    message: message.text,
    ...(file === undefined
      ? {}
      : { file: { name: file.name, size: file.sizeBytes, url: baseOf(call.options) + filePath(room, file) } }),
  };
}

async function roomOf(call: Call, fields: Fields): Promise<Room> {
  const idOrName = readText(fields, "room_id");
  if (idOrName === undefined || idOrName === "") {
    throw new Fault(400, "Required field 'room_id' is missing", { field: "room_id", validation: "required" });
  }
  return await findRoom(call, idOrName);
}
