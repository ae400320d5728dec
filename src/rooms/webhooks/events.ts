import type { Message, Room } from "../../core/room.ts";
import type { RoomsOptions } from "../contract.ts";
import { fileItem, historyItem, person, roomItem } from "../api/view.ts";

/*
 * What a webhook is told (API docs "webhooks"; the payload of a message as hive-ql-bot received it, those of topics and
 * files as the hiptail library reads them).
 */

/** Every event that may be asked for. Rooms have no doors here, and the others never come to a room's own webhooks. */
export const webhookEvents = [
  "room_archived",
  "room_created",
  "room_deleted",
  "room_enter",
  "room_exit",
  "room_file_upload",
  "room_message",
  "room_notification",
  "room_topic_change",
  "room_unarchived",
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** The event that a message is. */
export function eventOf(message: Message): WebhookEvent {
  if (message.kind === "notification") return "room_notification";
  if (message.kind === "topic") return "room_topic_change";
  return message.file === undefined ? "room_message" : "room_file_upload";
}

/** `item` of the payload. */
export function eventItem(message: Message, room: Room, options: RoomsOptions): Readonly<Record<string, unknown>> {
  const common = { room: roomItem(room, options) };
  const sender = person(message.sender, options);
  if (message.kind === "topic") return { ...common, sender, topic: message.text };
  if (message.file !== undefined) return { ...common, sender, ...fileItem(message, room, options) };
  return { ...common, message: historyItem(message, room, options) };
}
