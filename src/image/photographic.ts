import { words } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";

/** Rows looked at, spread over the picture. */
const rowsMax = 400;

/** Charts come to 0.02 to 0.06, a colour gradient to 0.2, a chart page with a photograph on a third of it to 0.3, photographs to 0.99. */
const shareMin = 0.5;

/**
 * Whether most of the picture is photograph or noise: pixels that equal neither the left nor the upper neighbour. Text,
 * lines and areas have long runs of one colour, whatever the number of colours.
 */
export function isPhotographic(pixels: Pixels): boolean {
  const { width, height } = pixels;
  const all = words(pixels);
  const stride = Math.max(1, Math.floor(height / rowsMax));
  let seen = 0;
  let unlike = 0;
  for (let row = 1; row < height; row += stride) {
    for (let at = row * width + 1, end = (row + 1) * width; at < end; at += 1) {
      seen += 1;
      if (all[at] !== all[at - 1] && all[at] !== all[at - width]) unlike += 1;
    }
  }
  return seen > 0 && unlike / seen >= shareMin;
}
