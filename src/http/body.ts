import express from "express";
import type { Request, RequestHandler, Response } from "express";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";

/** Reads the body as bytes, whatever its type, up to `bytesMax`. */
export function rawBody(bytesMax: number): RequestHandler {
  return express.raw({ type: () => true, limit: bytesMax });
}

/** The bytes that `rawBody` read; empty when the request had none. */
export function bytesOf(request: Request): Buffer {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** The body as JSON. Throws media_type_unsupported or body_invalid. */
export function jsonOf(request: Request): unknown {
  if (request.is(["application/json", "application/*+json"]) === false) {
    throw new AppError("media_type_unsupported", "The body is not application/json.");
  }
  const text = decodeUtf8(bytesOf(request));
  if (text.trim() === "") throw new AppError("body_invalid", "The body is empty.");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof SyntaxError ? cause.message : "unreadable";
    throw new AppError("body_invalid", `The body is not JSON: ${where.slice(0, 200)}.`, { cause });
  }
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
