import { expect, test } from "vitest";
import { ShotOptions } from "../../../src/core/portal.ts";
import { frame } from "../../../src/web-driver/framing.ts";

const page = {
  scrollX: 0,
  scrollY: 0,
  windowWidth: 400,
  windowHeight: 300,
  pageWidth: 400,
  pageHeight: 1000,
  box: null,
};
const framed = (options: unknown, measures = {}) => frame(ShotOptions.parse(options), { ...page, ...measures });

test("the window is framed where it is scrolled to", () => {
  const { area, reach } = framed({}, { scrollY: 200 });
  expect([area, reach]).toEqual([{ x: 0, y: 200, width: 400, height: 300 }, "window"]);
});

test("a box with broken coordinates is framed in whole pixels, and kept on the page with its padding", () => {
  const crop = { selector: "#a", padding: 10 };
  const { area, reach } = framed({ crop }, { box: { x: 4.5, y: 980.2, width: 50.2, height: 19.8 } });
  expect([area, reach]).toEqual([{ x: 0, y: 970, width: 65, height: 30 }, "beyond"]);
});

test("the size is in device pixels", () => {
  const { width, height } = framed({ viewport: { scale: 1.5 }, crop: { clip: { x: 0, y: 0, width: 33, height: 20 } } });
  expect([width, height]).toEqual([50, 30]);
});

test("too many pixels are refused", () => {
  expect(() => framed({ viewport: { scale: 4 }, fullPage: true }, { pageHeight: 20_000 })).toThrow("1600 x 80000");
});
