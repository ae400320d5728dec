const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that reads the same inside HTML, in element content and in quoted attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? character);
}

/** Text without halves of a surrogate pair, which JSON can carry and a URL cannot. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\u{FFFD}");
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * At most `charsMax` UTF-16 units, cut between whole characters (an emoji or an accent is never split), `mark` at the end
 * when something was cut.
 */
export function cutText(text: string, charsMax: number, mark = "…"): string {
  if (text.length <= charsMax) return text;
  const roomChars = charsMax - mark.length;
  let end = 0;
  for (const { index, segment } of graphemes.segment(text.slice(0, roomChars + 64))) {
    if (index + segment.length > roomChars) break;
    end = index + segment.length;
  }
  return text.slice(0, end) + mark;
}

const htmlToken =
  /<(?<close>\/?)(?<name>[a-z][a-z0-9]*)\b[^>]*>|<!--[\s\S]*?-->|&(?:#\d+|#x[\da-f]+|[a-z\d]+);|[^<&]+|[<&]/giu;
const voidElements = new Set(["br", "img", "hr", "col", "wbr", "input"]);

/**
 * At most `charsMax` characters of HTML source, cut outside tags and entities, every open element closed and `mark` (HTML)
 * before the closing tags.
 */
export function cutHtml(html: string, charsMax: number, mark = "…"): string {
  if (html.length <= charsMax) return html;
  const open: string[] = [];
  let kept = "";
  const closing = (): string =>
    open
      .toReversed()
      .map((name) => `</${name}>`)
      .join("");
  for (const token of html.matchAll(htmlToken)) {
    const roomChars = charsMax - kept.length - closing().length - mark.length;
    const name = token.groups?.["name"]?.toLowerCase();
    if (name === undefined && !token[0].startsWith("&") && token[0].length > roomChars) {
      kept += cutText(token[0], Math.max(0, roomChars), "");
      break;
    }
    const isOpening = name !== undefined && token.groups?.["close"] === "" && !voidElements.has(name);
    if (token[0].length + (isOpening ? name.length + 3 : 0) > roomChars) break;
    kept += token[0];
    if (isOpening) open.push(name);
    else if (name !== undefined && open.at(-1) === name) open.pop();
  }
  return kept + mark + closing();
}
