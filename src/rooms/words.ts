import sanitizeHtml from "sanitize-html";
import type { Message, Words } from "../core/room.ts";
import { limits } from "../core/limits.ts";
import { addressesIn } from "./page/plain-text.ts";

/** What a message says without its markup, for programs that look at texts and links. */

const blocks = "p div pre blockquote ul ol li dl dt dd table caption tr h1 h2 h3 h4 h5 h6".split(" ");

/** Of all markup only ends of lines, blocks and cells, and anchors are kept, to be written as text. */
const kept: sanitizeHtml.IOptions = {
  allowedTags: ["a", "br", "td", "th", ...blocks],
  allowedAttributes: { a: ["href"] },
  allowedSchemes: ["http", "https"],
  allowProtocolRelative: false,
  disallowedTagsMode: "discard",
  nestingLimit: 40,
};
const cell = /<\/?t[dh]>/gu;

const anchor = /<a(?: href="(?<href>[^"]*)")?>(?<label>[\s\S]*?)<\/a>/gu;

/** The text and the links of a message; its links at most limits.messageLinksMax. */
export function wordsOf({ text, format, card }: Pick<Message, "text" | "format" | "card">): Words {
  const plain = format === "html" ? textOfHtml(text) : text;
  const links = [...addressesIn(plain), ...(card?.url === undefined ? [] : [card.url])];
  return { text: plain, links: [...new Set(links)].slice(0, limits.messageLinksMax) };
}

function textOfHtml(html: string): string {
  return unescape(
    sanitizeHtml(html, kept)
      .replace(anchor, (...found) => {
        const { href = "", label = "" } = found.at(-1) as Partial<Record<string, string>>;
        return href === "" || label.includes(href) ? label : `${label} ${href} `;
      })
      .replace(cell, " ")
      .replace(/<[^>]*>/gu, "\n"),
  )
    .replace(/[^\S\n]+/gu, " ")
    .replace(/\s*\n\s*/gu, "\n")
    .trim();
}

/** What sanitize-html writes for the characters that it escapes. */
const escaped: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };

function unescape(html: string): string {
  return html.replace(/&(?:lt|gt|quot|amp);/gu, (entity) => escaped[entity] ?? entity);
}
