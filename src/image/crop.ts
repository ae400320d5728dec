import { AppError } from "../core/errors.ts";
import type { Rectangle } from "./contract.ts";
import { encodePng } from "./encode.ts";
import { cut, decode } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";
import { inspectPng } from "./png.ts";
import { trimmed } from "./trim.ts";

/**
 * Cuts out a rectangle (device pixels; what lies outside the picture is left away, fractions are rounded outwards) and then
 * uniform margins but for `trimKeepPx`. Returns a lossless PNG; throws clip_outside when nothing of the picture remains.
 */
export async function crop(
  png: Buffer,
  { clip, trim, trimKeepPx }: { readonly clip?: Rectangle; readonly trim?: boolean; readonly trimKeepPx: number },
): Promise<Buffer> {
  inspectPng(png);
  const whole = await decode(png);
  const clipped = clip === undefined ? whole : cut(whole, inside(clip, whole));
  const kept = trim === true ? cut(clipped, trimmed(clipped, trimKeepPx)) : clipped;
  return await encodePng(kept);
}

function inside({ x, y, width, height }: Rectangle, picture: Pixels): Rectangle {
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  const right = Math.min(picture.width, Math.ceil(x + width));
  const bottom = Math.min(picture.height, Math.ceil(y + height));
  if (right > left && bottom > top) return { x: left, y: top, width: right - left, height: bottom - top };
  throw new AppError(
    "clip_outside",
    `The clip ${width} x ${height} at ${x}, ${y} lies outside the picture of ${picture.width} x ${picture.height} pixels.`,
  );
}
