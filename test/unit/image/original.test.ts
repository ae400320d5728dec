import { createHash } from "node:crypto";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { createImaging } from "../../../src/image/imaging.ts";
import { chart, chunk, declaring, drawing, pixelsOf, withChunk, withMetadata } from "./pictures.ts";

const imaging = createImaging();

describe("original", () => {
  test("hands a capture on as it is", async () => {
    const picture = await imaging.original(chart);
    expect(picture.bytes.equals(chart)).toBe(true);
    expect(picture).toMatchObject({ mediaType: "image/png", width: 800, height: 500 });
    expect(picture.hash).toBe(createHash("sha256").update(chart).digest("hex"));
  });

  test("strips texts, times and resolutions without touching a pixel", async () => {
    const text = chunk("tEXt", Buffer.from("Comment\0the secret of the picture"));
    const time = chunk("tIME", Buffer.from([7, 230, 1, 1, 0, 0, 0]));
    const picture = await imaging.original(
      Buffer.concat([withChunk(withChunk(chart, text), time), Buffer.from("trailing")]),
    );
    expect(picture.bytes.equals(chart)).toBe(true);
  });

  test("strips what a camera or an editor leaves behind", async () => {
    const png = await withMetadata(chart);
    const picture = await imaging.original(png);
    expect(png.includes("the secret of the picture")).toBe(true);
    expect(picture.bytes.includes("the secret of the picture")).toBe(false);
    expect((await pixelsOf(picture.bytes)).equals(await pixelsOf(png))).toBe(true);
  });

  test("keeps the alpha channel", async () => {
    const png = await drawing(20, 10, "#ff000080");
    const picture = await imaging.original(await withMetadata(png));
    expect((await pixelsOf(picture.bytes)).equals(await pixelsOf(png))).toBe(true);
  });

  test("takes an animation's still picture", async () => {
    const control = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]);
    const picture = await imaging.original(withChunk(chart, chunk("acTL", control)));
    expect(picture.bytes.includes("acTL")).toBe(false);
    expect((await pixelsOf(picture.bytes)).equals(await pixelsOf(chart))).toBe(true);
  });

  test("takes sixteen bits a channel", async () => {
    const png = await sharp(chart).toColourspace("rgb16").png().toBuffer();
    expect(await imaging.original(png)).toMatchObject({ width: 800, height: 500 });
    expect(await imaging.isBlank(png)).toBe(false);
    expect(
      await imaging.isBlank(
        await sharp(await drawing(20, 20, "#fff"))
          .toColourspace("rgb16")
          .png()
          .toBuffer(),
      ),
    ).toBe(true);
  });

  test("takes grey and palette pictures", async () => {
    const grey = await sharp(chart).greyscale().png().toBuffer();
    const palette = await sharp(chart).png({ palette: true, colours: 8 }).toBuffer();
    for (const png of [grey, palette]) {
      expect(await imaging.isBlank(png)).toBe(false);
      expect(await imaging.crop(png, { clip: { x: 0, y: 0, width: 8, height: 8 } })).toBeInstanceOf(Buffer);
    }
  });
});

describe("bytes that are no picture", () => {
  const limits = { bytesMax: 1e7, pixelsMax: 1e8, sideMax: 1e5, mediaTypes: ["image/png"] } as const;
  const operations = {
    original: async (png: Buffer) => await imaging.original(png),
    fit: async (png: Buffer) => await imaging.fit(png, limits),
    isBlank: async (png: Buffer) => await imaging.isBlank(png),
    crop: async (png: Buffer) => await imaging.crop(png, { trim: true }),
  };

  describe.each(Object.entries(operations))("%s", (_name, operation) => {
    test("refuses a file that was cut off", async () => {
      await expect(operation(chart.subarray(0, chart.length / 2))).rejects.toMatchObject({
        code: "picture_unreadable",
      });
      await expect(operation(chart.subarray(0, chart.length - 12))).rejects.toMatchObject({
        code: "picture_unreadable",
      });
    });

    test("refuses a damaged file", async () => {
      const damaged = Buffer.from(chart);
      damaged[4000] = (damaged[4000] ?? 0) ^ 255;
      await expect(operation(damaged)).rejects.toMatchObject({ code: "picture_unreadable" });
    });

    test("refuses nothing at all, a web page and an animated GIF", async () => {
      const gif = await sharp(chart).resize(20).gif().toBuffer();
      for (const bytes of [Buffer.alloc(0), Buffer.from("<html><body>Sign in</body></html>"), gif]) {
        await expect(operation(bytes)).rejects.toMatchObject({ code: "picture_unreadable" });
      }
    });

    test("refuses more pixels than it will decode, before it decodes one", async () => {
      await expect(operation(await declaring(60_000, 60_000))).rejects.toMatchObject({
        code: "picture_too_large",
        details: { width: 60_000, height: 60_000, pixelsMax: 64_000_000 },
      });
    });

    test("refuses a picture without width", async () => {
      await expect(operation(await declaring(0, 10))).rejects.toMatchObject({ code: "picture_unreadable" });
    });
  });

  test("a header that promises more rows than follow is found when the pixels are needed", async () => {
    await expect(imaging.isBlank(await declaring(4, 4000))).rejects.toMatchObject({ code: "picture_unreadable" });
  });
});
