import { randomInt } from "node:crypto";
import { colors } from "../core/message.ts";
import type { Color, TextFormat } from "../core/message.ts";
import { withoutControls } from "../core/clean-text.ts";
import { wellFormed } from "../core/text.ts";
import { Fault } from "./answer.ts";
import type { Fields } from "./body.ts";

/*
 * The fields of HipChat's sending calls with their limits (API v2 send_room_notification, share_file_with_room). Errors
 * have the words and the keys of HipChat's own: code, field, expected_type, validation, value.
 */

export const messageCharsMax = 10_000;
const captionCharsMax = 1_000;
export const fromCharsMax = 64;
const echoCharsMax = 100;

/** `message`: 1 to `charsMax` characters, required. */
export function readMessage(fields: Fields, charsMax = messageCharsMax): string {
  return readRequired(fields, "message", charsMax);
}

/** A field of 1 to `charsMax` characters that must be there. */
export function readRequired(fields: Fields, name: string, charsMax: number): string {
  const text = readText(fields, name);
  if (text === undefined) throw missing(name, "string");
  const cleaned = withoutControls(text);
  if (cleaned === "") throw invalid(name, "minLength", "string", text, lengthSentence(text, name, "greater", 1));
  requireLength(cleaned, name, charsMax);
  return cleaned;
}

/** HipChat's 400 for a field that must be there. */
export function missing(name: string, expectedType: string): Fault {
  return invalid(name, "required", expectedType, undefined, `Required field '${name}' is missing`);
}

/** A field of up to `charsMax` characters on one line, empty when it is absent. */
export function readLine(fields: Fields, name: string, charsMax: number): string {
  const line = withoutControls(readText(fields, name) ?? "").replace(/\s+/gu, " ");
  requireLength(line, name, charsMax);
  return line.trim();
}

/** A file's caption: up to 1,000 characters, none when it is absent. */
export function readCaption(fields: Fields): string {
  const text = fields["message"];
  const caption = typeof text === "string" ? withoutControls(text) : "";
  requireLength(caption, "message", captionCharsMax);
  return caption;
}

/** `from`: up to 64 characters, one line. */
export function readFrom(fields: Fields): string {
  return readLine(fields, "from", fromCharsMax);
}

/** `message_format`: html or text. */
export function readFormat(fields: Fields, fallback: TextFormat): TextFormat {
  return readOneOf(fields, "message_format", ["html", "text"], fallback);
}

/** One of a few words, in any case; `fallback` when absent. */
export function readOneOf<const Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
  fallback: NoInfer<Word>,
): Word {
  const value = readText(fields, name)?.toLowerCase() ?? fallback;
  const word = words.find((known) => known === value);
  if (word === undefined) throw notListed(name, value, words);
  return word;
}

/** `color`: yellow unless named; Grafana sends "" and "grey"; `random` is drawn here. */
export function readColor(fields: Fields): Color {
  const value = readText(fields, "color")?.toLowerCase() ?? "";
  if (value === "") return "yellow";
  if (value === "grey") return "gray";
  if (value === "random") return colors[randomInt(colors.length)] ?? "yellow";
  const color = colors.find((known) => known === value);
  if (color === undefined) throw notListed("color", value, [...colors, "random"]);
  return color;
}

const flags: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false, "": false };

/** `notify`: a boolean, or what Grafana, netdata and forms send for one; false when absent. */
export function readNotify(fields: Fields): boolean {
  return readFlag(fields, "notify");
}

/** A boolean in any of these forms; false when absent. */
export function readFlag(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const key = isPlain ? String(value).toLowerCase() : undefined;
  if (key !== undefined && Object.hasOwn(flags, key)) return flags[key] ?? false;
  throw wrongType(name, "boolean", value);
}

/** Undefined when absent or null; forms and some clients send numbers as text and the other way round. */
export function readText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw wrongType(name, "string", value);
}

/** Characters are counted as code points, as HipChat's Python did. */
function requireLength(text: string, field: string, charsMax: number): void {
  if (text.length <= charsMax || Array.from(text).length <= charsMax) return;
  throw invalid(field, "maxLength", "string", text, lengthSentence(text, field, "less", charsMax));
}

function lengthSentence(text: string, field: string, direction: "less" | "greater", chars: number): string {
  return `Length of value ${quoted(text)} for field '${field}' must be ${direction} than or equal to ${chars}`;
}

/** HipChat's 400 for a value that is not what its field takes, in our words where it had none that are known. */
export function refused(field: string, validation: string, value: unknown, why: string): Fault {
  return invalid(field, validation, "string", value, `Value ${quoted(value)} for field '${field}' ${why}`);
}

function notListed(field: string, value: string, listed: readonly string[]): Fault {
  const list = listed.map((entry) => `u'${entry}'`).join(", ");
  return invalid(
    field,
    "enum",
    "string",
    value,
    `Value ${quoted(value)} for field '${field}' is not in the enumeration: [${list}]`,
  );
}

function wrongType(field: string, expectedType: string, value: unknown): Fault {
  const message = `Value ${quoted(value)} for field '${field}' is not of type '${expectedType}'`;
  return invalid(field, "type", expectedType, value, message);
}

function invalid(field: string, validation: string, expectedType: string, value: unknown, message: string): Fault {
  const echo =
    value === undefined ? {} : { value: shortened(typeof value === "string" ? value : JSON.stringify(value)) };
  return new Fault(400, message, { expected_type: expectedType, field, validation, ...echo });
}

/** A value as HipChat's errors show it: `u'true'` for text, JSON for the rest. */
function quoted(value: unknown): string {
  return typeof value === "string" ? `u'${shortened(value)}'` : shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  return text.length <= echoCharsMax ? text : `${wellFormed(text.slice(0, echoCharsMax))}…`;
}
