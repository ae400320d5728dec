import { nameOf } from "../../core/room.ts";
import type { Message, Room } from "../../core/room.ts";
import type { RoomStore } from "../../core/room-store.ts";
import { basicCredentialsOf, bearerTokenOf } from "../access.ts";
import type { Access, Caller } from "../access.ts";
import { withoutBody } from "../answer.ts";
import type { ApiAnswer, ApiRequest, RoomsOptions } from "../contract.ts";
import { fileAnswer } from "../file-answer.ts";
import { decodePercent } from "../header-value.ts";
import { mayAct, segmentsOf } from "../api/router.ts";
import { roomPath } from "./address.ts";
import type { Assets } from "./assets.ts";
import { continuesLast } from "./grouping.ts";
import { previewOf, viewMessage } from "./message-view.ts";
import type { LogEntry, RoomLink, Templates } from "./templates.ts";

/** Messages on one page; earlier ones are a link away. */
const messagesPerPage = 200;

export interface PageDeps {
  readonly store: RoomStore;
  readonly access: Access;
  readonly templates: Templates;
  readonly assets: Assets;
  readonly options: RoomsOptions;
}

/** A room by its page's address: the number of any room, or the name of one that is not direct. */
export async function findPageRoom(store: RoomStore, idOrName: string): Promise<Room | undefined> {
  const byId = /^\d{1,15}$/u.test(idOrName) ? await store.roomById(Number(idOrName)) : undefined;
  return byId ?? (await store.roomByName(idOrName));
}

/** Who reads pages: the bearer of a token, or anybody where none is asked for; undefined when a token is missing. */
async function readerOf(request: ApiRequest, { access, options }: PageDeps): Promise<Reader | undefined> {
  if (!options.pageRequiresToken) return {};
  const token = bearerTokenOf(request.headers) ?? basicCredentialsOf(request.headers)?.password;
  const caller = token === undefined ? undefined : await access.bearerOf(token);
  return caller?.scopes.includes("view_messages") === true ? caller : undefined;
}

type Reader = Pick<Caller, "roomId">;

/** 401 that makes a browser ask for a token, for a caller who may not see the rooms; 404 for a room that is not its token's. */
export async function pageRefusal(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer | undefined> {
  const reader = await readerOf(request, deps);
  if (reader === undefined) return tokenWanted(deps);
  const [, name] = decodedSegments(request);
  if (reader.roomId === undefined || name === undefined) return undefined;
  const room = await findPageRoom(deps.store, name);
  return room?.id === reader.roomId ? undefined : noSuchRoom(name, deps);
}

function tokenWanted(deps: PageDeps): ApiAnswer {
  const answer = htmlAnswer(
    401,
    deps.templates.problem({
      title: "A token is needed",
      explanation: "Give any user name, and as password a token with the scope view_messages.",
    }),
  );
  return {
    ...answer,
    headers: { ...answer.headers, "www-authenticate": 'Basic realm="Chartbell rooms", charset="UTF-8"' },
  };
}

function decodedSegments(request: ApiRequest): readonly string[] {
  return segmentsOf(request.path).map((part) => decodePercent(part) ?? part);
}

function noSuchRoom(name: string, deps: PageDeps): ApiAnswer {
  return problem(deps, 404, "No such room", `There is no room named ${name.slice(0, 100)}.`);
}

/** Answers everything below /rooms. */
export async function answerPage(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer> {
  const isHead = request.method === "HEAD";
  if (request.method !== "GET" && !isHead) {
    const answer = problem(deps, 405, "This page is for reading", "Messages are sent through the HipChat API.");
    return { ...answer, headers: { ...answer.headers, allow: "GET, HEAD" } };
  }
  const answer = await route(request, deps);
  return isHead ? withoutBody(answer) : answer;
}

async function route(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer> {
  const [, first, second, third, ...rest] = decodedSegments(request);
  if (first === "assets" && second !== undefined && third === undefined) {
    return deps.assets.answer(second, request.query.get("v")) ?? notFound(deps);
  }
  const reader = await readerOf(request, deps);
  if (reader === undefined) return tokenWanted(deps);
  if (first === undefined) return await roomsPage(reader, deps);
  const room = await findPageRoom(deps.store, first);
  if (room === undefined || !mayAct(reader, room.id)) return noSuchRoom(first, deps);
  if (second === undefined) return await roomPage(room, request.query.get("before"), reader, deps);
  if (second === "files" && third !== undefined && rest.length <= 1) return await roomFile(room, third, deps);
  return notFound(deps);
}

async function roomFile(room: Room, id: string, deps: PageDeps): Promise<ApiAnswer> {
  const file = await deps.store.file(id);
  if (file !== undefined && file.roomId === room.id) return fileAnswer(file.facts, file.bytes);
  return problem(deps, 404, "No such file", "The file is not there, or it had to make room for newer ones.");
}

async function roomPage(room: Room, before: string | null, reader: Reader, deps: PageDeps): Promise<ApiAnswer> {
  const isLive = before === null || !/^\d{1,16}$/u.test(before);
  const limit = isLive ? {} : { before: Number(before) };
  const found = await deps.store.newest(room, { ...limit, count: messagesPerPage + 1 });
  const messages = found.slice(0, messagesPerPage).toReversed();
  const previous = found.length > messagesPerPage ? found.at(-1) : undefined;
  const first = messages[0];
  const earlierPath =
    found.length > messagesPerPage && first !== undefined ? `${roomPath(room)}?before=${first.sequence}` : undefined;
  const page = deps.templates.room({
    title: room.name,
    room: linkTo(room, room),
    topic: room.topic,
    rooms: deps.store
      .rooms()
      .filter(({ id }) => mayAct(reader, id))
      .map((other) => linkTo(other, room)),
    entries: await logEntries(messages, previous, room, deps),
    lastSequence: messages.at(-1)?.sequence ?? 0,
    earlierPath,
    isLive,
    example: exampleFor(room, deps.options),
  });
  return htmlAnswer(200, page);
}

/** Messages with a separator before each new day (UTC; the page's script moves them to the reader's days). */
async function logEntries(
  messages: readonly Message[],
  previous: Message | undefined,
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
    const continues = !isFirst && continuesLast(last, message);
    entries.push({ kind: "message", html: await drawn(message, continues, keptFiles, room, deps) });
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
  return await drawn(message, continues, keptFiles, room, deps);
}

async function drawn(
  message: Message,
  continues: boolean,
  keptFiles: ReadonlySet<string>,
  room: Room,
  { store, templates }: Pick<PageDeps, "store" | "templates">,
): Promise<string> {
  const isFileKept = message.file !== undefined && keptFiles.has(message.file.id);
  const parent = message.parentId === undefined ? undefined : await store.message(room, message.parentId);
  return templates.message(viewMessage(message, room, { isFileKept, parent, continues }));
}

async function roomsPage(reader: Reader, deps: PageDeps): Promise<ApiAnswer> {
  const all = await deps.store.overview();
  const rooms = all
    .filter(({ room }) => mayAct(reader, room.id))
    .map(({ room, last }) => ({ ...linkTo(room, undefined), last: last === undefined ? undefined : lastWord(last) }));
  return htmlAnswer(200, deps.templates.rooms({ title: "Rooms", rooms }));
}

function lastWord(message: Message) {
  const at = message.at.toISOString();
  return {
    name: nameOf(message),
    preview: previewOf(message),
    at,
    timeText: `${at.slice(0, 16).replace("T", " ")} UTC`,
  };
}

function linkTo(room: Room, current: Room | undefined): RoomLink {
  return {
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

function notFound(deps: PageDeps): ApiAnswer {
  return problem(deps, 404, "Nothing here", "The address names no room and no file of one.");
}

function problem(deps: PageDeps, status: number, title: string, explanation: string): ApiAnswer {
  return htmlAnswer(status, deps.templates.problem({ title, explanation }));
}

/** Pages run only their own script and stylesheet; pictures of HTML messages may come from anywhere. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' http: https:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function htmlAnswer(status: number, html: string): ApiAnswer {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
    body: html,
  };
}
