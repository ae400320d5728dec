import { describe, expect, test } from "vitest";
import { testPortalData } from "../../../portals/test/data.ts";
import type { TestPortalData } from "../../../portals/test/data.ts";

const now = new Date("2026-03-10T11:00:00Z");
const range = { from: "2026-03-10T08:00:00Z", to: "2026-03-10T11:00:00Z" };

function data(query: Readonly<Record<string, string>> = {}, at = now): TestPortalData {
  const answer = testPortalData(new URLSearchParams(query), at);
  if (answer.status !== 200) throw new Error(answer.body.error);
  return answer.body;
}

function refusal(query: string): string {
  const answer = testPortalData(new URLSearchParams(query), now);
  if (answer.status !== 400) throw new Error("The query was taken.");
  return answer.body.error;
}

describe("the test portal's data", () => {
  test("is the same for the same address, whatever the time of day", () => {
    expect(data(range, new Date("2030-01-01"))).toEqual(data(range));
  });

  test("differs between entities and metrics", () => {
    const points = (query: Readonly<Record<string, string>>) => data({ ...range, ...query }).series[0]?.points;
    expect(points({ entity: "web02" })).not.toEqual(points({}));
    expect(points({ metric: "memory_used" })).not.toEqual(points({}));
  });

  test("shows the last three hours of one metric unless told", () => {
    expect(data()).toMatchObject({
      entity: "web01",
      metric: "cpu_busy",
      unit: "%",
      from: Date.parse(range.from),
      to: Date.parse(range.to),
    });
  });

  test("crosses the threshold near the end and ends above it", () => {
    const { alert, current, threshold, series, to } = data(range);
    expect(current).toBeGreaterThan(threshold);
    expect(series[0]?.points.at(-1)).toEqual([to, current]);
    expect(alert?.until).toBeNull();
    expect(alert?.since).toBeGreaterThan(Date.parse("2026-03-10T10:15:00Z"));
    const quiet = series[0]?.points.filter(([time]) => time < Date.parse("2026-03-10T10:00:00Z")) ?? [];
    expect(quiet.every(([, value]) => value < threshold)).toBe(true);
  });

  test("tells the story of the alert's status", () => {
    const open = data({ ...range, status: "OPEN" });
    const repeat = data({ ...range, status: "repeat" });
    const cancel = data({ ...range, status: "CANCEL" });
    expect(repeat.alert?.since).toBeLessThan(open.alert?.since ?? 0);
    expect(cancel.current).toBeLessThan(cancel.threshold);
    expect(cancel.alert?.until).toBeLessThan(cancel.to);
  });

  test("ends at the value and uses the threshold that an alert names", () => {
    const { current, threshold, series } = data({ ...range, value: "97.2", threshold: "90" });
    expect([current, threshold]).toEqual([97.2, 90]);
    expect(series[0]?.points.at(-1)?.[1]).toBe(97.2);
    expect(data({ ...range, status: "CANCEL", value: "41.5" }).current).toBe(41.5);
  });

  test("makes room for a value beyond the metric's scale", () => {
    expect(data({ ...range, value: "240" })).toMatchObject({ current: 240, max: 300 });
    expect(data({ ...range, value: "-3" })).toMatchObject({ current: -3, min: -3, alert: null });
  });

  test("shows no alert above the threshold when the value it names lies below", () => {
    expect(data({ ...range, value: "12", threshold: "80" })).toMatchObject({ current: 12, alert: null });
  });

  test("gives the number of points and series asked for, in order of time, ends included", () => {
    const { series } = data({ ...range, points: "5000", series: "6" });
    expect(series.map(({ name }) => name)).toEqual(["web01", "web02", "web03", "web04", "web05", "web06"]);
    const times = series[5]?.points.map(([time]) => time) ?? [];
    expect(times).toHaveLength(5000);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect([times[0], times.at(-1)]).toEqual([Date.parse(range.from), Date.parse(range.to)]);
  });

  test("keeps a value at its time when more points are asked for", () => {
    const few = data({ ...range, points: "181" }).series[0]?.points ?? [];
    const many = new Map(data({ ...range, points: "1081" }).series[0]?.points);
    expect(few.every(([time, value]) => many.get(time) === value)).toBe(true);
  });

  test("stays within the scale of every metric and of an unknown one", () => {
    for (const metric of ["cpu_busy", "disk_used", "response_time", "error_rate", "queue_depth", "made.up/metric"]) {
      const { min, max, series, title } = data({ ...range, metric, series: "6" });
      const values = series.flatMap(({ points }) => points.map(([, value]) => value));
      expect(values.every((value) => value >= min && value <= max)).toBe(true);
      expect(title).not.toBe("");
    }
  });

  test("names the group's highest values and a heat map of them", () => {
    const { top, heat, current } = data({ ...range, entity: "db07.example.com" });
    expect(top[0]).toEqual({ entity: "db07.example.com", value: current });
    expect(heat.entities).toHaveLength(6);
    expect(heat.cells).toHaveLength(6 * heat.times.length);
    expect(new Set(heat.entities).size).toBe(6);
  });

  test("takes names as they come and empty parameters as absent", () => {
    expect(data({ entity: "<b>ünïcode & more</b>" }).entity).toBe("<b>ünïcode & more</b>");
    expect(data({ entity: "", points: "", value: "", status: "" })).toEqual(data());
  });
});

describe("the time range", () => {
  test.each([
    ["now-1h", "now", "2026-03-10T10:00:00Z", "2026-03-10T11:00:00Z"],
    ["now-7d", "now-90m", "2026-03-03T11:00:00Z", "2026-03-10T09:30:00Z"],
    ["now - 15 * minute", "now", "2026-03-10T10:45:00Z", "2026-03-10T11:00:00Z"],
    ["now - 2 * HOURS", "now+5m", "2026-03-10T09:00:00Z", "2026-03-10T11:05:00Z"],
    ["2026-03-10", "2026-03-10T09:00", "2026-03-10T00:00:00Z", "2026-03-10T09:00:00Z"],
    ["2026-03-10T09:00:00+02:00", "2026-03-10 08:00:00Z", "2026-03-10T07:00:00Z", "2026-03-10T08:00:00Z"],
    ["2026-03-10T09:00:00.250 02:00", "2026-03-10T08:00Z", "2026-03-10T07:00:00.250Z", "2026-03-10T08:00:00Z"],
    ["1773129600000", "1773140400000", "2026-03-10T08:00:00Z", "2026-03-10T11:00:00Z"],
  ])("from %s to %s", (from, to, start, end) => {
    expect(data({ from, to })).toMatchObject({ from: Date.parse(start), to: Date.parse(end) });
  });

  test.each(["yesterday", "now-1y", "now-1fortnight", "2026-13-01", "12", "now-999999w", "3026-01-01", "now-1h; drop"])(
    "refuses %s",
    (from) => {
      expect(refusal(`from=${encodeURIComponent(from)}`)).toMatch(/^from must be a time/u);
    },
  );

  test("has a beginning before its end, and a length", () => {
    expect(refusal("from=now&to=now-1h")).toMatch(/^from must be at least one minute before to/u);
    expect(refusal("from=now-59s")).toMatch(/^from must be at least one minute/u);
    expect(refusal("from=now-367d")).toMatch(/^from must be at most 366 days/u);
  });
});

describe("a parameter out of its range", () => {
  test.each([
    ["points=1", "points must be a whole number from 2 to 5000."],
    ["points=5001", "points must be a whole number from 2 to 5000."],
    ["points=1e3", "points must be a whole number from 2 to 5000."],
    ["series=7", "series must be a whole number from 1 to 6."],
    ["latency=30001", "latency must be a whole number from 0 to 30000."],
    ["latency=-1", "latency must be a whole number from 0 to 30000."],
    ["to=tomorrow", "to must be a time such as now-1h, 2026-01-31T09:00:00Z or 1769850000000."],
    ["status=CLOSED", "status must be OPEN, REPEAT or CANCEL."],
    ["value=lots", "value must be a number."],
    ["threshold=0", "threshold must be above 0."],
    [`entity=${"x".repeat(101)}`, "entity must be a name of at most 100 characters."],
    ["metric=a%0Ab", "metric must be a name of at most 100 characters."],
  ])("is named: %s", (query, error) => {
    expect(refusal(query)).toBe(error);
  });

  test("may reach its bounds", () => {
    expect(testPortalData(new URLSearchParams("points=2&series=1&latency=30000"), now).status).toBe(200);
  });
});
