import type { Picture } from "../core/picture.ts";
import { encodePng, toPicture } from "./encode.ts";
import { decode } from "./pixels.ts";
import { inspectPng, withoutMetadata } from "./png.ts";

/**
 * The picture as captured, as a lossless PNG without metadata. The pixels are not encoded again (under 1 ms) unless a colour
 * profile or an animation makes it necessary; of an animation the still picture remains.
 */
export async function original(png: Buffer): Promise<Picture> {
  const facts = inspectPng(png);
  const bytes = withoutMetadata(png, facts) ?? (await encodePng(await decode(png)));
  return toPicture(bytes, "image/png", facts);
}
