import { decode, isAlike, words } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";
import { inspectPng } from "./png.ts";

/** How far a channel may stray on a page that counts as one flat colour: rounding, never a hairline. */
const toleranceMax = 2;

/**
 * Whether every pixel of the picture has the same colour, light or dark, within 2 of 255 in each channel. Each pixel is
 * looked at, because a single thin line makes a picture; the first difference ends the search.
 */
export async function isBlank(png: Buffer): Promise<boolean> {
  inspectPng(png);
  return isFlat(await decode(png));
}

function isFlat(pixels: Pixels): boolean {
  const all = words(pixels);
  const first = all[0] ?? 0;
  return all.every((pixel) => isAlike(pixel, first, toleranceMax));
}
