import { cutText } from "../../core/text.ts";
import { nameOf } from "../../core/room.ts";
import type { Message, MessageFile, Room } from "../../core/room.ts";
import { isDrawable } from "../card.ts";
import { filePath, messagePath } from "./address.ts";
import { viewCard } from "./card-view.ts";
import type { CardView } from "./card-view.ts";
import { sanitiseMessage } from "./notification-html.ts";
import { textToHtml } from "./plain-text.ts";

/** What message.eta draws. Only `bodyHtml` is markup, and safe. */
export interface MessageView {
  readonly sequence: number;
  /** Its own page. */
  readonly path: string;
  readonly name: string;
  readonly initial: string;
  readonly tone: number;
  /** ISO 8601. */
  readonly at: string;
  readonly timeText: string;
  readonly bodyHtml: string;
  readonly format: string;
  /** Of a notification's band. */
  readonly color: string | undefined;
  readonly notify: boolean;
  readonly continues: boolean;
  readonly isLinked: boolean;
  readonly file: FileView | undefined;
  /** Drawn instead of the body. */
  readonly card: CardView | undefined;
  /** What the room's topic became. */
  readonly topic: string | undefined;
  readonly parent: ParentView | undefined;
}

/** The message that is answered. */
interface ParentView {
  readonly path: string;
  readonly name: string;
  readonly preview: string;
}

/** What stands elsewhere than in the message itself. */
export interface Surroundings {
  readonly isFileKept: boolean;
  readonly parent: Message | undefined;
  /** Whether the head of the message before it will do. */
  readonly continues: boolean;
  /** Whether it is the one that the address of the page names. */
  readonly isLinked: boolean;
}

interface FileView {
  readonly name: string;
  readonly sizeText: string;
  /** Undefined when the file had to give way to newer ones. */
  readonly path: string | undefined;
  readonly picture: { readonly width: number; readonly height: number; readonly isCut: boolean } | undefined;
  readonly alt: string;
}

/** CSS pixels that a picture may take up in the log. */
const shown = { width: 840, height: 480 };

/** Bodies are sanitised once, however many people watch; a message that is no longer kept takes its body with it. */
const bodies = new WeakMap<Message, string>();

export function viewMessage(
  message: Message,
  room: Room,
  { isFileKept, parent, continues, isLinked }: Surroundings,
): MessageView {
  const name = nameOf(message);
  const card = message.card !== undefined && isDrawable(message.card) ? viewCard(message.card) : undefined;
  return {
    sequence: message.sequence,
    path: messagePath(room, message),
    name,
    ...faceOf(message),
    at: message.at.toISOString(),
    timeText: `${message.at.toISOString().slice(11, 16)} UTC`,
    bodyHtml: card === undefined && message.kind !== "topic" ? bodyOf(message, name) : "",
    format: message.format,
    color: message.kind === "notification" ? (message.color ?? "yellow") : undefined,
    notify: message.notify,
    continues,
    isLinked,
    file: message.file === undefined ? undefined : viewFile(message.file, message.text, room, isFileKept),
    card,
    topic: message.kind === "topic" ? message.text : undefined,
    parent:
      parent === undefined
        ? undefined
        : { path: messagePath(room, parent), name: nameOf(parent), preview: previewOf(parent) },
  };
}

/** The sign that stands for a sender. */
export function faceOf(message: Message): { readonly initial: string; readonly tone: number } {
  const name = nameOf(message);
  return { initial: initialOf(name), tone: toneOf(name) };
}

function bodyOf(message: Message, name: string): string {
  const known = bodies.get(message);
  if (known !== undefined) return known;
  const body = message.format === "html" ? sanitiseMessage(message.text) : textToHtml(message.text, name);
  bodies.set(message, body);
  return body;
}

function viewFile(file: MessageFile, caption: string, room: Room, isKept: boolean): FileView {
  return {
    name: file.name,
    sizeText: sizeText(file.sizeBytes),
    path: isKept ? filePath(room, file) : undefined,
    picture: file.pixels === undefined ? undefined : fit(file.pixels),
    alt: caption === "" ? file.name : caption,
  };
}

/** Scaled to the log; a picture much taller than wide shows its top rather than a sliver. */
function fit(pixels: { readonly width: number; readonly height: number }) {
  const isCut = pixels.height > shown.height && pixels.height / pixels.width > 2.5;
  if (isCut) return { width: Math.min(pixels.width, 480), height: shown.height, isCut };
  const scale = Math.min(1, shown.width / pixels.width, shown.height / pixels.height);
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return { width: side(pixels.width), height: side(pixels.height), isCut };
}

/** As `41 KB`; thousands, as file managers count. */
function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

function initialOf(name: string): string {
  for (const { segment } of graphemes.segment(name)) {
    if (/[\p{L}\p{N}\p{Emoji_Presentation}]/u.test(segment)) return segment.toUpperCase();
  }
  return "#";
}

/** 0 to 7: the sender's colour. */
function toneOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % 8;
}

/** A message in a few plain words, for the list of rooms: 140 characters at most. */
export function previewOf(message: Message): string {
  if (message.text === "" && message.file !== undefined) return message.file.name;
  return cutText(wordsOf(message).replace(/\s+/gu, " ").trim(), 140);
}

/** All that a reader sees of a message, without its looks: of a card its title, of a file its name. */
export function plainTextOf(message: Message): string {
  return [message.card?.title, message.file?.name, wordsOf(message)]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
}

function wordsOf(message: Message): string {
  return message.format === "html" ? plainOf(bodyOf(message, nameOf(message))) : message.text;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

/** Takes the tags out of markup that is already sanitised; the template escapes the outcome again. */
function plainOf(html: string): string {
  return html
    .replace(/<[^>]*>/gu, " ")
    .replace(/&(?<name>amp|lt|gt|quot);/gu, (_, name: string) => entities[name] ?? "");
}
