import { randomUUID } from "node:crypto";
import { limits } from "../../core/limits.ts";
import type { Message, MessageFile, NewMessage, Room } from "../../core/room.ts";
import type { Appended, Found, KeptFile, RoomStore, Selection } from "../../core/room-store.ts";
import { isAway, persisting } from "../database.ts";
import type { Query } from "../database.ts";
import { createGroupCommit } from "../group-commit.ts";
import { isUuid } from "../rows.ts";
import type { RoomStoreParts } from "./parts.ts";
import { messageOf } from "./rows.ts";
import type { MessageBody, MessageRow } from "./rows.ts";
import { neededWords, searchableWords } from "./search-words.ts";
import * as sql from "./statements.ts";

type Messages = Pick<
  RoomStore,
  "append" | "newest" | "after" | "message" | "search" | "file" | "keptFiles" | "statistics"
>;

/** A message on its way to the disk. */
interface Line {
  readonly roomId: number;
  readonly id: string;
  readonly at: Date;
  readonly body: MessageBody;
  readonly words: string;
  /** What became of it. */
  appended?: Appended;
}

/** Messages and files. What comes at the same time shares a commit, but for files: each has its own. */
export function createMessages(parts: RoomStoreParts): Messages {
  const { database, feeds, clock } = parts;
  const read: Query = async (text, values) =>
    await persisting(limits.databaseRetryMs.accept, async () => await database.query(text, values));
  const messagesFrom = async (text: string, values: readonly unknown[]): Promise<readonly Message[]> =>
    (await read<MessageRow>(text, values)).map(messageOf);
  const group = createGroupCommit<Line>({
    commit: async (lines) =>
      await persisting(limits.databaseRetryMs.accept, async () => await keepLines(lines, database.query, parts)),
    max: limits.requestsPerCommitMax,
    isCommon: isAway,
  });
  const commitWithFile = async (line: Line, file: MessageFile, bytes: Buffer): Promise<void> => {
    await persisting(limits.databaseRetryMs.accept, async () => {
      await database.transaction(async (query) => {
        await keepLines([line], query, parts);
        if (line.appended?.isNew === true) await keepFile(line, file, bytes, query, parts);
      });
    });
  };

  return {
    async append(room, { file, ...rest }, givenId) {
      const facts = file === undefined ? undefined : factsOf(file);
      const body: MessageBody = { ...rest, ...(facts === undefined ? {} : { file: facts }) };
      const id = givenId ?? randomUUID();
      const line: Line = { roomId: room.id, id, at: clock.now(), body, words: searchableWords(body) };
      if (file === undefined || facts === undefined) await group(line);
      else await commitWithFile(line, facts, file.bytes);
      if (line.appended === undefined) return undefined;
      // Others hear of it by NOTIFY.
      feeds.heard([room.id]);
      // Of an id that was made here, whatever there is comes from here: the answer to an earlier try was lost.
      return givenId === undefined ? { ...line.appended, isNew: true } : line.appended;
    },
    newest: async (room, selection) => await messagesFrom(...newestOf(room, selection)),
    async after(room, sequence, count) {
      const known = await feeds.after(room.id, sequence, count);
      return known ?? (await messagesFrom(sql.after, [room.id, sequence, count]));
    },
    async message(room, id) {
      if (!isUuid(id)) return undefined;
      const [message] = await messagesFrom(sql.messageById, [room.id, id]);
      return message;
    },
    search: async (room, words, before, count) => await search(room, words, before, count, read),
    async file(id) {
      if (!isUuid(id)) return undefined;
      const [row] = await read<{ room_id: number; facts: MessageFile; body: Buffer }>(sql.file, [id]);
      return row === undefined
        ? undefined
        : ({ facts: row.facts, bytes: row.body, roomId: row.room_id } satisfies KeptFile);
    },
    async keptFiles(ids) {
      if (ids.length === 0) return new Set();
      const rows = await read<{ id: string }>(sql.keptFiles, [ids.filter(isUuid)]);
      return new Set(rows.map(({ id }) => id));
    },
    async statistics(room) {
      const [row] = await read<{ messages_sent: number; last_active_at: Date | null }>(sql.statistics, [room.id]);
      return { messagesSent: row?.messages_sent ?? 0, lastActive: row?.last_active_at ?? undefined };
    },
  };
}

export async function readAfter(
  query: Query,
  roomId: number,
  sequence: number,
  count: number,
): Promise<readonly Message[]> {
  return (await query<MessageRow>(sql.after, [roomId, sequence, count])).map(messageOf);
}

function factsOf({ bytes, ...facts }: NonNullable<NewMessage["file"]>): MessageFile {
  return { ...facts, id: randomUUID(), sizeBytes: bytes.length };
}

/** Writes the messages and notes at each what became of it. May be done again: the ids are the same. */
async function keepLines(
  lines: readonly Line[],
  query: Query,
  { bounds, isShared }: Pick<RoomStoreParts, "bounds" | "isShared">,
): Promise<void> {
  const rooms = lines.map(({ roomId }) => roomId);
  const rows = await query<{ id: string; sequence: number }>(sql.append, [
    rooms,
    lines.map(({ id }) => id),
    lines.map(({ at }) => at),
    lines.map(({ body }) => JSON.stringify(body)),
    lines.map(({ words }) => words),
    bounds.messagesPerRoomMax,
    isShared ? [...new Set(rooms)].join(" ") : "",
  ]);
  const sequences = new Map(rows.map(({ id, sequence }) => [id, sequence]));
  for (const line of lines) {
    const sequence = sequences.get(line.id);
    if (sequence === undefined) continue;
    line.appended = { message: messageOf({ ...line, sequence }), isNew: true };
  }
  const known = lines.filter(({ id }) => !sequences.has(id));
  if (known.length === 0) return;
  const found = await query<MessageRow>(sql.messagesByIds, [known.map(({ id }) => id)]);
  for (const line of known) {
    const row = found.find(({ id, room_id }) => id === line.id && room_id === line.roomId);
    if (row !== undefined) line.appended = { message: messageOf(row), isNew: false };
  }
}

async function keepFile(
  { roomId, appended }: Line,
  file: MessageFile,
  bytes: Buffer,
  query: Query,
  { bounds }: Pick<RoomStoreParts, "bounds">,
): Promise<void> {
  const sequence = appended?.message.sequence;
  await query(sql.addFile, [file.id, roomId, sequence, JSON.stringify(file), bytes.length, bytes]);
  await query(sql.pushOutFiles, [bounds.roomFilesBytesMax]);
}

function newestOf(room: Room, selection: Selection): [text: string, values: readonly unknown[]] {
  const { before = Number.MAX_SAFE_INTEGER, notAfter, notBefore, skip = 0, count } = selection;
  const values = [room.id, before, skip, count];
  if (notAfter === undefined && notBefore === undefined) return [sql.newest, values];
  return [sql.newestBetween, [...values, boundOf(notBefore, "-infinity"), boundOf(notAfter, "infinity")]];
}

/** PostgreSQL knows fewer years than JavaScript. */
function boundOf(date: Date | undefined, open: "infinity" | "-infinity"): Date | string {
  const year = date?.getUTCFullYear();
  if (date === undefined || year === undefined) return open;
  if (year < 1) return "-infinity";
  return year > 9999 ? "infinity" : date;
}

async function search(
  room: Room,
  words: readonly string[],
  before: number | undefined,
  count: number,
  read: Query,
): Promise<Found> {
  const needed = neededWords(words);
  const [ends] = await read<{ last: number; first: number | null }>(sql.bounds, [room.id]);
  if (needed.length === 0 || ends === undefined || ends.first === null) return { messages: [], next: undefined };
  const upper = Math.min(before ?? Number.POSITIVE_INFINITY, ends.last + 1);
  const lower = Math.max(upper - limits.roomSearchedMax, ends.first);
  const rows = await read<MessageRow>(sql.search, [room.id, lower, upper, needed, count]);
  const messages = rows.map(messageOf);
  const reached = messages.length === count ? (messages.at(-1)?.sequence ?? lower) : lower;
  return { messages, next: reached > ends.first ? reached : undefined };
}
