import { createHash } from "node:crypto";
import type { Sharp } from "sharp";
import type { MediaType, Picture } from "../core/picture.ts";
import { decode, isOpaque, pipeline } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";

/*
 * Settings by measurement, two shared cores, a page of four charts at 1280 x 800 (3,500 colours) and at 2560 x 1600; the
 * capture itself is a PNG of 127 kB and 312 kB, decoding it takes 10 and 22 ms:
 *
 *   encoding                       1280 x 800        2560 x 1600      error per channel, of 255
 *   PNG, level 6, no filters         8 ms 111 kB      20 ms 284 kB    none
 *   PNG, level 9, no filters        58 ms  94 kB     160 ms 247 kB    none
 *   PNG, level 6, filters chosen    23 ms 128 kB      79 ms 299 kB    none
 *   WebP lossless, effort 0         24 ms 126 kB     102 ms 490 kB    none
 *   WebP lossless, effort 1        248 ms  74 kB     860 ms 166 kB    none (62 ms and 52 kB on another such page)
 *   palette PNG, effort 1           47 ms  45 kB     118 ms 122 kB    mean 0.22, in 20 % of the channels
 *   palette PNG, effort 7           84 ms  46 kB     231 ms 125 kB    mean 0.04, in 3 %; largest 28, at edges of letters
 *   palette PNG, dithered           49 ms  58 kB     169 ms 170 kB    mean 0.24: the dots cost more than they give
 *   palette PNG, 27 colours         92 ms  29 kB     330 ms  75 kB    mean 0.46; above 32 in 0.001 %
 *   JPEG, quality 80                11 ms 121 kB      85 ms 304 kB    mean 1.1, largest 66
 *   JPEG, quality 82, mozjpeg       74 ms  92 kB     216 ms 212 kB    mean 1.5, largest 103
 *
 * So a JPEG of a chart is larger and worse than each of the crisp encodings, and a palette finds its size soonest.
 */

/** An encoder gives undefined when the format cannot hold the picture, or not as truly as the encoder's name promises. */
export type Encoder = (pixels: Pixels) => Promise<Picture | undefined>;

/** The longest side that a format can hold, pixels. */
export const sidesMax: Readonly<Record<MediaType, number>> = {
  "image/png": 2 ** 31 - 1,
  "image/webp": 16_383,
  "image/jpeg": 65_500,
};

/** Lossless PNG, quick: for a picture that only passes through. */
export async function encodePng(pixels: Pixels): Promise<Buffer> {
  return await bytesOf(pixels, (image) => image.png({ compressionLevel: 6, adaptiveFiltering: false }));
}

/** Lossless PNG, small: where a limit is close. */
export const smallPng: Encoder = async (pixels) => {
  const bytes = await bytesOf(pixels, (image) => image.png({ compressionLevel: 9, adaptiveFiltering: false }));
  return toPicture(bytes, "image/png", pixels);
};

/** PNG with at most 256 colours if no eye can tell it from the original, else the other encoding. */
export function exactPngOr(other: Encoder): Encoder {
  return async (pixels) => (await palettePng(pixels, { quality: 100, fidelity: exact })) ?? (await other(pixels));
}

/** PNG with some 30 colours: edges stay sharp, shades may shift a little; undefined when they shift more. */
export const clearPng: Encoder = async (pixels) => await palettePng(pixels, { quality: 60, fidelity: clear });

/** Lossless WebP, quick (effort 0) or small (effort 1; more gains nothing). */
export function losslessWebp(effort: 0 | 1): Encoder {
  return async (pixels) => {
    if (!canHold("image/webp", pixels)) return undefined;
    const bytes = await bytesOf(pixels, (image) => image.webp({ lossless: true, effort }));
    return toPicture(bytes, "image/webp", pixels);
  };
}

/** JPEG without chroma subsampling, which would smear coloured text; transparency becomes white. */
export function jpeg(quality: number): Encoder {
  return async (pixels) => {
    if (!canHold("image/jpeg", pixels)) return undefined;
    const bytes = await bytesOf(pixels, (image) =>
      image.flatten({ background: "#ffffff" }).jpeg({ quality, chromaSubsampling: "4:4:4" }),
    );
    return toPicture(bytes, "image/jpeg", pixels);
  };
}

/** WebP with loss. */
export function lossyWebp(quality: number): Encoder {
  return async (pixels) => {
    if (!canHold("image/webp", pixels)) return undefined;
    const bytes = await bytesOf(pixels, (image) => image.webp({ quality, effort: 2, smartSubsample: true }));
    return toPicture(bytes, "image/webp", pixels);
  };
}

/** The encoded bytes with the facts that travel with them. */
export function toPicture(
  bytes: Buffer,
  mediaType: MediaType,
  { width, height }: { readonly width: number; readonly height: number },
): Picture {
  return { bytes, mediaType, width, height, hash: createHash("sha256").update(bytes).digest("hex") };
}

function canHold(mediaType: MediaType, { width, height }: Pixels): boolean {
  return Math.max(width, height) <= sidesMax[mediaType];
}

async function bytesOf(pixels: Pixels, encode: (image: Sharp) => Sharp): Promise<Buffer> {
  return await encode(pipeline(pixels, isOpaque(pixels))).toBuffer();
}

interface Fidelity {
  /** Mean difference per channel, alpha included, of 255. */
  readonly meanMax: number;
  /** Which share of the channels may differ by more than `strayAbove`. */
  readonly strayAbove: number;
  readonly strayShareMax: number;
}

/**
 * Visually exact. Charts with 3,000 to 5,000 colours, nearly all of them edges of text and lines, come to a mean of 0.02 to
 * 0.14 and 0.001 % above 16; a smooth gradient, which 256 colours turn into bands, comes to 0.26.
 */
const exact: Fidelity = { meanMax: 0.2, strayAbove: 16, strayShareMax: 0.0001 };

/** Sharp, with shades that shift: charts come to a mean of 0.3 to 0.4 and 0.01 % above 32, banded gradients to 1.5. */
const clear: Fidelity = { meanMax: 0.8, strayAbove: 32, strayShareMax: 0.0005 };

async function palettePng(
  pixels: Pixels,
  { quality, fidelity }: { readonly quality: number; readonly fidelity: Fidelity },
): Promise<Picture | undefined> {
  const bytes = await bytesOf(pixels, (image) =>
    image.png({ palette: true, quality, effort: 7, dither: 0, compressionLevel: 6, adaptiveFiltering: false }),
  );
  return isFaithful(await decode(bytes), pixels, fidelity) ? toPicture(bytes, "image/png", pixels) : undefined;
}

function isFaithful(one: Pixels, other: Pixels, { meanMax, strayAbove, strayShareMax }: Fidelity): boolean {
  const count = one.data.length;
  let sum = 0;
  let strays = 0;
  for (let index = 0; index < count; index += 1) {
    const difference = Math.abs((one.data[index] ?? 0) - (other.data[index] ?? 0));
    sum += difference;
    if (difference > strayAbove) strays += 1;
  }
  return sum <= meanMax * count && strays <= strayShareMax * count;
}
