import { describe, expect, test } from "vitest";
import { createImaging } from "../../../src/image/imaging.ts";
import { chart, drawing } from "./pictures.ts";

const imaging = createImaging();

describe("isBlank", () => {
  test.each(["#ffffff", "#000000", "#0e1217", "#f3f5f8", "#00000000"])(
    "says so of one flat colour: %s",
    async (color) => {
      expect(await imaging.isBlank(await drawing(1280, 800, color))).toBe(true);
    },
  );

  test("forgives the rounding of a colour", async () => {
    const speck = '<rect x="100" y="100" width="50" height="50" fill="#fefdff"/>';
    expect(await imaging.isBlank(await drawing(400, 300, "#ffffff", speck))).toBe(true);
  });

  test.each([
    ["one line, one pixel thin", '<path d="M0 400.5H1280" stroke="#ccc"/>'],
    ["a hairline nearly as light as the page", '<path d="M0 400.5H1280" stroke="#f8f8f8"/>'],
    ["a single word", '<text x="600" y="400" font-size="10">No data</text>'],
    ["one pixel in the last corner", '<rect x="1279" y="799" width="1" height="1"/>'],
  ])("does not overlook %s", async (_name, content) => {
    expect(await imaging.isBlank(await drawing(1280, 800, "#ffffff", content))).toBe(false);
  });

  test("does not take a light line on a dark page for nothing", async () => {
    expect(await imaging.isBlank(await drawing(400, 300, "#111111", '<path d="M0 9.5H400" stroke="#1c1c1c"/>'))).toBe(
      false,
    );
  });

  test("sees a chart", async () => {
    expect(await imaging.isBlank(chart)).toBe(false);
  });

  test("calls a single pixel blank: nothing was drawn on it", async () => {
    expect(await imaging.isBlank(await drawing(1, 1, "#336699"))).toBe(true);
  });
});
