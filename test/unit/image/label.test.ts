import sharp from "sharp";
import { expect, test } from "vitest";
import { createImaging } from "../../../src/image/imaging.ts";
import { chart, drawing } from "./pictures.ts";

const imaging = createImaging();

test("a label stands below the picture and covers nothing of it", async () => {
  const labelled = await imaging.label(chart, "Incomplete: the chart box #requests was still empty <b>&");
  const { width, height } = await sharp(chart).metadata();
  expect(await sharp(labelled).metadata()).toMatchObject({ width, height: height + 26 });
  const top = await sharp(labelled).extract({ left: 0, top: 0, width, height }).removeAlpha().raw().toBuffer();
  expect(top.equals(await sharp(chart).removeAlpha().raw().toBuffer())).toBe(true);
  const bar = await sharp(labelled).extract({ left: 0, top: height, width, height: 26 }).removeAlpha().raw().toBuffer();
  // The bar's colour at its corner, and white letters on it.
  expect([...bar.subarray(0, 3)]).toEqual([0x8a, 0x4b, 0x08]);
  expect(bar.includes(Buffer.from([255, 255, 255]))).toBe(true);
});

test("a label fits the narrowest picture", async () => {
  const labelled = await imaging.label(await drawing(16, 16, "#336699"), "Incomplete: everything");
  expect(await sharp(labelled).metadata()).toMatchObject({ width: 16, height: 42 });
});
