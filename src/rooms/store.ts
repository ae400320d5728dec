import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Color, TextFormat } from "../core/message.ts";

/*
 * What the rooms hold. A caller may rely on this: messages of a room have rising sequences, also across a restart; what
 * `append` returned is what every later reading gives; nothing grows beyond core/limits.ts, the oldest goes first.
 * The directory of rooms is read at once, messages and files by promise, so that an implementation may keep them elsewhere.
 */

export interface Room {
  /** Counts from 1. */
  readonly id: number;
  /** A direct room holds the private messages to one user; the API lists and finds only the others. */
  readonly kind: "room" | "direct";
  readonly name: string;
  readonly createdAt: Date;
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
  readonly kind: "notification" | "message";
  readonly sender: Sender;
  /** Shown instead of the sender's name; empty for none. */
  readonly label: string;
  /** As it was sent: never markup that may reach a page unsanitised. A file's caption, empty for none. */
  readonly text: string;
  readonly format: TextFormat;
  /** Notifications only. */
  readonly color?: Color;
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
  append(room: Room, message: NewMessage): Promise<Message>;
  /** The newest first. */
  newest(room: Room, selection: Selection): Promise<readonly Message[]>;
  /** The oldest after `sequence` first. */
  after(room: Room, sequence: number, count: number): Promise<readonly Message[]>;
  message(room: Room, id: string): Promise<Message | undefined>;
  /** A file's bytes; undefined once it had to give way. */
  file(id: string): Promise<{ readonly facts: MessageFile; readonly bytes: Buffer; readonly room: Room } | undefined>;
  /** Resolves as soon as the room has a message after `sequence`, or the signal aborts. */
  arrival(room: Room, sequence: number, signal: AbortSignal): Promise<void>;
}

interface RoomState {
  readonly room: Room;
  readonly messages: Message[];
  readonly waiters: Set<() => void>;
}

interface KeptFile {
  readonly facts: MessageFile;
  readonly bytes: Buffer;
  readonly room: Room;
}

const groupedWithinMs = 5 * 60 * 1000;

/** A store in memory: all is gone when the process ends. `bounds` are core/limits.ts unless a test needs smaller ones. */
export function createMemoryStore(clock: Clock, bounds: Bounds = limits): RoomStore {
  const states = new Map<number, RoomState>();
  const files = createFileShelf(bounds.roomFilesBytesMax);
  let lastId = 0;
  // Sequences begin at the time of the start, so that they rise across restarts and an open page misses nothing.
  let lastSequence = clock.now().getTime();

  const find = (kind: Room["kind"], name: string): Room | undefined =>
    [...states.values()].find(({ room }) => room.kind === kind && room.name === name)?.room;
  const add = (kind: Room["kind"], name: string): Room => {
    const room: Room = { id: ++lastId, kind, name, createdAt: clock.now() };
    states.set(room.id, { room, messages: [], waiters: new Set() });
    return room;
  };
  const forget = (state: RoomState): void => {
    states.delete(state.room.id);
    for (const message of state.messages) files.remove(message.file?.id);
  };
  const stateOf = (room: Room): RoomState =>
    states.get(room.id) ?? { room, messages: [], waiters: new Set<() => void>() };

  return {
    rooms: () => [...states.values()].map(({ room }) => room),
    roomById: (id) => states.get(id)?.room,
    roomByName: (name) => find("room", name),
    ensureRoom: (name) => find("room", name) ?? (states.size < bounds.roomsMax ? add("room", name) : undefined),
    ensureDirect(user) {
      const known = find("direct", user);
      if (known !== undefined) return known;
      if (states.size >= bounds.roomsMax) {
        const silent = longestSilent(states.values());
        if (silent === undefined) return undefined;
        forget(silent);
      }
      return add("direct", user);
    },
    async append(room, { file, ...rest }) {
      const state = stateOf(room);
      const at = clock.now();
      const message: Message = {
        ...rest,
        sequence: ++lastSequence,
        id: randomUUID(),
        at,
        ...(file === undefined ? {} : { file: files.put(room, file) }),
        continues: continuesLast(state.messages.at(-1), rest, at),
      };
      state.messages.push(message);
      if (state.messages.length > bounds.messagesPerRoomMax) files.remove(state.messages.shift()?.file?.id);
      for (const wake of state.waiters) wake();
      return message;
    },
    newest: async (room, selection) => newestOf(stateOf(room).messages, selection),
    after: async (room, sequence, count) => {
      const { messages } = stateOf(room);
      const first = messages.findLastIndex((message) => message.sequence <= sequence) + 1;
      return messages.slice(first, first + count);
    },
    message: async (room, id) => stateOf(room).messages.find((message) => message.id === id),
    file: async (id) => files.get(id),
    arrival: (room, sequence, signal) => arrivalIn(stateOf(room), sequence, signal),
  };
}

interface Bounds {
  readonly roomsMax: number;
  readonly messagesPerRoomMax: number;
  readonly roomFilesBytesMax: number;
}

/** Files of all rooms in the order they came; the oldest give way when together they would be too large. */
function createFileShelf(bytesMax: number) {
  const kept = new Map<string, KeptFile>();
  let keptBytes = 0;
  const remove = (id: string | undefined): void => {
    const file = id === undefined ? undefined : kept.get(id);
    if (file === undefined) return;
    kept.delete(file.facts.id);
    keptBytes -= file.bytes.length;
  };
  return {
    get: (id: string): KeptFile | undefined => kept.get(id),
    remove,
    put(room: Room, { bytes, ...facts }: FileFacts & { readonly bytes: Buffer }): MessageFile {
      const file: MessageFile = { ...facts, id: randomUUID(), sizeBytes: bytes.length };
      kept.set(file.id, { facts: file, bytes, room });
      keptBytes += bytes.length;
      for (const id of kept.keys()) {
        if (keptBytes <= bytesMax) break;
        remove(id);
      }
      return file;
    },
  };
}

function longestSilent(states: Iterable<RoomState>): RoomState | undefined {
  const lastWord = ({ room, messages }: RoomState): number => (messages.at(-1)?.at ?? room.createdAt).getTime();
  return [...states].filter(({ room }) => room.kind === "direct").sort((a, b) => lastWord(a) - lastWord(b))[0];
}

/** A message that rings is never grouped: its head shows that it rang. */
function continuesLast(last: Message | undefined, next: Omit<NewMessage, "file">, at: Date): boolean {
  if (last === undefined || next.notify || nameOf(last) !== nameOf(next)) return false;
  const sinceMs = at.getTime() - last.at.getTime();
  return sinceMs >= 0 && sinceMs < groupedWithinMs;
}

/** The name a reader sees. */
export function nameOf(message: Pick<Message, "label" | "sender">): string {
  return message.label === "" ? message.sender.name : message.label;
}

function newestOf(messages: readonly Message[], selection: Selection): readonly Message[] {
  const { before, notAfter, notBefore, skip = 0, count } = selection;
  return messages
    .filter(
      (message) =>
        (before === undefined || message.sequence < before) &&
        (notAfter === undefined || message.at <= notAfter) &&
        (notBefore === undefined || message.at >= notBefore),
    )
    .toReversed()
    .slice(skip, skip + count);
}

async function arrivalIn(state: RoomState, sequence: number, signal: AbortSignal): Promise<void> {
  const newest = state.messages.at(-1)?.sequence ?? 0;
  if (newest > sequence || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    state.waiters.delete(wake);
    signal.removeEventListener("abort", wake);
    resolve();
  };
  state.waiters.add(wake);
  signal.addEventListener("abort", wake, { once: true });
  await promise;
}

/** HipChat's rule for room names: 1 to 50 characters. */
export function checkRoomName(name: string): void {
  if (name.trim() !== "" && name.length <= limits.roomNameCharsMax) return;
  throw new AppError(
    "config_invalid",
    `The room name ${JSON.stringify(name)} must have 1 to ${limits.roomNameCharsMax} characters.`,
  );
}
