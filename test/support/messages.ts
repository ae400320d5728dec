import { createHash } from "node:crypto";
import type { PictureStep, TextStep } from "../../src/core/message.ts";

/** A PNG of 4x4 pixels. */
export const tinyPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAD0lEQVR4nGM4gQQYiOMAAM9hJYGWbiP1AAAAAElFTkSuQmCC",
  "base64",
);

export function textStep(text: string, changes: Partial<TextStep> = {}): TextStep {
  return { kind: "text", text, format: "text", color: "red", notify: true, ...changes };
}

export function pictureStep(caption: string, bytes: Buffer = tinyPng, fileName = "cpu.png"): PictureStep {
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { kind: "picture", picture: { bytes, mediaType: "image/png", width: 4, height: 4, hash }, caption, fileName };
}
