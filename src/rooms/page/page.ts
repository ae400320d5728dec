import { nameOf } from "../../core/room.ts";
import type { Message, Room } from "../../core/room.ts";
import { withoutBody } from "../answer.ts";
import type { ApiAnswer, ApiRequest } from "../contract.ts";
import { fileAnswer } from "../file-answer.ts";
import { decodePercent } from "../header-value.ts";
import { mayAct, segmentsOf } from "../api/router.ts";
import { signOutPath } from "./address.ts";
import { htmlAnswer, noSuchRoom, nothingHere, problem, wrongMethod } from "./answers.ts";
import { findPageRoom } from "./deps.ts";
import type { PageDeps } from "./deps.ts";
import { formKeyOf } from "./forms.ts";
import { previewOf } from "./message-view.ts";
import { linkTo, messagePage, placeOf, roomPage } from "./room-page.ts";
import type { Visit } from "./room-page.ts";
import { searchPage } from "./search-page.ts";
import { signIn, signOut } from "./sign-in.ts";
import { isSignedIn, readerOf, tokenWanted } from "./visitor.ts";
import type { Reader } from "./visitor.ts";
import { writeMessage } from "./write.ts";

/** 401 that makes a browser ask for a token, for a caller who may not see the rooms; 404 for a room that is not its token's. */
export async function pageRefusal(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer | undefined> {
  const reader = await readerOf(request, deps);
  if (reader === undefined) return tokenWanted(request, deps);
  const [, name] = decodedSegments(request);
  if (reader.roomId === undefined || name === undefined) return undefined;
  const room = await findPageRoom(deps.store, name);
  return room?.id === reader.roomId ? undefined : noSuchRoom(name, deps);
}

function decodedSegments(request: ApiRequest): readonly string[] {
  return segmentsOf(request.path).map((part) => decodePercent(part) ?? part);
}

/** Answers everything below /rooms. */
export async function answerPage(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer> {
  const answer = await route(request, deps);
  return request.method === "HEAD" ? withoutBody(answer) : answer;
}

async function route(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer> {
  const segments = decodedSegments(request);
  const [, first, second, third] = segments;
  if (first === "sign-in" && second === undefined) return await signIn(request, deps);
  if (first === "sign-out" && second === undefined) return signOut(request, deps);
  const isPost = second === "messages" && third === undefined;
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isPost && !isRead) return wrongMethod("GET, HEAD", deps);
  if (first === "assets" && second !== undefined && third === undefined) {
    return deps.assets.answer(second, request.query.get("v")) ?? nothingHere(deps);
  }
  const reader = await readerOf(request, deps);
  if (reader === undefined) return tokenWanted(request, deps);
  if (first === undefined) return await roomsPage(request, reader, deps);
  const room = await findPageRoom(deps.store, first);
  if (room === undefined || !mayAct(reader, room.id)) return noSuchRoom(first, deps);
  return await routeInRoom(segments.slice(2), { request, room, reader }, deps);
}

/** The rest of the address, behind the room. */
async function routeInRoom(rest: readonly string[], visit: Visit, deps: PageDeps): Promise<ApiAnswer> {
  const { request, room } = visit;
  const [what, id] = rest;
  if (what === undefined) return await roomPage(placeOf(request.query), visit, deps);
  if (what === "search" && id === undefined) return await searchPage(visit, deps);
  if (what === "files" && id !== undefined && rest.length <= 3) return await roomFile(room, id, deps);
  if (what === "messages" && id !== undefined && rest.length === 2) return await messagePage(id, visit, deps);
  if (what !== "messages" || id !== undefined) return nothingHere(deps);
  const said = await writeMessage(request, room, deps);
  return "trouble" in said ? await roomPage({ kind: "now", draft: said }, visit, deps) : said;
}

async function roomFile(room: Room, id: string, deps: PageDeps): Promise<ApiAnswer> {
  const file = await deps.store.file(id);
  if (file !== undefined && file.roomId === room.id) return fileAnswer(file.facts, file.bytes);
  return problem(deps, 404, "No such file", "The file is not there, or it had to make room for newer ones.");
}

/** `/rooms`: every room with its last message, the one that spoke last first. */
async function roomsPage(request: ApiRequest, reader: Reader, deps: PageDeps): Promise<ApiAnswer> {
  const all = await deps.store.overview();
  const rooms = all
    .filter(({ room }) => mayAct(reader, room.id))
    .toSorted((one, other) => (other.last?.at.getTime() ?? 0) - (one.last?.at.getTime() ?? 0))
    .map(({ room, last }) => ({ ...linkTo(room, undefined), last: last === undefined ? undefined : lastWord(last) }));
  const { key, cookie } = formKeyOf(request);
  const signOut = (await isSignedIn(request, deps)) ? { action: signOutPath, key } : undefined;
  return htmlAnswer(200, deps.templates.rooms({ title: "Rooms", rooms, signOut }), cookie);
}

function lastWord(message: Message) {
  const at = message.at.toISOString();
  return {
    sequence: message.sequence,
    name: nameOf(message),
    preview: previewOf(message),
    at,
    timeText: `${at.slice(0, 16).replace("T", " ")} UTC`,
  };
}
