import type { Rectangle } from "./contract.ts";
import { isAlike, words } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";

/** Margins are drawn by a browser: one colour exactly, but for the rounding of a colour profile. */
const toleranceMax = 2;

/**
 * The part of the picture that remains when uniform margins are cut away on each side, `keepPx` device pixels of them
 * left standing. Each side may have a colour of its own, light, dark or transparent. A picture of one colour is all margin
 * and is kept whole.
 */
export function trimmed(pixels: Pixels, keepPx: number): Rectangle {
  const { width, height } = pixels;
  const all = words(pixels);
  const isLine = (start: number, step: number, count: number, color: number): boolean => {
    for (let index = 0, at = start; index < count; index += 1, at += step) {
      if (!isAlike(all[at] ?? 0, color, toleranceMax)) return false;
    }
    return true;
  };
  const isRow = (row: number, color: number): boolean => isLine(row * width, 1, width, color);
  const top = margin(height, (index) => isRow(index, all[0] ?? 0));
  if (top === height) return { x: 0, y: 0, width, height };
  const bottom = margin(height, (index) => isRow(height - 1 - index, all[(height - 1) * width] ?? 0));

  const rows = height - top - bottom;
  const isColumn = (column: number, color: number): boolean => isLine(top * width + column, width, rows, color);
  const left = margin(width, (index) => isColumn(index, all[top * width] ?? 0));
  const right = margin(width, (index) => isColumn(width - 1 - index, all[top * width + width - 1] ?? 0));
  const keep = (size: number): number => Math.max(0, size - keepPx);
  return {
    x: keep(left),
    y: keep(top),
    width: width - keep(left) - keep(right),
    height: height - keep(top) - keep(bottom),
  };
}

function margin(count: number, isMargin: (index: number) => boolean): number {
  let size = 0;
  while (size < count && isMargin(size)) size += 1;
  return size;
}
