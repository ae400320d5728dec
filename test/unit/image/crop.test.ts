import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { createImaging } from "../../../src/image/imaging.ts";
import { drawing, pixelsOf, withMetadata } from "./pictures.ts";

const imaging = createImaging({ trimKeepPx: 4 });

async function sizeOf(png: Buffer): Promise<string> {
  const { width, height, format } = await sharp(png).metadata();
  return `${format} ${width} x ${height}`;
}

const box = '<rect x="50" y="30" width="100" height="60" fill="#c33"/>';

describe("crop", () => {
  test("cuts out the rectangle, pixel for pixel", async () => {
    const png = await drawing(300, 200, "#ffffff", box);
    const clip = { x: 40, y: 20, width: 70, height: 90 };
    const cropped = await imaging.crop(png, { clip });
    const expected = await sharp(png).extract({ left: 40, top: 20, width: 70, height: 90 }).png().toBuffer();
    expect(await sizeOf(cropped)).toBe("png 70 x 90");
    expect((await pixelsOf(cropped)).equals(await pixelsOf(expected))).toBe(true);
  });

  test("leaves away what lies outside the picture and rounds fractions outwards", async () => {
    const png = await drawing(300, 200, "#ffffff", box);
    expect(await sizeOf(await imaging.crop(png, { clip: { x: -20, y: 150.5, width: 400, height: 400 } }))).toBe(
      "png 300 x 50",
    );
  });

  test("refuses a rectangle that shows nothing of the picture", async () => {
    const png = await drawing(300, 200, "#ffffff");
    await expect(imaging.crop(png, { clip: { x: 300, y: 0, width: 10, height: 10 } })).rejects.toMatchObject({
      code: "clip_outside",
      message: expect.stringContaining("300 x 200"),
    });
  });

  test("leaves its input alone and strips metadata", async () => {
    const png = await withMetadata(await drawing(300, 200, "#ffffff", box));
    const copy = Buffer.from(png);
    const cropped = await imaging.crop(png, { trim: true });
    expect(png.equals(copy)).toBe(true);
    const { exif, density } = await sharp(cropped).metadata();
    expect([exif, density]).toEqual([undefined, undefined]);
  });
});

describe("trimming", () => {
  test.each(["#ffffff", "#0e1217", "#00000000"])(
    "cuts uniform margins of %s and keeps a little",
    async (background) => {
      const png = await drawing(300, 200, background, box);
      expect(await sizeOf(await imaging.crop(png, { trim: true }))).toBe("png 108 x 68");
    },
  );

  test("never keeps more than there was", async () => {
    const png = await drawing(300, 200, "#ffffff", '<rect x="1" y="2" width="298" height="195" fill="#c33"/>');
    expect(await sizeOf(await imaging.crop(png, { trim: true }))).toBe("png 300 x 200");
  });

  test("knows margins of different colours on different sides", async () => {
    const content = `<rect width="300" height="20" fill="#222"/><rect y="180" width="300" height="20" fill="#ccc"/>${box}`;
    expect(await sizeOf(await imaging.crop(await drawing(300, 200, "#ffffff", content), { trim: true }))).toBe(
      "png 108 x 168",
    );
  });

  test("keeps a blank picture whole", async () => {
    expect(await sizeOf(await imaging.crop(await drawing(120, 80, "#ffffff"), { trim: true }))).toBe("png 120 x 80");
    expect(await sizeOf(await imaging.crop(await drawing(1, 1, "#ffffff"), { trim: true }))).toBe("png 1 x 1");
  });

  test("does not cut into a hairline", async () => {
    const png = await drawing(300, 200, "#ffffff", '<path d="M100.5 0V200" stroke="#eee"/>');
    expect(await sizeOf(await imaging.crop(png, { trim: true }))).toBe("png 9 x 200");
  });

  test("looks at the clipped part only", async () => {
    const png = await drawing(300, 200, "#ffffff", `${box}<rect x="250" width="50" height="200" fill="#36c"/>`);
    const cropped = await imaging.crop(png, { clip: { x: 0, y: 0, width: 240, height: 200 }, trim: true });
    expect(await sizeOf(cropped)).toBe("png 108 x 68");
  });
});
