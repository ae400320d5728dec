import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Color, TextFormat } from "../core/message.ts";
import type { Card } from "./card.ts";

/*
 * What the rooms hold. A caller may rely on this: messages of a room have rising sequences, also across a restart; what
 * `append` returned is what every later reading gives; nothing grows beyond core/limits.ts, the oldest goes first.
 * The directory of rooms is read at once, messages and files by promise, so that an implementation may keep them elsewhere.
 */

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
  readonly sequence: number;
  readonly id: string;
  readonly at: Date;
  readonly file?: MessageFile;
  /** The message before it is of the same person and not long ago: a page need not repeat the head. */
  readonly continues: boolean;
}

export interface Selection {
  /** Messages with a lower sequence only. */
  readonly before?: number;
  readonly notAfter?: Date | undefined;
  readonly notBefore?: Date | undefined;
  readonly skip?: number;
  readonly count: number;
}

export interface RoomStatistics {
  /** Since the room was made, those that are no longer kept included. */
  readonly messagesSent: number;
  readonly lastActive: Date | undefined;
}

export interface RoomStore {
  /** By rising id. */
  rooms(): readonly Room[];
  roomById(id: number): Room | undefined;
  /** Rooms of kind room only. */
  roomByName(name: string): Room | undefined;
  /** Makes the room if there is none; undefined when there are `roomsMax` already. */
  ensureRoom(name: string): Room | undefined;
  /** The direct room of a user, made if there is none; the one that was silent longest gives way at `roomsMax`. */
  ensureDirect(user: string): Room | undefined;
  /** Makes a room, unless there is one of this name, or `roomsMax` of them. */
  createRoom(facts: RoomFacts): Promise<Room | "taken" | "full">;
  /** The room as it is now; `taken` when another has the new name, `gone` when it was deleted meanwhile. */
  updateRoom(room: Room, changes: Partial<RoomFacts>): Promise<Room | "taken" | "gone">;
  /** Deletes a room with its messages and files; who waits for an arrival there waits no longer. */
  removeRoom(room: Room): Promise<void>;
  statistics(room: Room): Promise<RoomStatistics>;
  append(room: Room, message: NewMessage): Promise<Message>;
  /** The newest first. */
  newest(room: Room, selection: Selection): Promise<readonly Message[]>;
  /** The oldest after `sequence` first. */
  after(room: Room, sequence: number, count: number): Promise<readonly Message[]>;
  message(room: Room, id: string): Promise<Message | undefined>;
  /** A file's bytes; undefined once it had to give way. */
  file(id: string): Promise<{ readonly facts: MessageFile; readonly bytes: Buffer; readonly room: Room } | undefined>;
  /** Resolves as soon as the room has a message after `sequence`, is deleted, or the signal aborts. */
  arrival(room: Room, sequence: number, signal: AbortSignal): Promise<void>;
}

/** The name a reader sees. */
export function nameOf(message: Pick<Message, "label" | "sender">): string {
  return message.label === "" ? message.sender.name : message.label;
}

/** HipChat's rule for room names: 1 to 50 characters. */
export function checkRoomName(name: string): void {
  if (name.trim() !== "" && name.length <= limits.roomNameCharsMax) return;
  throw new AppError(
    "config_invalid",
    `The room name ${JSON.stringify(name)} must have 1 to ${limits.roomNameCharsMax} characters.`,
  );
}
