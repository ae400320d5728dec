import sharp from "sharp";
import type { Sharp } from "sharp";
import { messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Rectangle } from "./contract.ts";
import { unreadable } from "./png.ts";

/** A decoded picture: sRGB, 8 bits a channel, always with alpha; rows from the top, without padding. */
export interface Pixels {
  /** Red, green, blue and alpha of each pixel, four bytes. */
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

const bytesPerPixel = 4;

/** Decodes a PNG that `inspectPng` has accepted. Throws picture_unreadable. */
export async function decode(png: Buffer): Promise<Pixels> {
  try {
    const { data, info } = await sharp(png, { limitInputPixels: limits.picturePixelsMax })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch (cause) {
    throw unreadable(messageOf(cause), cause);
  }
}

/** A sharp pipeline that starts from decoded pixels; the alpha channel is left out where every pixel is opaque. */
export function pipeline({ data, width, height }: Pixels, isOpaque: boolean): Sharp {
  const source = sharp(data, { raw: { width, height, channels: bytesPerPixel }, limitInputPixels: false });
  return isOpaque ? source.removeAlpha() : source;
}

/** The part of the picture inside the rectangle, which must lie within it. */
export function cut(pixels: Pixels, { x, y, width, height }: Rectangle): Pixels {
  if (width === pixels.width && height === pixels.height) return pixels;
  const rowBytes = width * bytesPerPixel;
  const data = Buffer.allocUnsafeSlow(rowBytes * height);
  for (let row = 0; row < height; row += 1) {
    const from = ((y + row) * pixels.width + x) * bytesPerPixel;
    pixels.data.copy(data, row * rowBytes, from, from + rowBytes);
  }
  return { data, width, height };
}

/** Whether no pixel lets anything shine through. */
export function isOpaque({ data }: Pixels): boolean {
  for (let index = 3; index < data.length; index += bytesPerPixel) {
    if (data[index] !== 255) return false;
  }
  return true;
}

/** Each pixel as one number, for comparing whole pixels at once. */
export function words({ data, width, height }: Pixels): Uint32Array {
  const count = width * height;
  if (data.byteOffset % bytesPerPixel === 0) return new Uint32Array(data.buffer, data.byteOffset, count);
  return new Uint32Array(Uint8Array.from(data).buffer, 0, count);
}

/** Whether two pixels look the same: no channel differs by more than `tolerance`, or neither is visible. */
export function isAlike(one: number, other: number, tolerance: number): boolean {
  if (one === other) return true;
  let largest = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    largest = Math.max(largest, Math.abs(((one >>> shift) & 255) - ((other >>> shift) & 255)));
  }
  if (largest <= tolerance) return true;
  // Words are little endian on every platform that Chromium runs on: alpha is the top byte.
  return one >>> 24 === 0 && other >>> 24 === 0;
}
