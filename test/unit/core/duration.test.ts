import { expect, test } from "vitest";
import { dayClock, interval } from "../../../src/core/duration.ts";

test.each([
  [0, "00:00:00:00", "0s"],
  [-5, "00:00:00:00", "0s"],
  [45_999, "00:00:00:45", "45s"],
  [105_000, "00:00:01:45", "1m:45s"],
  [4_139_000, "00:01:08:59", "1h:8m:59s"],
  [3_600_000, "00:01:00:00", "1h:0m:0s"],
  [90_061_000, "01:01:01:01", "1d:1h:1m:1s"],
])("%i ms is %s and %s, as ATSD writes it", (ms, clock, short) => {
  expect(dayClock(ms)).toBe(clock);
  expect(interval(ms)).toBe(short);
});
