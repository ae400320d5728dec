import { plainName } from "../core/clean-text.ts";
import { wellFormed } from "../core/text.ts";
import type { FileFacts } from "../core/room.ts";
import { Fault } from "./answer.ts";
import { readJsonObject } from "./body.ts";
import type { Fields } from "./body.ts";
import type { ApiRequest } from "./contract.ts";
import { readCaption } from "./fields.ts";
import { extendedParameter, parseHeaderValue } from "./header-value.ts";
import type { HeaderValue } from "./header-value.ts";
import { splitMultipart } from "./multipart.ts";
import type { Part } from "./multipart.ts";
import { readPictureHeader } from "./picture-header.ts";

export interface SharedFile extends FileFacts {
  readonly bytes: Buffer;
  readonly caption: string;
}

const fileNameCharsMax = 255;

interface NamedPart extends Part {
  readonly name: string;
  readonly mediaType: string;
  readonly disposition: HeaderValue;
}

/**
 * The file of a `share/file` call: multipart/related with an optional JSON part and a part named "file" (API v2
 * share_file_with_user), or multipart/form-data, which people send with `curl -F`. Throws 400 and 415.
 */
export function readSharedFile(request: ApiRequest): SharedFile {
  const contentType = parseHeaderValue(request.headers["content-type"] ?? "");
  if (!contentType.value.startsWith("multipart/")) {
    throw new Fault(415, "Send the file as multipart/related or multipart/form-data");
  }
  const result = splitMultipart(request.body, contentType.parameters.get("boundary"));
  if (!result.ok) throw new Fault(400, result.problem);
  const parts = result.parts.map(named);
  const file = parts.find(({ name }) => name === "file") ?? parts.find(({ disposition }) => hasFileName(disposition));
  if (file === undefined) {
    throw new Fault(400, "Required field 'file' is missing", { field: "file", validation: "required" });
  }
  const bytes = contentOf(file);
  if (bytes.length === 0) throw new Fault(400, "The file is empty", { field: "file", validation: "minLength" });
  const picture = readPictureHeader(bytes);
  return {
    name: fileNameOf(file.disposition, picture?.mediaType),
    bytes,
    mediaType: picture?.mediaType ?? "application/octet-stream",
    ...(picture === undefined ? {} : { pixels: { width: picture.width, height: picture.height } }),
    caption: readCaption(metadataOf(parts.filter((part) => part !== file))),
  };
}

function named(part: Part): NamedPart {
  const disposition = parseHeaderValue(part.headers.get("content-disposition") ?? "");
  const mediaType = parseHeaderValue(part.headers.get("content-type") ?? "").value;
  return { ...part, disposition, mediaType, name: disposition.parameters.get("name") ?? "" };
}

function hasFileName(disposition: HeaderValue): boolean {
  return extendedParameter(disposition, "filename") !== undefined;
}

/** A copy, so that the whole request is not kept in memory with it. Buffer's base64 skips line ends. */
function contentOf(part: NamedPart): Buffer {
  const isBase64 = part.headers.get("content-transfer-encoding")?.trim().toLowerCase() === "base64";
  return isBase64 ? Buffer.from(part.content.toString("latin1"), "base64") : Buffer.from(part.content);
}

/** The JSON part is called metadata or body by most, and known by its type otherwise; forms name the field itself. */
function metadataOf(parts: readonly NamedPart[]): Fields {
  const json =
    parts.find(({ name }) => name === "metadata" || name === "body") ??
    parts.find(({ mediaType }) => mediaType === "application/json");
  if (json !== undefined) return readMetadata(textOf(json));
  const message = parts.find(({ name }) => name === "message");
  return message === undefined ? {} : { message: textOf(message) };
}

/** hipchat-go writes the caption into JSON without escaping it: what stands between the outer quotes is the caption. */
function readMetadata(text: string): Fields {
  const unescaped = /^\s*\{\s*"message"\s*:\s*"(?<message>[\s\S]*)"\s*\}\s*$/u.exec(text)?.groups?.["message"];
  return readJsonObject(text) ?? (unescaped === undefined ? {} : { message: unescaped });
}

function textOf(part: NamedPart): string {
  return contentOf(part).toString("utf8");
}

const pictureExtensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/** Without folders; cut to 255 characters before its extension. */
function fileNameOf(disposition: HeaderValue, mediaType: string | undefined): string {
  const given = extendedParameter(disposition, "filename") ?? "";
  const name = plainName(given.split(/[/\\]/u).at(-1) ?? "");
  if (name === "" || /^\.+$/u.test(name)) {
    return mediaType === undefined ? "file" : `file.${pictureExtensions[mediaType]}`;
  }
  if (name.length <= fileNameCharsMax) return name;
  const extension = /\.\w{1,10}$/u.exec(name)?.[0] ?? "";
  return wellFormed(name.slice(0, fileNameCharsMax - extension.length)) + extension;
}
