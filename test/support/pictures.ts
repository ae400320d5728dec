import { createHash } from "node:crypto";
import type { Picture } from "../../src/core/picture.ts";

/** Any bytes as a kept picture has them. */
export function pictureOf(bytes: Buffer): Picture {
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { bytes, mediaType: "image/png", width: 3, height: 2, hash };
}
