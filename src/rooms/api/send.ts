import { Fault, json, noContent } from "../answer.ts";
import { readFields } from "../body.ts";
import type { Fields } from "../body.ts";
import type { ApiAnswer } from "../contract.ts";
import { readColor, readFormat, readFrom, readMessage, readNotify } from "../fields.ts";
import { readSharedFile } from "../shared-file.ts";
import type { Message, Room, Sender } from "../store.ts";
import { findRoom } from "./router.ts";
import type { Call } from "./router.ts";
import { timestamp } from "./view.ts";

const userCharsMax = 100;

/** `POST /v2/room/ID/notification`: 204 and nothing else, or clients take it for a failure. */
export async function postNotification(call: Call): Promise<ApiAnswer> {
  await notify(call, sendingRoom(call), readFields(call.request));
  return noContent();
}

/** Stores a notification from the fields that v1 and v2 share. */
export async function notify(call: Call, room: Room, fields: Fields): Promise<Message> {
  return await call.store.append(room, {
    kind: "notification",
    sender: senderOf(call),
    label: readFrom(fields),
    text: readMessage(fields),
    format: readFormat(fields, "html"),
    color: readColor(fields),
    notify: readNotify(fields),
  });
}

/** `POST /v2/room/ID/message`: a person's own words, plain text. 201 with the message's id. */
export async function postMessage(call: Call): Promise<ApiAnswer> {
  const room = sendingRoom(call);
  const message = await call.store.append(room, {
    kind: "message",
    sender: senderOf(call),
    label: "",
    text: readMessage(readFields(call.request)),
    format: "text",
    notify: false,
  });
  return json(201, { id: message.id, timestamp: timestamp(message.at) });
}

/** `POST /v2/room/ID/share/file`: 204. */
export async function postRoomFile(call: Call): Promise<ApiAnswer> {
  return await shareFile(call, sendingRoom(call));
}

/** `POST /v2/user/ID/message`: plain text unless `message_format` says otherwise. 204. */
export async function postPrivateMessage(call: Call): Promise<ApiAnswer> {
  const room = sendingDirect(call);
  const fields = readFields(call.request);
  await call.store.append(room, {
    kind: "message",
    sender: senderOf(call),
    label: "",
    text: readMessage(fields),
    format: readFormat(fields, "text"),
    notify: readNotify(fields),
  });
  return noContent();
}

/** `POST /v2/user/ID/share/file`: 204. */
export async function postPrivateFile(call: Call): Promise<ApiAnswer> {
  return await shareFile(call, sendingDirect(call));
}

async function shareFile(call: Call, room: Room): Promise<ApiAnswer> {
  const { caption, ...file } = readSharedFile(call.request);
  await call.store.append(room, {
    kind: "message",
    sender: senderOf(call),
    label: "",
    text: caption,
    format: "text",
    notify: false,
    file,
  });
  return noContent();
}

function sendingRoom(call: Call): Room {
  const room = findRoom(call.store, call.parameters["room"] ?? "");
  call.meter.send(String(room.id));
  return room;
}

/** Users are whoever is written to, by number, e-mail address or @mention: there is no directory of people. */
function sendingDirect(call: Call): Room {
  const user = (call.parameters["user"] ?? "").trim().replace(/^@/u, "");
  if (user === "" || user.length > userCharsMax) {
    throw new Fault(400, `The id or e-mail address of a user has 1 to ${userCharsMax} characters`);
  }
  const room = call.store.ensureDirect(user);
  if (room === undefined) throw new Fault(503, "This server cannot open another room");
  call.meter.send(String(room.id));
  return room;
}

function senderOf({ caller }: Call): Sender {
  return { id: caller.id, name: caller.name };
}
