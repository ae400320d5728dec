import express from "express";
import type { Request, RequestHandler, Response } from "express";
import { AppError } from "../core/errors.ts";
import { parseJson } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { BodyForm } from "../triggers/index.ts";

/** Reads the body as bytes, whatever its type, up to `bytesMax`. */
export function rawBody(bytesMax: number): RequestHandler {
  return express.raw({ type: () => true, limit: bytesMax });
}

/** The bytes that `rawBody` read; empty when the request had none. */
export function bytesOf(request: Pick<Request, "body">): Buffer {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** The body as JSON. Throws media_type_unsupported or body_invalid. */
export function jsonOf(request: Request): unknown {
  return bodyIn(request, ["json"], isJsonType);
}

/**
 * The body in one of the forms that a source takes: JSON as its value, a form as its fields, text as it is. Senders that
 * name no type, or call JSON plain text, are understood. Throws media_type_unsupported or body_invalid.
 */
export function bodyIn(
  request: Request,
  forms: readonly BodyForm[],
  isJson: (mediaType: string) => boolean = (type) => isJsonType(type) || isTextType(type),
): unknown {
  const mediaType = mediaTypeOf(request);
  const takesJson = forms.includes("json") && isJson(mediaType);
  const takesText = forms.includes("text") && isTextType(mediaType);
  if (!takesJson && !takesText && !(forms.includes("form") && mediaType === formType)) {
    throw new AppError("media_type_unsupported", `The body is ${mediaType || "of no named type"}.`, {
      hint: `Send Content-Type: ${forms.map((form) => typeOf[form]).join(" or ")}.`,
    });
  }
  const text = decodeUtf8(bytesOf(request));
  if (text.trim() === "") throw new AppError("body_invalid", "The body is empty.");
  if (mediaType === formType) return parseForm(text);
  return takesJson && !(takesText && !/^\s*[[{]/u.test(text)) ? parseJson(text, "The body") : text;
}

const formType = "application/x-www-form-urlencoded";

const typeOf: Readonly<Record<BodyForm, string>> = { json: "application/json", form: formType, text: "text/plain" };

function isJsonType(type: string): boolean {
  return type === "application/json" || /^application\/[\w.-]+\+json$/u.test(type);
}

function isTextType(type: string): boolean {
  return type === "" || type === "text/plain";
}

/** The media type in lower case, without parameters; empty when none was sent. Refuses every charset but UTF-8. */
function mediaTypeOf(request: Request): string {
  const header = request.headers["content-type"] ?? "";
  const charset = /;\s*charset\s*=\s*"?(?<name>[^";\s]+)/iu.exec(header)?.groups?.["name"]?.toLowerCase();
  if (charset !== undefined && !["utf-8", "utf8", "us-ascii"].includes(charset)) {
    throw new AppError("media_type_unsupported", `The body's charset is ${charset}.`, { hint: "Send UTF-8." });
  }
  return (header.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function parseForm(text: string): Record<string, string> {
  const fields = [...new URLSearchParams(text)];
  const seen = new Set<string>();
  const twice = fields.map(([name]) => name).find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw new AppError("body_invalid", `The form has the field \`${twice.slice(0, 100)}\` twice.`);
  return Object.fromEntries(fields);
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("body_invalid", "The body is not valid UTF-8.", { cause });
  }
}

/** Aborts when the caller goes away before the answer is complete. */
export function signalOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort(new AppError("cancelled", "The caller went away."));
  });
  return controller.signal;
}

export const apiBody = rawBody(limits.apiBodyBytesMax);
