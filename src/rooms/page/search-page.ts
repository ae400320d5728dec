import { limits } from "../../core/limits.ts";
import { nameOf } from "../../core/room.ts";
import type { Message, Room } from "../../core/room.ts";
import type { ApiAnswer } from "../contract.ts";
import { messagePath, searchPath } from "./address.ts";
import { htmlAnswer } from "./answers.ts";
import type { PageDeps } from "./deps.ts";
import { formKeyOf } from "./forms.ts";
import { excerptHtml, wordsOfQuery } from "./highlight.ts";
import { faceOf, plainTextOf } from "./message-view.ts";
import { frameOf, queryCharsMax } from "./room-page.ts";
import type { Visit } from "./room-page.ts";
import type { ResultView } from "./templates.ts";

const resultsPerPage = 50;

/** `/rooms/ROOM/search?q=WORDS`: messages that contain every word, the newest first; `before` goes on where a page ended. */
export async function searchPage(visit: Visit, deps: PageDeps): Promise<ApiAnswer> {
  const { request, room } = visit;
  const query = (request.query.get("q") ?? "").slice(0, queryCharsMax).trim();
  const words = wordsOfQuery(query).slice(0, limits.roomSearchWordsMax);
  const given = request.query.get("before") ?? "";
  const before = /^\d{1,15}$/u.test(given) ? Number(given) : undefined;
  const found =
    words.length === 0
      ? { messages: [], next: undefined }
      : await deps.store.search(room, words, before, resultsPerPage);
  const { key, cookie } = formKeyOf(request);
  const page = deps.templates.search({
    ...(await frameOf(visit, key, deps, query)),
    title: query === "" ? `Search in ${room.name}` : `${query} in ${room.name}`,
    results: found.messages.map((message) => viewResult(message, words, room)),
    isFirstPage: before === undefined,
    olderPath:
      found.next === undefined ? undefined : `${searchPath(room)}?q=${encodeURIComponent(query)}&before=${found.next}`,
  });
  return htmlAnswer(200, page, cookie);
}

function viewResult(message: Message, words: readonly string[], room: Room): ResultView {
  const at = message.at.toISOString();
  return {
    ...faceOf(message),
    nameHtml: excerptHtml(nameOf(message), words),
    path: messagePath(room, message),
    at,
    timeText: `${at.slice(0, 16).replace("T", " ")} UTC`,
    excerptHtml: excerptHtml(plainTextOf(message), words),
  };
}
