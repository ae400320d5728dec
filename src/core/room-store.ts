import type { Message, MessageFile, NewMessage, Room, RoomFacts, Scope, Sender } from "./room.ts";

/*
 * What the rooms hold; src/store/rooms keeps it, src/rooms shows it. A caller may rely on this: what `append` returned, and
 * what every other call did when it resolved, is on disk, and every later reading gives it, also in other processes on the
 * same database; messages of a room have rising sequences, and who has seen one will not be given an earlier one later;
 * nothing grows beyond core/limits.ts, the oldest goes first. Every call that returns a promise throws store_unavailable
 * when the database stays away for longer than limits.databaseRetryMs.accept.
 *
 * What is returned without a promise is as this process last heard of it: at once after its own changes, within
 * milliseconds after those of other processes, within limits.roomsRefreshMs at the latest.
 */

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

export interface RoomOverview extends RoomStatistics {
  readonly room: Room;
  readonly last: Message | undefined;
}

export interface Appended {
  readonly message: Message;
  /** False when a message of this id was there already: nothing new happened. */
  readonly isNew: boolean;
}

export interface Found {
  /** The newest first. */
  readonly messages: readonly Message[];
  /** `before` of the search that goes on where this one ended; undefined when all of the room has been looked at. */
  readonly next: number | undefined;
}

export interface KeptFile {
  readonly facts: MessageFile;
  readonly bytes: Buffer;
  readonly roomId: number;
}

export interface RoomStore extends AsyncDisposable {
  readonly webhooks: WebhookStore;
  readonly tokens: TokenStore;
  /** By rising id. */
  rooms(): readonly Room[];
  roomById(id: number): Promise<Room | undefined>;
  /** Rooms of kind room only. */
  roomByName(name: string): Promise<Room | undefined>;
  /** Makes those of these rooms that there are not; false, with none made, when they would be more than `roomsMax`. */
  ensureRooms(names: readonly string[]): Promise<boolean>;
  /** The direct room of a user, made if there is none; the one that was silent longest gives way at `roomsMax`. */
  ensureDirect(user: string): Promise<Room | undefined>;
  /** Makes a room, unless there is one of this name, or `roomsMax` of them. */
  createRoom(facts: RoomFacts): Promise<Room | "taken" | "full">;
  /** The room as it is now; `taken` when another has the new name, `gone` when it was deleted meanwhile. */
  updateRoom(room: Room, changes: Partial<RoomFacts>): Promise<Room | "taken" | "gone">;
  /** Deletes a room with its messages, files, webhooks and tokens; who waits for an arrival there waits no longer. */
  removeRoom(room: Room): Promise<void>;
  statistics(room: Room): Promise<RoomStatistics>;
  /** Every room with its last message, by rising id. */
  overview(): Promise<readonly RoomOverview[]>;
  /**
   * Undefined when the room is gone. `id`, a UUID, makes it possible to say the same message again when nobody knows whether
   * it was kept: of one id there is one message.
   */
  append(room: Room, message: NewMessage, id?: string): Promise<Appended | undefined>;
  /** The newest first: by sequence, or by time where the selection names times. */
  newest(room: Room, selection: Selection): Promise<readonly Message[]>;
  /** The oldest after `sequence` first. */
  after(room: Room, sequence: number, count: number): Promise<readonly Message[]>;
  message(room: Room, id: string): Promise<Message | undefined>;
  /**
   * At most `count` messages with a lower sequence than `before` that contain every one of the words, in text, sender, card's
   * title or name of the file, anywhere and whether large or small. One call looks at limits.roomSearchedMax messages at
   * the most, and within one at limits.roomSearchCharsMax characters: the time it takes grows with these and no faster.
   */
  search(room: Room, words: readonly string[], before: number | undefined, count: number): Promise<Found>;
  /** A file's bytes; undefined once it had to give way. */
  file(id: string): Promise<KeptFile | undefined>;
  /** Which of these files have not had to give way. */
  keptFiles(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Resolves as soon as the room has a message after `sequence`, is deleted, or the signal aborts. */
  arrival(room: Room, sequence: number, signal: AbortSignal): Promise<void>;
}

export interface NewWebhook {
  readonly url: string;
  readonly event: string;
  readonly name: string;
  /** As it was given; empty for none. */
  readonly pattern: string;
  /** Of webhooks that the extension API made. */
  readonly key: string | undefined;
  readonly creator: Sender;
}

export interface Webhook extends NewWebhook {
  /** Counts from 1. */
  readonly id: number;
  readonly roomId: number;
  readonly createdAt: Date;
}

export interface WebhookStore {
  /** Of one room, by rising id. */
  of(room: Room): readonly Webhook[];
  /** Undefined when the room, or all of them together, have as many as they can have, or the room is gone. */
  add(room: Room, webhook: NewWebhook): Promise<Webhook | undefined>;
  remove(webhook: Webhook): Promise<void>;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The one room that it may act in; undefined for all. */
  readonly roomId: number | undefined;
}

/** A token that an administrator made; of its secret only the hash is kept. */
export interface MadeToken extends NewToken {
  /** Counts from 1; no two tokens ever have the same. */
  readonly id: number;
  readonly createdAt: Date;
}

/** A token that was handed out for a client's credentials, and is good until it ends. */
export interface SessionToken {
  /** Hash of the token that it was handed out for; undefined where none was needed. */
  readonly client: string | undefined;
  readonly scopes: readonly Scope[];
  readonly endsAt: Date;
}

/** Hashes are SHA-256 in hexadecimal digits. */
export interface TokenStore {
  /** By rising id. */
  made(): readonly MadeToken[];
  /** `gone` when its room is. */
  make(token: NewToken, hash: string): Promise<MadeToken | "taken" | "full" | "gone">;
  /** False when there is none of this name. */
  revoke(name: string): Promise<boolean>;
  /** Keeps a session; the oldest gives way at `roomSessionsMax`, and those that have ended go. */
  openSession(session: SessionToken, hash: string): Promise<void>;
  /** What of these two a token is. */
  find(hash: string): Promise<MadeToken | SessionToken | undefined>;
}
