import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { PictureLimits } from "../../../src/core/picture.ts";
import { createImaging } from "../../../src/image/imaging.ts";
import { chart, difference, drawing, noise, withMetadata } from "./pictures.ts";

const imaging = createImaging();

const wide: PictureLimits = {
  bytesMax: 10 * 1024 * 1024,
  pixelsMax: 32_000_000,
  sideMax: 8000,
  mediaTypes: ["image/png", "image/webp", "image/jpeg"],
};

/** A page with a smooth gradient: 256 colours turn it into bands. */
async function gradient(): Promise<Buffer> {
  const stops = (...colors: string[]) =>
    colors.map((color, index) => `<stop offset="${index / (colors.length - 1)}" stop-color="${color}"/>`).join("");
  const fill = `
    <linearGradient id="g" x2="1" y2="1">${stops("#123", "#c63", "#fe8")}</linearGradient>
    <radialGradient id="r">${stops("#f00", "#00f")}</radialGradient>
    <rect width="900" height="600" fill="url(#g)"/><circle cx="450" cy="300" r="250" fill="url(#r)"/>`;
  return await drawing(900, 600, "#ffffff", fill);
}

describe("a picture within the limits", () => {
  const corner = async (): Promise<Buffer> =>
    await imaging.crop(chart, { clip: { x: 0, y: 0, width: 300, height: 200 } });

  test("passes as it was captured when it is small", async () => {
    const small = await corner();
    const picture = await imaging.fit(small, wide);
    expect((await difference(picture.bytes, small)).largest).toBe(0);
    expect(picture).toMatchObject({ mediaType: "image/png", width: 300, height: 200 });
  });

  test("passes without its metadata", async () => {
    const small = await corner();
    const picture = await imaging.fit(await withMetadata(small), wide);
    expect(picture.bytes.includes("the secret of the picture")).toBe(false);
    expect((await difference(picture.bytes, small)).largest).toBe(0);
  });

  test("is made smaller at its full size, to the eye the same, when it is not small", async () => {
    const four = await sharp({ create: { width: 1600, height: 1000, channels: 4, background: "#fff" } })
      .composite([{ input: chart, tile: true, gravity: "northwest" }])
      .png({ compressionLevel: 1 })
      .toBuffer();
    const picture = await imaging.fit(four, wide);
    expect(picture).toMatchObject({ mediaType: "image/png", width: 1600, height: 1000 });
    expect(picture.bytes.length).toBeLessThan(four.length / 2);
    expect((await difference(picture.bytes, four)).mean).toBeLessThan(0.5);
  });

  test("may be a single pixel", async () => {
    const pixel = await drawing(1, 1, "#336699");
    expect(await imaging.fit(pixel, wide)).toMatchObject({ mediaType: "image/png", width: 1, height: 1 });
    expect(await imaging.fit(pixel, { ...wide, mediaTypes: ["image/jpeg"] })).toMatchObject({ width: 1, height: 1 });
  });

  test("names the size and the media type that its bytes have", async () => {
    for (const mediaType of wide.mediaTypes) {
      const picture = await imaging.fit(chart, { ...wide, mediaTypes: [mediaType] });
      const { format, width, height } = await sharp(picture.bytes).metadata();
      expect([`image/${format}`, width, height]).toEqual([mediaType, picture.width, picture.height]);
    }
  });
});

describe("a chart too large for the limit", () => {
  test("becomes lossless WebP where PNG is not taken", async () => {
    const picture = await imaging.fit(chart, { ...wide, bytesMax: 60_000, mediaTypes: ["image/jpeg", "image/webp"] });
    expect(picture).toMatchObject({ mediaType: "image/webp", width: 800, height: 500 });
    expect((await difference(picture.bytes, chart)).largest).toBe(0);
  });

  test("becomes a palette PNG that looks the same, not a JPEG", async () => {
    for (const mediaTypes of [["image/jpeg", "image/png"], wide.mediaTypes] as const) {
      const picture = await imaging.fit(chart, { ...wide, bytesMax: 60_000, mediaTypes });
      expect(picture).toMatchObject({ mediaType: "image/png", width: 800, height: 500 });
      expect(picture.bytes.length).toBeLessThan(60_000);
      expect((await difference(picture.bytes, chart)).mean).toBeLessThan(0.2);
    }
  });

  test("keeps its full size with fewer colours before it is shrunk", async () => {
    const picture = await imaging.fit(chart, { ...wide, bytesMax: 25_000, mediaTypes: ["image/png", "image/jpeg"] });
    expect(picture).toMatchObject({ mediaType: "image/png", width: 800, height: 500 });
    expect((await difference(picture.bytes, chart)).mean).toBeLessThan(0.8);
  });

  test("is shrunk to half its side rather than smeared", async () => {
    const picture = await imaging.fit(chart, { ...wide, bytesMax: 14_000, mediaTypes: ["image/png", "image/jpeg"] });
    expect(picture.mediaType).toBe("image/png");
    expect(picture.bytes.length).toBeLessThanOrEqual(14_000);
    expect(picture.width).toBeGreaterThanOrEqual(400);
    expect(picture.width).toBeLessThan(800);
    const shrunk = await sharp(chart).resize(picture.width, picture.height, { fit: "fill" }).png().toBuffer();
    expect((await difference(picture.bytes, shrunk)).mean).toBeLessThan(0.8);
  });

  test.each([60_000, 30_000, 14_000, 6000])(
    "keeps %d bytes and its proportions whatever is taken",
    async (bytesMax) => {
      for (const mediaTypes of [["image/png"], ["image/webp"], ["image/jpeg"], wide.mediaTypes] as const) {
        const picture = await imaging.fit(chart, { ...wide, bytesMax, mediaTypes });
        expect(picture.bytes.length).toBeLessThanOrEqual(bytesMax);
        expect(mediaTypes).toContain(picture.mediaType);
        expect(picture.width / picture.height).toBeCloseTo(1.6, 1);
      }
    },
  );
});

describe("a picture larger than the destination shows", () => {
  test("is shrunk to the longest side, never below need", async () => {
    expect(await imaging.fit(chart, { ...wide, sideMax: 640 })).toMatchObject({
      mediaType: "image/png",
      width: 640,
      height: 400,
    });
  });

  test("is shrunk to the number of pixels", async () => {
    const picture = await imaging.fit(chart, { ...wide, pixelsMax: 100_000 });
    expect(picture).toMatchObject({ width: 400, height: 250 });
  });

  test("is shrunk to what the only format taken can hold", async () => {
    const tall = await drawing(8, 20_000, "#ffffff", '<path d="M0 500.5H8" stroke="#c33"/>');
    const picture = await imaging.fit(tall, { ...wide, sideMax: 50_000, mediaTypes: ["image/webp"] });
    expect(picture).toMatchObject({ mediaType: "image/webp", height: 16_383 });
  });

  test("stays sharp when it is shrunk", async () => {
    const picture = await imaging.fit(chart, { ...wide, sideMax: 400 });
    const expected = await sharp(chart).resize(400, 250, { fit: "fill", kernel: "lanczos3" }).png().toBuffer();
    expect((await difference(picture.bytes, expected)).mean).toBeLessThan(0.2);
  });
});

describe("pictures that are no charts", () => {
  test("a photograph becomes a JPEG of full size", async () => {
    const photograph = await noise(1000, 700);
    const picture = await imaging.fit(photograph, { ...wide, mediaTypes: ["image/png", "image/jpeg"] });
    expect(picture).toMatchObject({ mediaType: "image/jpeg", width: 1000, height: 700 });
    expect(picture.bytes.length).toBeLessThan(photograph.length / 2);
  });

  test("a photograph becomes a lossy WebP where that is taken", async () => {
    expect(await imaging.fit(await noise(1000, 700), wide)).toMatchObject({ mediaType: "image/webp", width: 1000 });
  });

  test("a small photograph needs no loss", async () => {
    expect(await imaging.fit(await noise(100, 70), wide)).toMatchObject({ mediaType: "image/png", width: 100 });
  });

  test("a photograph is shrunk where only PNG is taken", async () => {
    const picture = await imaging.fit(await noise(600, 400), { ...wide, bytesMax: 100_000, mediaTypes: ["image/png"] });
    expect(picture.mediaType).toBe("image/png");
    expect(picture.bytes.length).toBeLessThanOrEqual(100_000);
  });

  test("a smooth gradient is not broken into bands", async () => {
    const png = await gradient();
    const picture = await imaging.fit(png, { ...wide, bytesMax: png.length - 1, mediaTypes: ["image/png"] });
    const expected = await sharp(png).resize(picture.width, picture.height, { fit: "fill" }).png().toBuffer();
    expect((await difference(picture.bytes, expected)).largest).toBeLessThanOrEqual(2);
  });

  test("a smooth gradient becomes lossless WebP where that is taken", async () => {
    const png = await gradient();
    const picture = await imaging.fit(png, { ...wide, bytesMax: png.length - 1 });
    expect(picture).toMatchObject({ mediaType: "image/webp", width: 900, height: 600 });
    expect((await difference(picture.bytes, png)).largest).toBe(0);
  });

  test("transparency stays in PNG and WebP and becomes white in JPEG", async () => {
    const png = await drawing(40, 40, "#00000000", '<rect x="10" y="10" width="20" height="20" fill="#c33"/>');
    const cornerOf = async (mediaType: PictureLimits["mediaTypes"][number]): Promise<number[]> => {
      const { bytes } = await imaging.fit(png, { ...wide, mediaTypes: [mediaType] });
      return [...(await sharp(bytes).ensureAlpha().raw().toBuffer()).subarray(0, 4)];
    };
    expect((await cornerOf("image/png"))[3]).toBe(0);
    expect((await cornerOf("image/webp"))[3]).toBe(0);
    expect(await cornerOf("image/jpeg")).toEqual([255, 255, 255, 255]);
  });
});

describe("a picture that cannot fit", () => {
  test("is refused with the numbers", async () => {
    await expect(imaging.fit(chart, { ...wide, bytesMax: 100 })).rejects.toMatchObject({
      code: "picture_unfit",
      message: expect.stringMatching(/800 x 500 pixels.*smallest encoding has \d+ bytes.*100 bytes/u),
      details: { bytesMax: 100, width: 800, height: 500, bytes: expect.any(Number) },
    });
  });

  test.each([{ mediaTypes: [] }, { sideMax: 0 }, { pixelsMax: 0 }, { bytesMax: 0 }])(
    "is refused when nothing is taken: %j",
    async (limit) => {
      await expect(imaging.fit(chart, { ...wide, ...limit })).rejects.toMatchObject({ code: "picture_unfit" });
    },
  );
});
