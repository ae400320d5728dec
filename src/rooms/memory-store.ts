import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import { nameOf, newRoom } from "./store.ts";
import type {
  FileFacts,
  Message,
  MessageFile,
  NewMessage,
  Room,
  RoomFacts,
  RoomStatistics,
  RoomStore,
  Selection,
} from "./store.ts";

interface RoomState {
  room: Room;
  readonly messages: Message[];
  sentCount: number;
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
  // Sequences begin at the time of the start, so that they rise across restarts and an open page misses nothing.
  let lastSequence = clock.now().getTime();
  const stateOf = (room: Room): RoomState => states.get(room.id) ?? emptyState(room);
  const forget = (state: RoomState): void => {
    states.delete(state.room.id);
    for (const message of state.messages) files.remove(message.file?.id);
    for (const wake of state.waiters) wake();
  };
  return {
    ...createDirectory(states, forget, clock, bounds),
    statistics: async (room) => statisticsOf(stateOf(room)),
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
      state.sentCount += 1;
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
    arrival: async (room, sequence, signal) => {
      const state = states.get(room.id);
      if (state !== undefined) await arrivalIn(state, sequence, signal);
    },
  };
}

type Directory = Pick<
  RoomStore,
  "rooms" | "roomById" | "roomByName" | "ensureRoom" | "ensureDirect" | "createRoom" | "updateRoom" | "removeRoom"
>;

/** Which rooms there are. */
function createDirectory(
  states: Map<number, RoomState>,
  forget: (state: RoomState) => void,
  clock: Clock,
  bounds: Bounds,
): Directory {
  let lastId = 0;
  const find = (kind: Room["kind"], name: string): Room | undefined =>
    [...states.values()].find(({ room }) => room.kind === kind && room.name === name)?.room;
  const add = (kind: Room["kind"], facts: RoomFacts): Room => {
    const room: Room = { ...facts, id: ++lastId, kind, createdAt: clock.now() };
    states.set(room.id, emptyState(room));
    return room;
  };
  const isFull = (): boolean => states.size >= bounds.roomsMax;
  return {
    rooms: () => [...states.values()].map(({ room }) => room),
    roomById: (id) => states.get(id)?.room,
    roomByName: (name) => find("room", name),
    ensureRoom: (name) => find("room", name) ?? (isFull() ? undefined : add("room", newRoom(name))),
    ensureDirect(user) {
      const known = find("direct", user);
      if (known !== undefined) return known;
      if (isFull()) {
        const silent = longestSilent(states.values());
        if (silent === undefined) return undefined;
        forget(silent);
      }
      return add("direct", newRoom(user));
    },
    async createRoom(facts) {
      if (find("room", facts.name) !== undefined) return "taken";
      return isFull() ? "full" : add("room", facts);
    },
    async updateRoom(room, changes) {
      const state = states.get(room.id);
      if (state === undefined) return "gone";
      const holder = changes.name === undefined ? undefined : find("room", changes.name);
      if (holder !== undefined && holder.id !== room.id) return "taken";
      state.room = { ...state.room, ...changes };
      return state.room;
    },
    async removeRoom(room) {
      const state = states.get(room.id);
      if (state !== undefined) forget(state);
    },
  };
}

function emptyState(room: Room): RoomState {
  return { room, messages: [], sentCount: 0, waiters: new Set() };
}

function statisticsOf({ messages, sentCount }: RoomState): RoomStatistics {
  return { messagesSent: sentCount, lastActive: messages.at(-1)?.at };
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
  if (last.kind === "topic" || next.kind === "topic" || next.parentId !== undefined) return false;
  const sinceMs = at.getTime() - last.at.getTime();
  return sinceMs >= 0 && sinceMs < groupedWithinMs;
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
