import { z } from "zod";
import type { Card } from "./card.ts";
import { AppError } from "./errors.ts";
import { limits } from "./limits.ts";
import type { Color, TextFormat } from "./message.ts";

/** Rooms, their messages, and who may do what in them: the words of the built-in room server. */

/** HipChat's scopes that this server knows (API docs, "scopes"). */
export const scopes = [
  "send_notification",
  "send_message",
  "view_group",
  "view_room",
  "view_messages",
  "admin_room",
  "manage_rooms",
] as const;
export const Scope = z.enum(scopes);
export type Scope = z.infer<typeof Scope>;

/** What an administrator may change of a room. */
export interface RoomFacts {
  readonly name: string;
  readonly topic: string;
  readonly privacy: "public" | "private";
  /** Archived rooms are not listed unless asked for. */
  readonly isArchived: boolean;
  readonly isGuestAccessible: boolean;
  /** Number of a person. */
  readonly ownerId: number;
}

export interface Room extends RoomFacts {
  /** Counts from 1. */
  readonly id: number;
  /** A direct room holds the private messages to one user; the API lists and finds only the others. */
  readonly kind: "room" | "direct";
  readonly createdAt: Date;
}

/** What a room is when nobody said more than its name. */
export function newRoom(name: string): RoomFacts {
  return { name, topic: "", privacy: "public", isArchived: false, isGuestAccessible: false, ownerId: 1 };
}

export interface Sender {
  readonly id: number;
  readonly name: string;
}

export interface FileFacts {
  readonly name: string;
  readonly mediaType: string;
  /** Pixels; only for a picture that a page may show inline. */
  readonly pixels?: { readonly width: number; readonly height: number };
}

export interface MessageFile extends FileFacts {
  readonly id: string;
  readonly sizeBytes: number;
}

export interface NewMessage {
  /** `topic` says that the room's topic became `text`. */
  readonly kind: "notification" | "message" | "topic";
  readonly sender: Sender;
  /** Shown instead of the sender's name; empty for none. */
  readonly label: string;
  /** As it was sent: never markup that may reach a page unsanitised. A file's caption, empty for none. */
  readonly text: string;
  readonly format: TextFormat;
  /** Notifications only. */
  readonly color?: Color;
  /** Notifications only: shown instead of the text where it can be drawn. */
  readonly card?: Card;
  /** Id of the message that this one answers, of the same room. */
  readonly parentId?: string;
  readonly notify: boolean;
  readonly file?: FileFacts & { readonly bytes: Buffer };
}

export interface Message extends Omit<NewMessage, "file"> {
  /** Counts the messages of its room; rises with each of them, with gaps at times. */
  readonly sequence: number;
  readonly id: string;
  readonly at: Date;
  readonly file?: MessageFile;
}

/** The name a reader sees. */
export function nameOf(message: Pick<Message, "label" | "sender">): string {
  return message.label === "" ? message.sender.name : message.label;
}

/** `source` of alerts that are messages of rooms. */
export const roomSource = "room";

/** A message that somebody other than Chartbell said in a room, as it is kept. */
export interface Heard {
  readonly room: Room;
  readonly message: Message;
  /** Address of the room's page. */
  readonly page: string;
  /** What it says without its markup; worked out when it is asked for. */
  read(): Words;
}

export interface Words {
  /** An anchor is its text with its address behind it. */
  readonly text: string;
  /** Web addresses in the text, its anchors and its card, each once. */
  readonly links: readonly string[];
}

/** HipChat's rule for room names: 1 to 50 characters, on one line. */
export function checkRoomName(name: string, code: "config_invalid" | "request_invalid"): void {
  if (name.trim() !== "" && name.length <= limits.roomNameCharsMax && !/\p{Cc}/u.test(name)) return;
  throw new AppError(
    code,
    `The room name ${JSON.stringify(name)} must have 1 to ${limits.roomNameCharsMax} characters on one line.`,
  );
}
