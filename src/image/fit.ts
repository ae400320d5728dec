import { AppError } from "../core/errors.ts";
import type { MediaType, Picture, PictureLimits } from "../core/picture.ts";
import { clearPng, exactPngOr, jpeg, losslessWebp, lossyWebp, sidesMax, smallPng } from "./encode.ts";
import type { Encoder } from "./encode.ts";
import { original } from "./original.ts";
import { decode } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";
import { isPhotographic } from "./photographic.ts";
import { inspectPng } from "./png.ts";
import { resize } from "./resize.ts";

/**
 * Up to this size a capture goes out as it is. Making a larger one a third costs 110 ms of a processor at 1280 x 800, and as
 * much of the time until the room has it; a phone gets 100 kB more in that time, and only larger ones are worth it.
 */
const asItIsBytesMax = 160 * 1024;

/**
 * How far a picture is shrunk, as a share of its side. A chart at half its side is read more easily than a smear at the full
 * one; only when both fail is it made a thumbnail, and below a tenth it tells nothing. Each round tries all encodings.
 */
const rounds: readonly Scales[] = [
  { from: 1, to: 0.5 },
  { from: 0.45, to: 0.3 },
  { from: 0.25, to: 0.1 },
];

/** An encoding this many times too large ends a size: the ones after it save at most half to two thirds. */
const hopeless = 3;

interface Scales {
  readonly from: number;
  readonly to: number;
}

/** A kind of encoding, from the truest to the smallest. */
interface Family {
  readonly fullSize: readonly Encoder[];
  readonly shrunk: readonly Encoder[];
  /** How many times the bytes per pixel grow when a picture is no longer at its own size. */
  readonly resampled: number;
}

/**
 * The picture within the limits. A capture that is small enough passes as it is; else the crisp encodings come first, at
 * full size and then shrunk down to half its side; JPEG and lossy WebP are for photographs and for limits that nothing crisp
 * can meet. Throws picture_unfit with the numbers when no encoding fits.
 *
 * Measured on a page of charts at 1280 x 800 and 2560 x 1600: under 1 ms where the capture may pass, 110 and 360 ms as a
 * palette PNG; a limit of 20 kB, which takes several tries, 0.5 and 1 s.
 */
export async function fit(png: Buffer, limits: PictureLimits): Promise<Picture> {
  const facts = inspectPng(png);
  const start = scaleWithin(facts, limits);
  const asItIsMax = Math.min(limits.bytesMax, asItIsBytesMax);
  if (start === 1 && limits.mediaTypes.includes("image/png") && png.length <= asItIsMax) {
    const picture = await original(png);
    if (picture.bytes.length <= asItIsMax) return picture;
  }
  const whole = await decode(png);
  const families = familiesFor(whole, limits);
  let smallest: Picture | undefined;
  for (const { from, to } of rounds) {
    const scales = { from: Math.min(start, from), to: Math.min(start, to) };
    for (const family of families) {
      const picture = await shrink(whole, { family, scales, limits });
      if (picture !== undefined && isWithin(picture, limits)) return picture;
      smallest = smaller(smallest, picture);
    }
  }
  throw unfit(whole, smallest, limits);
}

/** In order of preference. */
function familiesFor(whole: Pixels, { mediaTypes }: PictureLimits): Family[] {
  const photographic = isPhotographic(whole);
  const lossy = lossyFamily(mediaTypes);
  if (photographic && lossy !== undefined) return [lossy];
  return [crispFamily(mediaTypes, photographic), lossy].filter((family) => family !== undefined);
}

function crispFamily(mediaTypes: readonly MediaType[], photographic: boolean): Family | undefined {
  const takesWebp = mediaTypes.includes("image/webp");
  if (mediaTypes.includes("image/png")) {
    // A photograph never passes as exact with 256 colours, and looking for them takes seconds.
    const encoders = photographic ? [smallPng] : [exactPngOr(takesWebp ? losslessWebp(1) : smallPng), clearPng];
    return { fullSize: encoders, shrunk: encoders, resampled: photographic ? 1 : 1.9 };
  }
  // Resampling gives every edge new shades, which lossless WebP pays for more dearly than a palette.
  const webps = [losslessWebp(0), losslessWebp(1)];
  return takesWebp ? { fullSize: webps, shrunk: webps, resampled: 2.9 } : undefined;
}

function lossyFamily(mediaTypes: readonly MediaType[]): Family | undefined {
  const encoder = mediaTypes.includes("image/webp") ? lossyWebp : jpeg;
  if (encoder === jpeg && !mediaTypes.includes("image/jpeg")) return undefined;
  return { fullSize: [encoder(90), encoder(78), encoder(62)], shrunk: [encoder(70)], resampled: 1 };
}

/** The first encoding that fits, or else the smallest. */
async function shrink(
  whole: Pixels,
  { family, scales, limits }: { readonly family: Family; readonly scales: Scales; readonly limits: PictureLimits },
): Promise<Picture | undefined> {
  let scale = scales.from;
  for (;;) {
    const encoders = scale === 1 ? family.fullSize : family.shrunk;
    const best = await encodeWithin(await resize(whole, scale), encoders, limits);
    if (best === undefined || isWithin(best, limits) || scale <= scales.to) return best;
    const growth = scale === 1 ? family.resampled : 1;
    scale = Math.max(scales.to, scale * step(limits.bytesMax / (best.bytes.length * growth)));
  }
}

/** The first encoding within the limits, or else the smallest one tried. */
async function encodeWithin(
  pixels: Pixels,
  encoders: readonly Encoder[],
  limits: PictureLimits,
): Promise<Picture | undefined> {
  let smallest: Picture | undefined;
  for (const encode of encoders) {
    const picture = await encode(pixels);
    if (picture === undefined) continue;
    if (isWithin(picture, limits)) return picture;
    smallest = smaller(smallest, picture);
    if (picture.bytes.length > hopeless * limits.bytesMax) break;
  }
  return smallest;
}

function smaller(one: Picture | undefined, other: Picture | undefined): Picture | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.bytes.length <= other.bytes.length ? one : other;
}

/** Bytes follow the area: aim just below the limit, but neither creep nor leap. */
function step(share: number): number {
  return Math.min(0.92, Math.max(0.4, 0.97 * Math.sqrt(share)));
}

/** The largest scale, at most 1, at which the picture keeps to the limits and at least one format can hold it. */
function scaleWithin(
  { width, height }: { readonly width: number; readonly height: number },
  { pixelsMax, sideMax, mediaTypes }: PictureLimits,
): number {
  const formatSideMax = Math.max(0, ...mediaTypes.map((mediaType) => sidesMax[mediaType]));
  return Math.min(
    1,
    Math.min(sideMax, formatSideMax) / Math.max(width, height),
    Math.sqrt(pixelsMax / (width * height)),
  );
}

function isWithin({ bytes, width, height }: Picture, { bytesMax, pixelsMax, sideMax }: PictureLimits): boolean {
  return bytes.length <= bytesMax && width * height <= pixelsMax && Math.max(width, height) <= sideMax;
}

function unfit(whole: Pixels, smallest: Picture | undefined, limits: PictureLimits): AppError {
  const { bytesMax, pixelsMax, sideMax, mediaTypes } = limits;
  const best =
    smallest === undefined
      ? "no encoding is possible"
      : `the smallest encoding has ${smallest.bytes.length} bytes at ${smallest.width} x ${smallest.height} pixels`;
  const taken = mediaTypes.length === 0 ? "no media type" : mediaTypes.join(", ");
  return new AppError(
    "picture_unfit",
    `The picture of ${whole.width} x ${whole.height} pixels cannot be made to fit: ${best}; ` +
      `taken are ${bytesMax} bytes, ${pixelsMax} pixels, ${sideMax} pixels a side, as ${taken}.`,
    {
      details: {
        width: whole.width,
        height: whole.height,
        bytes: smallest?.bytes.length,
        bytesMax,
        pixelsMax,
        sideMax,
        mediaTypes,
      },
    },
  );
}
