import { limits } from "../../core/limits.ts";
import { newRoom } from "../../core/room.ts";
import type { Room, RoomFacts } from "../../core/room.ts";
import { Fault, json, noContent } from "../answer.ts";
import { readFields } from "../body.ts";
import type { Fields } from "../body.ts";
import type { ApiAnswer } from "../contract.ts";
import { missing, readFlag, readLine, readOneOf, readRequired, readText, refused } from "../fields.ts";
import { pageAnswer, pageOf } from "./paging.ts";
import { mayAct, requireAllRooms, roomOfPath } from "./router.ts";
import type { Call } from "./router.ts";
import { senderOf, speak } from "./send.ts";
import { baseOf, roomDetails, roomItem, statisticsView } from "./view.ts";

/**
 * `GET /v2/room?start-index&max-results&include-private&include-archived&expand=items`: private rooms unless they are
 * declined, archived ones only when they are asked for.
 */
export async function getRooms(call: Call): Promise<ApiAnswer> {
  const { query } = call.request;
  const isShown = ({ id, kind, privacy, isArchived }: Room): boolean =>
    kind === "room" &&
    mayAct(call.caller, id) &&
    (privacy === "public" || query.get("include-private") !== "false") &&
    (!isArchived || query.get("include-archived") === "true");
  const isWhole = (query.get("expand") ?? "").split(",").includes("items");
  const view = (room: Room) => (isWhole ? roomDetails(room, call) : roomItem(room, call.options));
  return json(
    200,
    pageAnswer(call.store.rooms().filter(isShown), pageOf(call), `${baseOf(call.options)}/v2/room`, view),
  );
}

/** `GET /v2/room/ID`. */
export async function getRoom(call: Call): Promise<ApiAnswer> {
  return json(200, roomDetails(await roomOfPath(call), call));
}

/** `GET /v2/room/ID/statistics`. */
export async function getStatistics(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  return json(200, statisticsView(await call.store.statistics(room), room, call.options));
}

/** `POST /v2/room` `{name, privacy, topic, guest_access, owner_user_id}`: 201 with the room's number and address. */
export async function postRoom(call: Call): Promise<ApiAnswer> {
  const fields = readFields(call.request);
  const owner = readText(fields, "owner_user_id");
  const room = await createRoom(call, {
    name: readRoomName(fields),
    privacy: readOneOf(fields, "privacy", ["public", "private"], "public"),
    topic: readTopic(fields),
    isGuestAccessible: readFlag(fields, "guest_access"),
    ownerId: owner === undefined ? call.caller.id : readOwnerId(call, "owner_user_id", owner),
  });
  const self = `${baseOf(call.options)}/v2/room/${room.id}`;
  return json(201, { id: room.id, links: { self } }, { location: self });
}

/** Makes a room. Throws HipChat's 400 for a name that is taken, and 503 when there are as many as there can be. */
export async function createRoom(call: Call, facts: Partial<RoomFacts> & Pick<RoomFacts, "name">): Promise<Room> {
  requireAllRooms(call);
  const room = await call.store.createRoom({ ...newRoom(facts.name), ...facts });
  if (room === "taken") throw nameTaken();
  if (room === "full") throw new Fault(503, `This server has the ${limits.roomsMax} rooms that it can have`);
  return room;
}

/** `PUT /v2/room/ID`: all of name, privacy, is_archived, is_guest_accessible, topic and owner. 204. */
export async function putRoom(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const fields = readFields(call.request);
  const flags = ["is_archived", "is_guest_accessible"];
  for (const name of ["privacy", ...flags, "topic", "owner"]) {
    if (fields[name] === undefined) throw missing(name, flags.includes(name) ? "boolean" : "string");
  }
  const topic = readTopic(fields);
  const updated = await call.store.updateRoom(room, {
    name: readRoomName(fields),
    privacy: readOneOf(fields, "privacy", ["public", "private"], room.privacy),
    isArchived: readFlag(fields, "is_archived"),
    isGuestAccessible: readFlag(fields, "is_guest_accessible"),
    ownerId: readOwner(call, fields["owner"]),
  });
  if (updated === "taken") throw nameTaken();
  await setTopic(call, room, topic);
  return noContent();
}

/** `DELETE /v2/room/ID`: the room, its messages, files and webhooks. 204. */
export async function deleteRoom(call: Call): Promise<ApiAnswer> {
  await call.store.removeRoom(await roomOfPath(call));
  return noContent();
}

/** `PUT /v2/room/ID/topic`: 204. */
export async function putTopic(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const fields = readFields(call.request);
  if (readText(fields, "topic") === undefined) throw missing("topic", "string");
  await setTopic(call, room, readTopic(fields));
  return noContent();
}

/** Sets the topic and says so in the room, unless it was that already. */
export async function setTopic(call: Call, room: Room, topic: string, label = ""): Promise<void> {
  if (room.topic === topic) return;
  const updated = await call.store.updateRoom(room, { topic });
  if (typeof updated === "string") return;
  await speak(call, updated, {
    kind: "topic",
    sender: senderOf(call),
    label,
    text: topic,
    format: "text",
    notify: false,
  });
}

export function readTopic(fields: Fields): string {
  return readLine(fields, "topic", limits.roomTopicCharsMax);
}

/** `name`: 1 to 50 characters on one line. */
export function readRoomName(fields: Fields): string {
  readRequired(fields, "name", limits.roomNameCharsMax);
  const name = readLine(fields, "name", limits.roomNameCharsMax);
  if (name === "") throw refused("name", "minLength", name, "must not be blank");
  return name;
}

function nameTaken(): Fault {
  return new Fault(400, "Another room exists with that name.", { field: "name", validation: "unique" });
}

/** `owner` of an update: `{"id": 1}`, as the room's own details have it. */
function readOwner(call: Call, owner: unknown): number {
  const id = typeof owner === "object" && owner !== null && "id" in owner ? owner.id : owner;
  if (typeof id !== "number" && typeof id !== "string") throw missing("owner.id", "string");
  return readOwnerId(call, "owner", String(id));
}

function readOwnerId(call: Call, field: string, id: string): number {
  const owner = call.access.people().find((one) => String(one.id) === id || one.name === id.replace(/^@/u, ""));
  if (owner === undefined) throw refused(field, "exists", id, "is no user of this server");
  return owner.id;
}
