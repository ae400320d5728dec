import { limits } from "../../core/limits.ts";
import type { MessageBody } from "./rows.ts";

/** What of a message is searched in: what a reader sees of it, in lower case, at most limits.roomSearchCharsMax characters. */
export function searchableWords({ sender, label, text, format, card, file }: MessageBody): string {
  const shown = format === "html" ? plainOf(text.slice(0, 2 * limits.roomSearchCharsMax)) : text;
  return plainWord(
    [label === "" ? sender.name : label, card?.title, file?.name, shown].join("\n").slice(0, limits.roomSearchCharsMax),
  );
}

/** The words of a search as they are looked for; no more and no longer ones than the limits allow. */
export function neededWords(words: readonly string[]): readonly string[] {
  return words
    .map((word) => plainWord(word.slice(0, limits.roomSearchWordCharsMax)))
    .filter((word) => word !== "")
    .slice(0, limits.roomSearchWordsMax);
}

/** The database keeps no NUL. */
function plainWord(text: string): string {
  return text.toLowerCase().replaceAll("\u0000", "");
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };

function plainOf(html: string): string {
  return html
    .replace(/<[^<>]*>/gu, " ")
    .replace(/&(?<name>amp|lt|gt|quot|#39|nbsp);/gu, (_, name: string) => entities[name] ?? "");
}
