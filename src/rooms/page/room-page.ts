import { limits } from "../../core/limits.ts";
import type { Message, Room } from "../../core/room.ts";
import { formKeyOf, newKey } from "./forms.ts";
import { mayAct } from "../api/router.ts";
import type { ApiAnswer, ApiRequest, RoomsOptions } from "../contract.ts";
import { fromCharsMax, messageCharsMax } from "../fields.ts";
import { roomPath, searchPath, signInPath, signOutPath } from "./address.ts";
import { htmlAnswer, problem } from "./answers.ts";
import { cookieOf } from "./cookies.ts";
import type { PageDeps } from "./deps.ts";
import { continuesLast } from "./grouping.ts";
import { viewMessage } from "./message-view.ts";
import type { Compose, LogEntry, RoomFrame, RoomLink } from "./templates.ts";
import { isSignedIn, writerOf } from "./visitor.ts";
import type { Reader } from "./visitor.ts";
import type { Draft } from "./write.ts";

/** Messages on one page; earlier and later ones are a link away. */
const messagesPerPage = 200;

/** Characters of all words of a search with what stands between them. */
export const queryCharsMax = limits.roomSearchWordsMax * (limits.roomSearchWordCharsMax + 1);

/** What of a room is shown: its end, which is live, or a piece of its past. */
export type Place =
  | { readonly kind: "now"; readonly draft?: Draft }
  | { readonly kind: "before" | "after"; readonly sequence: number }
  | { readonly kind: "around"; readonly message: Message };

/** The place that the query names: `before` or `after` a sequence, else now. */
export function placeOf(query: URLSearchParams): Place {
  for (const kind of ["before", "after"] as const) {
    const given = query.get(kind);
    if (given !== null && /^\d{1,15}$/u.test(given)) return { kind, sequence: Number(given) };
  }
  return { kind: "now" };
}

/** A visit of one room. */
export interface Visit {
  readonly request: ApiRequest;
  readonly room: Room;
  readonly reader: Reader;
}

/** `/rooms/ROOM/messages/ID`: a message among those around it. */
export async function messagePage(id: string, visit: Visit, deps: PageDeps): Promise<ApiAnswer> {
  const message = await deps.store.message(visit.room, id);
  if (message !== undefined) return await roomPage({ kind: "around", message }, visit, deps);
  return problem(deps, 404, "No such message", "The message is not there, or it had to make room for newer ones.");
}

/** `/rooms/ROOM`, live or of the past. */
export async function roomPage(place: Place, visit: Visit, deps: PageDeps): Promise<ApiAnswer> {
  const { room, request } = visit;
  const piece = await pieceOf(place, room, deps);
  const { messages, previous } = piece;
  const first = messages[0];
  const last = messages.at(-1);
  const linked = place.kind === "around" ? place.message.sequence : undefined;
  const draft = place.kind === "now" ? place.draft : undefined;
  const { key, cookie } = formKeyOf(request);
  const isLive = place.kind === "now";
  const page = deps.templates.room({
    ...(await frameOf(visit, key, deps)),
    title: room.name,
    entries: await logEntries(messages, previous, linked, room, deps),
    lastSequence: last?.sequence ?? 0,
    earlierPath:
      previous === undefined || first === undefined ? undefined : `${roomPath(room)}?before=${first.sequence}`,
    laterPath: piece.hasLater && last !== undefined ? `${roomPath(room)}?after=${last.sequence}` : undefined,
    isLive,
    example: exampleFor(room, deps.options),
    compose: isLive ? await composeOf(visit, key, draft, deps) : undefined,
    signInPath: `${signInPath}?next=${encodeURIComponent(roomPath(room))}`,
  });
  return htmlAnswer(draft?.status ?? 200, page, cookie);
}

/** What stands around the messages: the other rooms, and what can be done. */
export async function frameOf(
  { request, room, reader }: Visit,
  key: string,
  deps: PageDeps,
  query = "",
): Promise<RoomFrame> {
  return {
    query,
    queryCharsMax,
    room: linkTo(room, room),
    topic: room.topic,
    rooms: deps.store
      .rooms()
      .filter(({ id }) => mayAct(reader, id))
      .map((other) => linkTo(other, room)),
    searchPath: searchPath(room),
    signOut: (await isSignedIn(request, deps)) ? { action: signOutPath, key } : undefined,
  };
}

interface Piece {
  /** The oldest first. */
  readonly messages: readonly Message[];
  /** The one before them. */
  readonly previous: Message | undefined;
  readonly hasLater: boolean;
}

async function pieceOf(place: Place, room: Room, { store }: PageDeps): Promise<Piece> {
  const upTo = async (before: number | undefined, count: number) => {
    const found = await store.newest(room, { ...(before === undefined ? {} : { before }), count: count + 1 });
    return { messages: found.slice(0, count).toReversed(), previous: found[count] };
  };
  const from = async (sequence: number, count: number) => {
    const found = await store.after(room, sequence, count + 1);
    return { messages: found.slice(0, count), hasLater: found.length > count };
  };
  switch (place.kind) {
    case "now":
      return { ...(await upTo(undefined, messagesPerPage)), hasLater: false };
    case "before":
      return { ...(await upTo(place.sequence, messagesPerPage)), hasLater: true };
    case "after": {
      const [previous] = await store.newest(room, { before: place.sequence + 1, count: 1 });
      return { ...(await from(place.sequence, messagesPerPage)), previous };
    }
    case "around": {
      const { sequence } = place.message;
      const half = messagesPerPage / 2;
      const [before, after] = [await upTo(sequence, half), await from(sequence - 1, half)];
      return { ...before, messages: [...before.messages, ...after.messages], hasLater: after.hasLater };
    }
  }
}

async function composeOf(
  { request, room }: Visit,
  key: string,
  draft: Draft | undefined,
  deps: PageDeps,
): Promise<Compose | undefined> {
  const writer = await writerOf(request, room, deps);
  if (writer === undefined) return undefined;
  return {
    action: `${roomPath(room)}/messages`,
    key,
    once: newKey(),
    text: draft?.text ?? "",
    textCharsMax: messageCharsMax,
    name: draft?.name ?? cookieOf(request.headers, "chartbell_name") ?? "",
    nameHint: writer.name,
    nameCharsMax: fromCharsMax,
    trouble: draft?.trouble,
  };
}

/** Messages with a separator before each new day (UTC; the page's script moves them to the reader's days). */
async function logEntries(
  messages: readonly Message[],
  previous: Message | undefined,
  linked: number | undefined,
  room: Room,
  deps: PageDeps,
): Promise<readonly LogEntry[]> {
  const keptFiles = await deps.store.keptFiles(messages.flatMap(({ file }) => (file === undefined ? [] : [file.id])));
  const entries: LogEntry[] = [];
  let last = previous;
  let day = "";
  for (const message of messages) {
    const date = message.at.toISOString().slice(0, 10);
    const isFirst = date !== day;
    if (isFirst) entries.push({ kind: "day", date });
    day = date;
    const isLinked = message.sequence === linked;
    const continues = !isFirst && !isLinked && continuesLast(last, message);
    entries.push({ kind: "message", html: await drawn(message, { continues, isLinked }, keptFiles, room, deps) });
    last = message;
  }
  return entries;
}

/** One message as it stands in the page, and as it arrives as an event. */
export async function messageHtml(
  message: Message,
  continues: boolean,
  room: Room,
  deps: Pick<PageDeps, "store" | "templates">,
): Promise<string> {
  const { file } = message;
  const keptFiles = await deps.store.keptFiles(file === undefined ? [] : [file.id]);
  return await drawn(message, { continues, isLinked: false }, keptFiles, room, deps);
}

async function drawn(
  message: Message,
  looks: { readonly continues: boolean; readonly isLinked: boolean },
  keptFiles: ReadonlySet<string>,
  room: Room,
  { store, templates }: Pick<PageDeps, "store" | "templates">,
): Promise<string> {
  const isFileKept = message.file !== undefined && keptFiles.has(message.file.id);
  const parent = message.parentId === undefined ? undefined : await store.message(room, message.parentId);
  return templates.message(viewMessage(message, room, { ...looks, isFileKept, parent }));
}

export function linkTo(room: Room, current: Room | undefined): RoomLink {
  return {
    id: room.id,
    name: room.name,
    path: roomPath(room),
    isDirect: room.kind === "direct",
    isCurrent: room.id === current?.id,
  };
}

/** A first message for whoever finds the room empty. */
function exampleFor(room: Room, options: RoomsOptions): string {
  const target = room.kind === "direct" ? "user" : "room";
  const method = room.kind === "direct" ? "message" : "notification";
  const base = options.publicUrl().replace(/\/+$/u, "");
  const name = encodeURIComponent(room.name).replaceAll("'", "%27");
  const fields = room.kind === "direct" ? { message: "Hello" } : { message: "Hello <b>room</b>", color: "green" };
  return [
    `curl ${base}/v2/${target}/${name}/${method}`,
    ...(options.requireTokens ? ["-H 'Authorization: Bearer TOKEN'"] : []),
    "-H 'Content-Type: application/json'",
    `-d '${JSON.stringify(fields)}'`,
  ].join(" \\\n  ");
}
