import { createHash } from "node:crypto";
import { plainName } from "../../core/clean-text.ts";
import { limits } from "../../core/limits.ts";
import type { Message, NewMessage, Room, Sender } from "../../core/room.ts";
import { Fault, json, noContent } from "../answer.ts";
import { readFields } from "../body.ts";
import type { Fields } from "../body.ts";
import { readCard } from "../card.ts";
import type { ApiAnswer } from "../contract.ts";
import {
  missing,
  readCaption,
  readColor,
  readFormat,
  readFrom,
  readMessage,
  readNotify,
  readRequired,
  readText,
  refused,
} from "../fields.ts";
import { tellOf } from "../heard.ts";
import { readSharedFile } from "../shared-file.ts";
import type { SharedFile } from "../shared-file.ts";
import { requireAllRooms, roomOfPath } from "./router.ts";
import type { Call } from "./router.ts";
import { timestamp } from "./view.ts";

const userCharsMax = 100;
const messageIdCharsMax = 36;

/**
 * Says something in a room, and tells the webhooks that listen there, and whoever makes alerts of messages. Throws 404 when the
 * room was deleted meanwhile.
 */
export async function speak(call: Call, room: Room, message: NewMessage): Promise<Message> {
  const key = call.request.headers["idempotency-key"];
  const id = typeof key === "string" && key !== "" ? keyedId(key, call.caller, room) : undefined;
  const said = await call.store.append(room, message, id);
  if (said === undefined) throw new Fault(404, `Room '${room.name}' not found`);
  if (said.isNew) call.webhooks.heard(room, said.message);
  // Also of one that was there already: a crash may have come between the message and what was made of it.
  await tellOf(said.message, room, call.request, call);
  return said.message;
}

/**
 * `Idempotency-Key`: whoever sends a message again under its key, because the answer was lost, says it once. The message's id
 * is made of the key, so that no list of keys has to be kept. HipChat's clients send none.
 */
export function keyedId(key: string, { name }: Pick<Sender, "name">, room: Room): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, room.id, key]))
    .digest("hex");
  // RFC 9562, 5.8: version and variant of an id that is made as one likes.
  const variant = "89ab"[Number.parseInt(digest[16] ?? "0", 16) % 4] ?? "8";
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    variant + digest.slice(17, 20),
    digest.slice(20, 32),
  ].join("-");
}

/** `POST /v2/room/ID/notification`: 204 and nothing else, or clients take it for a failure. */
export async function postNotification(call: Call): Promise<ApiAnswer> {
  await notify(call, await sendingRoom(call), readFields(call.request));
  return noContent();
}

/** Stores a notification from the fields that v1 and v2 share. */
export async function notify(call: Call, room: Room, fields: Fields): Promise<Message> {
  const message = readNotification(fields, senderOf(call));
  return await speak(call, room, { ...message, ...(await attachment(call, room, fields)) });
}

/** A notification as its fields say; a webhook's answer has the same. Throws 400. */
export function readNotification(fields: Fields, sender: Sender): NewMessage {
  const card = readCard(fields);
  return {
    kind: "notification",
    sender,
    label: readFrom(fields),
    text: readMessage(fields),
    format: readFormat(fields, "html"),
    color: readColor(fields),
    notify: readNotify(fields),
    ...(card === undefined ? {} : { card }),
  };
}

/** `attach_to`: a message of the same room; what cannot be attached is shown by itself. */
async function attachment(call: Call, room: Room, fields: Fields): Promise<{ readonly parentId?: string }> {
  const id = readText(fields, "attach_to") ?? "";
  if (id.length > messageIdCharsMax) throw refused("attach_to", "maxLength", id, "is no id of a message");
  const parent = id === "" ? undefined : await call.store.message(room, id);
  return parent === undefined ? {} : { parentId: parent.id };
}

/** `POST /v2/room/ID/message`: a person's own words, plain text. 201 with the message's id. */
export async function postMessage(call: Call): Promise<ApiAnswer> {
  const room = await sendingRoom(call);
  const message = await speak(call, room, words(call, readMessage(readFields(call.request))));
  return json(201, { id: message.id, timestamp: timestamp(message.at) });
}

/** `POST /v2/room/ID/reply` `{parentMessageId, message}`: 204. hipchat-rb writes the name with underscores. */
export async function postReply(call: Call): Promise<ApiAnswer> {
  const room = await sendingRoom(call);
  const fields = readFields(call.request);
  const id = readText(fields, "parentMessageId") ?? readText(fields, "parent_message_id");
  if (id === undefined) throw missing("parentMessageId", "string");
  const text = readMessage(fields);
  const parent = await call.store.message(room, id);
  if (parent === undefined) throw new Fault(404, `Message '${id.slice(0, 100)}' not found`);
  await speak(call, room, { ...words(call, text), parentId: parent.id });
  return noContent();
}

/** `POST` or `PUT /v2/room/ID/share/link` `{link, message}`: the link stands behind the words. 204. */
export async function postLink(call: Call): Promise<ApiAnswer> {
  const room = await sendingRoom(call);
  const fields = readFields(call.request);
  const link = readRequired(fields, "link", limits.urlCharsMax);
  const protocol = URL.parse(link)?.protocol;
  if (protocol !== "http:" && protocol !== "https:") {
    throw refused("link", "format", link, "is not an http or https address");
  }
  const caption = readCaption(fields);
  await speak(call, room, words(call, caption === "" ? link : `${caption} ${link}`));
  return noContent();
}

/** `POST /v2/room/ID/share/file`: 204. */
export async function postRoomFile(call: Call): Promise<ApiAnswer> {
  return await shareFile(call, await sendingRoom(call), readSharedFile(call.request));
}

/** `POST /v2/user/ID/message`: plain text unless `message_format` says otherwise. 204. */
export async function postPrivateMessage(call: Call): Promise<ApiAnswer> {
  const fields = readFields(call.request);
  const message = {
    ...words(call, readMessage(fields)),
    format: readFormat(fields, "text"),
    notify: readNotify(fields),
  };
  await speak(call, await directRoomOf(call), message);
  return noContent();
}

/** `POST /v2/user/ID/share/file`: 204. */
export async function postPrivateFile(call: Call): Promise<ApiAnswer> {
  const file = readSharedFile(call.request);
  return await shareFile(call, await directRoomOf(call), file);
}

async function shareFile(call: Call, room: Room, { caption, ...file }: SharedFile): Promise<ApiAnswer> {
  await speak(call, room, { ...words(call, caption), file });
  return noContent();
}

/** What a caller says as a person: plain text. */
function words(call: Call, text: string): NewMessage {
  return { kind: "message", sender: senderOf(call), label: "", text, format: "text", notify: false };
}

async function sendingRoom(call: Call): Promise<Room> {
  const room = await roomOfPath(call);
  call.meter.send(String(room.id));
  return room;
}

/** Users are whoever is written to, by number, e-mail address or @mention: there is no directory of people. */
export async function directRoomOf(call: Call): Promise<Room> {
  requireAllRooms(call);
  const user = plainName(call.parameters["user"] ?? "").replace(/^@/u, "");
  if (user === "" || user.length > userCharsMax) {
    throw new Fault(400, `The id or e-mail address of a user has 1 to ${userCharsMax} characters`);
  }
  const room = await call.store.ensureDirect(user);
  if (room === undefined) throw new Fault(503, "This server cannot open another room");
  call.meter.send(String(room.id));
  return room;
}

export function senderOf({ caller }: Pick<Call, "caller">): Sender {
  return { id: caller.id, name: caller.name };
}
