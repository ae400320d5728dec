import { pipeline } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";

/** The picture at a share of its size (above 0, at most 1), Lanczos; sides are rounded down, to one pixel at least. */
export async function resize(pixels: Pixels, scale: number): Promise<Pixels> {
  if (scale >= 1) return pixels;
  const width = Math.max(1, Math.floor(pixels.width * scale));
  const height = Math.max(1, Math.floor(pixels.height * scale));
  const data = await pipeline(pixels, false)
    .resize(width, height, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { data, width, height };
}
