import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { ShotOptions } from "../core/portal.ts";
import type { Measures } from "./in-page.ts";
import type { Area, Reach } from "./tab.ts";

/** Which part of the page becomes the picture. */
export interface Framing {
  readonly area: Area;
  readonly reach: Reach;
  /** Where the area lies in a picture of the window, device pixels. */
  readonly inWindow: Area;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
}

type FramingOptions = Pick<ShotOptions, "crop" | "fullPage" | "viewport">;

/**
 * Throws `selector_missing` (nothing visible matches), `clip_outside`, and `picture_too_large` above
 * `limits.picturePixelsMax`.
 */
export function frame(options: FramingOptions, measures: Measures): Framing {
  const area = areaOf(options, measures);
  const { scale } = options.viewport;
  const width = Math.round(area.width * scale);
  const height = Math.round(area.height * scale);
  if (width * height > limits.picturePixelsMax) {
    throw new AppError(
      "picture_too_large",
      `The picture would be ${width} x ${height} pixels, ${width * height} in all; the limit is ${limits.picturePixelsMax}.`,
      { details: { width, height, picturePixelsMax: limits.picturePixelsMax } },
    );
  }
  const x = Math.round((area.x - measures.scrollX) * scale);
  const y = Math.round((area.y - measures.scrollY) * scale);
  const inWindow = { x, y, width, height };
  return { area, reach: reachOf(area, windowOf(measures)), inWindow, width, height };
}

/** The size of a window that shows all that is wanted, CSS pixels; never smaller than the viewport. */
export function windowFor(
  options: FramingOptions,
  measures: Measures,
): { readonly width: number; readonly height: number } {
  const { crop, viewport } = options;
  // What nothing visible matches needs no room.
  if (crop.selector !== undefined && measures.box === null) return viewport;
  const area = areaOf(options, measures);
  // An element is scrolled to; anything else is shown from the page's start.
  const isScrolledTo = crop.selector !== undefined;
  const width = Math.ceil(isScrolledTo ? area.width : area.x + area.width);
  const height = Math.ceil(isScrolledTo ? area.height : area.y + area.height);
  return { width: Math.max(viewport.width, width), height: Math.max(viewport.height, height) };
}

function areaOf({ crop, fullPage }: FramingOptions, measures: Measures): Area {
  const page = { x: 0, y: 0, width: measures.pageWidth, height: measures.pageHeight };
  if (crop.selector !== undefined) {
    if (measures.box === null) throw new AppError("selector_missing", `Nothing visible matches "${crop.selector}".`);
    return around(measures.box, crop.padding, page);
  }
  if (crop.clip !== undefined) {
    const bounds = fullPage ? page : { ...page, width: measures.windowWidth, height: measures.windowHeight };
    if (!isInside(crop.clip, bounds)) throw clipOutside(crop.clip, bounds);
    return crop.clip;
  }
  return fullPage ? page : windowOf(measures);
}

function windowOf(measures: Measures): Area {
  return { x: measures.scrollX, y: measures.scrollY, width: measures.windowWidth, height: measures.windowHeight };
}

/** Whole pixels around a box, kept on the page. */
function around(box: Area, padding: number, page: Area): Area {
  const x = Math.max(0, Math.floor(box.x - padding));
  const y = Math.max(0, Math.floor(box.y - padding));
  const right = Math.min(page.width, Math.ceil(box.x + box.width + padding));
  const bottom = Math.min(page.height, Math.ceil(box.y + box.height + padding));
  return { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}

function reachOf(area: Area, window: Area): Reach {
  if (!isInside(area, window)) return "beyond";
  return isInside(window, area) ? "window" : "inside";
}

function isInside(inner: Area, outer: Area): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function clipOutside(clip: Area, bounds: Area): AppError {
  const words = ({ x, y, width, height }: Area): string => `${width} x ${height} at ${x},${y}`;
  return new AppError(
    "clip_outside",
    `The clip ${words(clip)} lies outside the ${bounds.width} x ${bounds.height} page.`,
  );
}
