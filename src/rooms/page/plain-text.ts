import { escapeHtml } from "../../core/text.ts";
import { emoticons } from "./emoticons.ts";

/*
 * Text messages as HipChat's clients drew them: addresses become links, @mentions stand out, `(thumbsup)` and its
 * like become signs, line ends stay (by the stylesheet), and four slash forms change the whole message.
 */

/** An address, an emoticon, or a mention (`@all`, `@Name`, `@"Full Name"`) that is not part of an e-mail address or a path. */
const tokens =
  /https?:\/\/[^\s<>"]+|\([a-z]{2,16}\)|(?<![\p{L}\p{N}_.@/-])@(?:"[^"\n]{1,50}"|[\p{L}\p{N}_][\p{L}\p{N}_-]{0,49})/giu;

/** Markup of a plain text; `name` is whom `/me` stands for. */
export function textToHtml(text: string, name: string): string {
  const form = /^\/(?<word>quote|code|pre|monospace|me|em)\s(?<rest>[\s\S]*)$/u.exec(text);
  const { word = "", rest = text }: Partial<Record<string, string>> = form?.groups ?? {};
  switch (word) {
    case "quote":
      return `<blockquote>${withLinks(rest)}</blockquote>`;
    case "code":
      return `<pre><code>${escapeHtml(rest)}</code></pre>`;
    case "pre":
    case "monospace":
      return `<pre>${withLinks(rest)}</pre>`;
    case "me":
    case "em":
      return `<em>${escapeHtml(name)} ${withLinks(rest)}</em>`;
    default:
      return withLinks(rest);
  }
}

/** The web addresses in a text, as they become links; in their order. */
export function addressesIn(text: string): readonly string[] {
  return [...text.matchAll(tokens)].flatMap(([token]) => (/^http/iu.test(token) ? [trimAddress(token)] : []));
}

function withLinks(text: string): string {
  let html = "";
  let end = 0;
  for (const token of text.matchAll(tokens)) {
    const kind = token[0].charAt(0);
    const content = kind === "@" || kind === "(" ? token[0] : trimAddress(token[0]);
    html += escapeHtml(text.slice(end, token.index));
    if (kind === "@") html += mention(content);
    else html += kind === "(" ? emoticon(content) : link(content);
    end = token.index + content.length;
  }
  return html + escapeHtml(text.slice(end));
}

const mention = (text: string): string => `<span class="mention">${escapeHtml(text)}</span>`;

function emoticon(name: string): string {
  const sign = emoticons.get(name.slice(1, -1).toLowerCase());
  return sign === undefined ? escapeHtml(name) : `<span class="emoticon" title="${escapeHtml(name)}">${sign}</span>`;
}

function link(address: string): string {
  const url = URL.parse(address);
  if (url === null) return escapeHtml(address);
  return `<a href="${escapeHtml(url.href)}" target="_blank" rel="noopener noreferrer nofollow">${escapeHtml(address)}</a>`;
}

/** Full stops and commas after an address belong to the sentence; a closing bracket only if none was opened in it. */
function trimAddress(address: string): string {
  let unopened = address.split(")").length - address.split("(").length;
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1] ?? "";
    if (last === ")" && unopened > 0) unopened--;
    else if (!/[.,;:!?'*_]/u.test(last)) break;
  }
  return address.slice(0, end);
}
