import { limits } from "../core/limits.ts";
import { Fault } from "./answer.ts";
import type { ApiRequest } from "./contract.ts";
import { parseHeaderValue } from "./header-value.ts";
import type { HeaderValue } from "./header-value.ts";

/** What a request says, by HipChat's field names; the values are as the client wrote them. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a body: JSON (also without a type, or under a type that curl adds by itself), a form, or raw text, which
 * is the message in that format (Payara). Throws 400 for JSON that cannot be read, 413 beyond `roomsFieldsBytesMax`, 415 for
 * any other type.
 */
export function readFields(request: ApiRequest): Fields {
  if (request.body.length > limits.roomsFieldsBytesMax) {
    throw new Fault(413, `The fields of the request body are larger than ${limits.roomsFieldsBytesMax} bytes`);
  }
  const contentType = parseHeaderValue(request.headers["content-type"] ?? "");
  const text = decodeBody(request.body, contentType);
  switch (contentType.value) {
    case "application/x-www-form-urlencoded":
      return readJsonObject(text) ?? Object.fromEntries(new URLSearchParams(text));
    case "text/plain":
      return { message: text, message_format: "text" };
    case "text/html":
      return { message: text, message_format: "html" };
    default:
      return readJson(text, contentType.value);
  }
}

function readJson(text: string, mediaType: string): Fields {
  const fields = readJsonObject(text);
  if (fields !== undefined) return fields;
  const isJson = mediaType === "" || /^application\/(?:.+\+)?json$/u.test(mediaType);
  if (!isJson)
    throw new Fault(415, `Content type '${mediaType.slice(0, 100)}' is not supported; send application/json`);
  if (text.trim() === "") return {};
  throw new Fault(400, "The request body cannot be parsed as valid JSON");
}

/** The object that this JSON text is, or undefined; also when it is nested deeper than `roomsJsonDepthMax`. */
export function readJsonObject(text: string): Fields | undefined {
  if (!/^\s*\{/u.test(text) || isTooDeep(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A value that goes deeper than a stack would end whatever walks it. One pass, whatever the text is. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth > limits.roomsJsonDepthMax) return true;
  }
  return false;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** In the charset that the type names, else as UTF-8; a byte order mark is dropped. */
function decodeBody(body: Buffer, contentType: HeaderValue): string {
  try {
    return new TextDecoder(contentType.parameters.get("charset") ?? "utf-8").decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}
