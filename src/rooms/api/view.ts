import type { RoomsOptions } from "../contract.ts";
import { filePath } from "../page/address.ts";
import { nameOf } from "../store.ts";
import type { Message, Room, Sender } from "../store.ts";

/*
 * How v2 answers show rooms, people and messages (API v2 get_all_rooms, get_room, view_room_history). Clients follow
 * `links.self` and take the rest of a call's address from it.
 */

/** `2014-11-23T21:23:49.807000+00:00`: HipChat's timestamps have six digits of a second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000+00:00`;
}

/** The link base without a trailing slash. */
export function baseOf(options: RoomsOptions): string {
  return options.publicUrl().replace(/\/+$/u, "");
}

export function roomItem(room: Room, options: RoomsOptions): Readonly<Record<string, unknown>> {
  const self = `${baseOf(options)}/v2/room/${room.id}`;
  return {
    id: room.id,
    is_archived: false,
    links: { participants: `${self}/participant`, self, webhooks: `${self}/webhook` },
    name: room.name,
    privacy: "public",
    version: "00000000",
  };
}

export function roomDetails(room: Room, options: RoomsOptions): Readonly<Record<string, unknown>> {
  const host = URL.parse(baseOf(options))?.hostname ?? "localhost";
  return {
    ...roomItem(room, options),
    avatar_url: null,
    created: timestamp(room.createdAt),
    guest_access_url: null,
    is_guest_accessible: false,
    owner: person({ id: 1, name: "Chartbell" }, options),
    participants: [],
    topic: "",
    xmpp_jid: `1_${room.name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_")}@conf.${host}`,
  };
}

function person(sender: Sender, options: RoomsOptions): Readonly<Record<string, unknown>> {
  return {
    id: sender.id,
    links: { self: `${baseOf(options)}/v2/user/${sender.id}` },
    mention_name: sender.name.replace(/[^\p{L}\p{N}]+/gu, ""),
    name: sender.name,
    version: "00000000",
  };
}

/** `from` is the sender's object for a message, and a plain string for a notification. */
export function historyItem(message: Message, room: Room, options: RoomsOptions): Readonly<Record<string, unknown>> {
  const common = {
    date: timestamp(message.at),
    id: message.id,
    mentions: [],
    message: message.text,
    message_format: message.format,
  };
  if (message.kind === "notification") {
    return {
      ...common,
      color: message.color,
      from: nameOf(message),
      notification_sender: { id: String(message.sender.id), type: "user" },
      type: "notification",
    };
  }
  return { ...common, from: person(message.sender, options), type: "message", ...fileItem(message, room, options) };
}

/** A file is named by an address, or by its id alone when its address asks for a token. */
function fileItem(message: Message, room: Room, options: RoomsOptions): Readonly<Record<string, unknown>> {
  const { file } = message;
  if (file === undefined) return {};
  const common = { name: file.name, size: file.sizeBytes };
  if (options.pageRequiresToken) return { authenticated_file: { id: file.id, ...common } };
  const url = baseOf(options) + filePath(room, file);
  return { file: { ...common, url, ...(file.pixels === undefined ? {} : { thumb_url: url }) } };
}
