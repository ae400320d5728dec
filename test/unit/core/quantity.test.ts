import { describe, expect, test } from "vitest";
import { Duration, durationMs, Size, sizeBytes } from "../../../src/core/quantity.ts";

describe("Duration", () => {
  test.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
  ])("%s is %i ms", (text, ms) => {
    expect(durationMs(Duration.parse(text))).toBe(ms);
  });
  test.each(["", "30", "0d", "-1d", "1.5h", "30 d", "30D", "1w", "1234567s", "1d\n", 30])(
    "%j is refused with examples",
    (text) => {
      const problem = Duration.safeParse(text).error?.issues[0]?.message;
      expect(problem).toMatch(typeof text === "string" ? /90s, 10m, 12h or 30d/u : /string/u);
    },
  );
});

describe("Size", () => {
  test.each([
    ["64KiB", 65_536],
    ["500MiB", 524_288_000],
    ["2GiB", 2_147_483_648],
    ["1TiB", 1_099_511_627_776],
  ])("%s is %i bytes", (text, bytes) => {
    expect(sizeBytes(Size.parse(text))).toBe(bytes);
  });
  test.each(["2GB", "2", "0MiB", "2 GiB", "2gib", "2GiB "])("%j is refused with examples", (text) => {
    expect(Size.safeParse(text).error?.issues[0]?.message).toMatch(/500MiB, 2GiB or 1TiB/u);
  });
});
