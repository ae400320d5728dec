import { escapeHtml } from "../../core/text.ts";

/** Characters of an excerpt, and of those before the first word that was found. */
const excerpt = { charsMax: 320, leadChars: 80 };

/** Words of a search as they were typed: between spaces, each once. */
export function wordsOfQuery(query: string): readonly string[] {
  return [...new Set(query.toLowerCase().split(/\s+/u))].filter((word) => word !== "");
}

/** Plain text around the first of the words, as markup in which each word stands within `mark`. */
export function excerptHtml(text: string, words: readonly string[]): string {
  const line = text.replace(/\s+/gu, " ").trim();
  const hits = hitsOf(line, words);
  const first = hits[0]?.start ?? 0;
  const start = first <= excerpt.leadChars ? 0 : wholeAt(line, first - excerpt.leadChars);
  const end = line.length <= start + excerpt.charsMax ? line.length : wholeAt(line, start + excerpt.charsMax);
  let html = start === 0 ? "" : "…";
  let done = start;
  for (const hit of hits) {
    if (hit.start < done) continue;
    if (hit.end > end) break;
    html += `${escapeHtml(line.slice(done, hit.start))}<mark>${escapeHtml(line.slice(hit.start, hit.end))}</mark>`;
    done = hit.end;
  }
  return html + escapeHtml(line.slice(done, end)) + (end < line.length ? "…" : "");
}

interface Hit {
  readonly start: number;
  readonly end: number;
}

/** Where the words stand, whether large or small; by their start, the longest first. */
function hitsOf(text: string, words: readonly string[]): readonly Hit[] {
  const { lower, starts } = lowered(text);
  const hits: Hit[] = [];
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
      hits.push({ start: starts[at] ?? 0, end: starts[at + word.length] ?? text.length });
    }
  }
  return hits.sort((one, other) => one.start - other.start || other.end - one.end);
}

/** The text in lower case, and for each of its units where the character began: some become longer (`İ`). */
function lowered(text: string): { readonly lower: string; readonly starts: readonly number[] } {
  let lower = "";
  const starts: number[] = [];
  let at = 0;
  for (const character of text) {
    const small = character.toLowerCase();
    for (let unit = 0; unit < small.length; unit++) starts.push(at);
    lower += small;
    at += character.length;
  }
  return { lower, starts };
}

/** Never between the halves of a character. */
function wholeAt(text: string, index: number): number {
  const isSecondHalf = /[\udc00-\udfff]/u.test(text.charAt(index));
  return isSecondHalf ? index + 1 : index;
}
