import { cutText, escapeHtml } from "../core/text.ts";
import { encodePng } from "./encode.ts";
import { decode, pipeline } from "./pixels.ts";
import { inspectPng } from "./png.ts";

const barPx = 26;
const letterPx = 7.2;
const paddingPx = 10;

/**
 * The picture and below it a bar that says `text` in one line, cut to the width with a mark; nothing of the picture is
 * covered. Returns a lossless PNG.
 */
export async function label(png: Buffer, text: string): Promise<Buffer> {
  inspectPng(png);
  const pixels = await decode(png);
  const { width, height } = pixels;
  // A bar is as high on a picture of twice the density as people see it on one of the single.
  const scale = Math.max(1, Math.round(width / 1600));
  const bar = barPx * scale;
  const letters = Math.max(1, Math.floor((width - 2 * paddingPx * scale) / (letterPx * scale)));
  const words = escapeHtml(cutText(text.replace(/\s+/gu, " "), letters));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bar}">
    <rect width="100%" height="100%" fill="#8a4b08"/>
    <text x="${paddingPx * scale}" y="${Math.round(bar * 0.69)}" fill="#ffffff" font-size="${13 * scale}"
      font-family="Liberation Sans, DejaVu Sans, Arial, sans-serif">${words}</text></svg>`;
  const taller = {
    data: Buffer.concat([pixels.data, Buffer.alloc(width * bar * 4, 255)]),
    width,
    height: height + bar,
  };
  const data = await pipeline(taller, false)
    .composite([{ input: Buffer.from(svg), left: 0, top: height }])
    .raw()
    .toBuffer();
  return await encodePng({ ...taller, data });
}
