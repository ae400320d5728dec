import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import sharp from "sharp";

/** The test portal at 800 x 500, as Chromium captured it. */
export const chart: Buffer = readFileSync(new URL("../../fixtures/chart.png", import.meta.url));

/** A PNG of an SVG's content on a background. */
export async function drawing(width: number, height: number, background: string, content = ""): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`;
  return await sharp({ create: { width, height, channels: 4, background } })
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer();
}

/** A PNG that no palette and no run of equal pixels can describe. */
export async function noise(width: number, height: number): Promise<Buffer> {
  return await sharp({
    create: { width, height, channels: 3, background: "#808080", noise: { type: "gaussian", mean: 128, sigma: 40 } },
  })
    .png()
    .toBuffer();
}

/** A PNG with a text, a time, a resolution and an orientation in it. */
export async function withMetadata(png: Buffer): Promise<Buffer> {
  return await sharp(png)
    .withExif({ IFD0: { Copyright: "the secret of the picture" } })
    .withMetadata({ density: 300 })
    .png()
    .toBuffer();
}

/** The pixels with alpha, for comparisons. */
export async function pixelsOf(picture: Buffer): Promise<Buffer> {
  return await sharp(picture).toColourspace("srgb").ensureAlpha().raw({ depth: "uchar" }).toBuffer();
}

/** The mean and the largest difference of two pictures of one size, per channel of 255. */
export async function difference(
  one: Buffer,
  other: Buffer,
): Promise<{ readonly mean: number; readonly largest: number }> {
  const [left, right] = await Promise.all([pixelsOf(one), pixelsOf(other)]);
  if (left.length !== right.length) throw new Error("The pictures differ in size.");
  const differences = left.map((value, index) => Math.abs(value - (right[index] ?? 0)));
  return {
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    largest: differences.reduce((most, value) => Math.max(most, value), 0),
  };
}

/** A PNG with another width and height in its header; the checksum is right. */
export async function declaring(width: number, height: number): Promise<Buffer> {
  const png = Buffer.from(await drawing(4, 4, "#ffffff"));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

/** A chunk with the right length and checksum. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** The PNG with a chunk put in behind the header. */
export function withChunk(png: Buffer, inserted: Buffer): Buffer {
  const headerEnd = 33;
  return Buffer.concat([png.subarray(0, headerEnd), inserted, png.subarray(headerEnd)]);
}
