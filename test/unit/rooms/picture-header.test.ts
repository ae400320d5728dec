import { expect, test } from "vitest";
import { readPictureHeader } from "../../../src/rooms/picture-header.ts";
import { tinyPng } from "./open-rooms.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const png = (width: number, height: number): Buffer => {
  const bytes = Buffer.from(tinyPng);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};
const riff = (rest: string): Buffer =>
  Buffer.concat([Buffer.from("RIFF\x00\x00\x00\x00WEBP"), hex(rest), Buffer.alloc(20)]);

const samples: readonly (readonly [string, Buffer, string, number, number])[] = [
  ["PNG", tinyPng, "image/png", 4, 4],
  ["GIF", hex("474946383961 0a00 1400 0000"), "image/gif", 10, 20],
  [
    "JPEG, with other segments before the frame",
    hex("ffd8 ffe0 0004 0000 ffff c4 0003 00 ffc0 0011 08 0140 0280 03"),
    "image/jpeg",
    640,
    320,
  ],
  ["progressive JPEG", hex("ffd8 ffc2 0011 08 0001 0002 03 00"), "image/jpeg", 2, 1],
  ["WebP, lossy", riff("56503820 00000000 000000 9d012a 0a00 1440"), "image/webp", 10, 20],
  ["WebP, lossless", riff("5650384c 00000000 2f 0900 0500"), "image/webp", 10, 21],
  ["WebP, extended", riff("56503858 0a000000 00000000 1f0300 570200"), "image/webp", 800, 600],
];

test.each(samples)("reads the size of a %s", (_, bytes, mediaType, width, height) => {
  expect(readPictureHeader(bytes)).toEqual({ mediaType, width, height });
});

test.each(samples)("a %s cut anywhere is no picture or the same one, and never throws", (_, bytes, mediaType) => {
  for (let end = 0; end < bytes.length; end++) {
    const header = readPictureHeader(bytes.subarray(0, end));
    expect(header === undefined || header.mediaType === mediaType).toBe(true);
  }
  expect(readPictureHeader(bytes.subarray(0, 9))).toBeUndefined();
});

test("a picture beyond 8000 pixels on a side, or without any, is not shown inline", () => {
  expect(readPictureHeader(png(8000, 8000))).toMatchObject({ width: 8000 });
  expect(readPictureHeader(png(8001, 1))).toBeUndefined();
  expect(readPictureHeader(png(1, 0))).toBeUndefined();
});

test.each([
  ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ["HTML", "<!doctype html><script>alert(1)</script>"],
  ["nothing", ""],
  ["a JPEG that never comes to its frame", "\xff\xd8\xff\xe0\x00\x00"],
])("%s is no picture", (_, text) => {
  expect(readPictureHeader(Buffer.from(text, "latin1"))).toBeUndefined();
});
