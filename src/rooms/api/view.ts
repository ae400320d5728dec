import { nameOf } from "../../core/room.ts";
import type { Message, Room, Sender } from "../../core/room.ts";
import type { RoomStatistics } from "../../core/room-store.ts";
import type { RoomsOptions } from "../contract.ts";
import { filePath } from "../page/address.ts";
import type { Call } from "./router.ts";

/*
 * How v2 answers show rooms, people and messages (API v2 get_all_rooms, get_room, view_room_history). Clients follow
 * `links.self` and take the rest of a call's address from it; every link names a call that there is.
 */

type View = Readonly<Record<string, unknown>>;

/** `2014-11-23T21:23:49.807000+00:00`: HipChat's timestamps have six digits of a second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000+00:00`;
}

/** The link base without a trailing slash. */
export function baseOf(options: RoomsOptions): string {
  return options.publicUrl().replace(/\/+$/u, "");
}

export function roomItem(room: Room, options: RoomsOptions): View {
  const self = `${baseOf(options)}/v2/room/${room.id}`;
  return {
    id: room.id,
    is_archived: room.isArchived,
    links: {
      participants: `${self}/participant`,
      self,
      webhooks: `${self}/webhook`,
      ...(room.privacy === "private" ? { members: `${self}/member` } : {}),
    },
    name: room.name,
    privacy: room.privacy,
    version: "00000000",
  };
}

export function roomDetails(room: Room, { options, access }: Pick<Call, "options" | "access">): View {
  const host = URL.parse(baseOf(options))?.hostname ?? "localhost";
  const owner = access.people().find(({ id }) => id === room.ownerId) ?? access.people()[0];
  return {
    ...roomItem(room, options),
    avatar_url: null,
    created: timestamp(room.createdAt),
    guest_access_url: null,
    is_guest_accessible: room.isGuestAccessible,
    owner: owner === undefined ? null : person(owner, options),
    participants: [],
    statistics: { links: { self: `${baseOf(options)}/v2/room/${room.id}/statistics` } },
    topic: room.topic,
    xmpp_jid: `1_${room.name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_")}@conf.${host}`,
  };
}

export function statisticsView(statistics: RoomStatistics, room: Room, options: RoomsOptions): View {
  const { messagesSent, lastActive } = statistics;
  return {
    last_active: lastActive === undefined ? null : timestamp(lastActive),
    links: { self: `${baseOf(options)}/v2/room/${room.id}/statistics` },
    messages_sent: messagesSent,
  };
}

export function person(sender: Sender, options: RoomsOptions): View {
  return {
    id: sender.id,
    links: { self: `${baseOf(options)}/v2/user/${sender.id}` },
    mention_name: mentionNameOf(sender.name),
    name: sender.name,
    version: "00000000",
  };
}

/** What `@` precedes: the name's letters and digits. */
export function mentionNameOf(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, "");
}

/** `from` is the sender's object for a message, and a plain string for a notification. */
export function historyItem(message: Message, room: Room, options: RoomsOptions): View {
  const common = {
    date: timestamp(message.at),
    id: message.id,
    mentions: [],
    message: message.text,
    message_format: message.format,
    ...(message.parentId === undefined ? {} : { attach_to: message.parentId }),
  };
  switch (message.kind) {
    case "notification":
      return {
        ...common,
        color: message.color,
        from: nameOf(message),
        notification_sender: { id: String(message.sender.id), type: "user" },
        type: "notification",
        ...(message.card === undefined ? {} : { card: JSON.stringify(message.card) }),
      };
    case "topic":
      return { ...common, from: person(message.sender, options), topic: message.text, type: "topic" };
    case "message":
      return { ...common, from: person(message.sender, options), type: "message", ...fileItem(message, room, options) };
  }
}

/** A file is named by an address, or by its id alone when its address asks for a token. */
export function fileItem(message: Message, room: Room, options: RoomsOptions): View {
  const { file } = message;
  if (file === undefined) return {};
  const common = { name: file.name, size: file.sizeBytes };
  if (options.pageRequiresToken) return { authenticated_file: { id: file.id, ...common } };
  const url = baseOf(options) + filePath(room, file);
  return { file: { ...common, url, ...(file.pixels === undefined ? {} : { thumb_url: url }) } };
}
