import { describe, expect, test } from "vitest";
import { Cron, lastTimeBetween, timeAfter, timesAfter } from "../../../src/core/cron.ts";
import { isoInZone } from "../../../src/core/timezone.ts";

/** The first `count` times after a moment, as the zone's clocks show them. */
function local(cron: string, timezone: string, after: string, count: number): string[] {
  const times = timesAfter({ cron, timezone }, new Date(after));
  return Array.from({ length: count }, () =>
    isoInZone(times.next().value, timezone).replace(":00+", "+").replace(":00-", "-"),
  );
}

describe("times", () => {
  test("follow the clocks of their zone, whatever the machine's", () => {
    expect(local("0 9 * * 1-5", "Europe/Berlin", "2026-11-20T12:00:00Z", 2)).toEqual([
      "2026-11-23T09:00+01:00",
      "2026-11-24T09:00+01:00",
    ]);
    expect(local("0 9 * * 1-5", "UTC", "2026-11-20T12:00:00Z", 1)).toEqual(["2026-11-23T09:00+00:00"]);
    expect(local("0 9 * * MON", "Asia/Kolkata", "2026-11-20T12:00:00Z", 1)).toEqual(["2026-11-23T09:00+05:30"]);
  });

  test("are after the moment, never at it", () => {
    const times = { cron: "* * * * *", timezone: "UTC" };
    expect(timeAfter(times, new Date("2026-11-20T12:00:00.000Z"))).toEqual(new Date("2026-11-20T12:01:00Z"));
    expect(timeAfter(times, new Date("2026-11-20T11:59:59.999Z"))).toEqual(new Date("2026-11-20T12:00:00Z"));
  });

  test("of day of the month or day of the week, where both are named", () => {
    expect(local("0 9 1 * 1", "UTC", "2026-11-24T00:00:00Z", 3)).toEqual([
      "2026-11-30T09:00+00:00",
      "2026-12-01T09:00+00:00",
      "2026-12-07T09:00+00:00",
    ]);
  });

  test("between two moments: the last one, the end included", () => {
    const times = { cron: "*/5 * * * *", timezone: "UTC" };
    const at = (time: string): Date => new Date(`2026-11-20T${time}Z`);
    expect(lastTimeBetween(times, at("12:00:00"), at("12:14:59"))).toEqual(at("12:10:00"));
    expect(lastTimeBetween(times, at("12:00:00"), at("12:15:00"))).toEqual(at("12:15:00"));
    expect(lastTimeBetween(times, at("12:00:00"), at("12:04:59"))).toBeUndefined();
  });
});

/* The moments at which these zones change their clocks; Lord Howe changes them by half an hour. */
const changes = {
  berlinSpring: ["Europe/Berlin", "2026-03-29T01:00:00Z"],
  berlinAutumn: ["Europe/Berlin", "2026-10-25T01:00:00Z"],
  newYorkSpring: ["America/New_York", "2026-03-08T07:00:00Z"],
  newYorkAutumn: ["America/New_York", "2026-11-01T06:00:00Z"],
  lordHoweSpring: ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  lordHoweAutumn: ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
} as const;

const hours = (count: number): number => count * 3_600_000;

describe("when the clocks are changed", () => {
  test.each([
    // A time that is left out comes at the first moment after the gap, several of them as one.
    ["30 2 * * *", "berlinSpring", ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]],
    ["0,30 2 * * *", "berlinSpring", ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"]],
    ["30 2,3 * * *", "berlinSpring", ["2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"]],
    ["30 2 * * *", "newYorkSpring", ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]],
    ["15 2 * * *", "lordHoweSpring", ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]],
    // A time that comes twice counts the first time.
    ["30 2 * * *", "berlinAutumn", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]],
    ["30 1 * * *", "newYorkAutumn", ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]],
    ["45 1 * * *", "lordHoweAutumn", ["2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"]],
    ["15 1 * * *", "lordHoweAutumn", ["2026-04-05T01:15+11:00", "2026-04-06T01:15+10:30"]],
    // Before and after the change the clocks are followed as on any day.
    ["0 9 * * *", "berlinSpring", ["2026-03-29T09:00+02:00", "2026-03-30T09:00+02:00"]],
    ["0 0 * * *", "berlinAutumn", ["2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"]],
  ] as const)("%s, %s: %j", (cron, change, expected) => {
    const [timezone, at] = changes[change];
    const midnightBefore = new Date(Date.parse(at) - hours(3.5)).toISOString();
    expect(local(cron, timezone, midnightBefore, 2)).toEqual(expected);
  });

  test.each([
    ["*/30 * * * *", "berlinSpring", ["01:30+01:00", "03:00+02:00", "03:30+02:00"]],
    ["*/30 2 * * *", "berlinSpring", ["02:00+02:00", "02:30+02:00", "02:00+02:00"]],
    ["*/30 * * * *", "berlinAutumn", ["02:30+02:00", "02:00+01:00", "02:30+01:00"]],
    ["0 */2 * * *", "berlinAutumn", ["02:00+01:00", "04:00+01:00", "06:00+01:00"]],
    ["*/15 * * * *", "lordHoweSpring", ["01:30+10:30", "01:45+10:30", "02:30+11:00", "02:45+11:00"]],
    ["*/15 * * * *", "lordHoweAutumn", ["01:30+11:00", "01:45+11:00", "01:30+10:30", "01:45+10:30"]],
  ] as const)("%s, %s: nothing in the gap, and again in what comes twice: %j", (cron, change, expected) => {
    const [timezone, at] = changes[change];
    const justBefore = new Date(Date.parse(at) - 30 * 60_000 - 1).toISOString();
    expect(local(cron, timezone, justBefore, expected.length).map((time) => time.slice(11))).toEqual(expected);
  });

  test.each(Object.entries(changes))(
    "%s: the times do not depend on when they are asked for",
    (_name, [timezone, at]) => {
      for (const cron of ["30 2 * * *", "30 1 * * *", "*/15 * * * *", "0 */2 * * *", "0,30 2 * * *"]) {
        const startMs = Date.parse(at) - hours(4);
        const all: number[] = [];
        for (const time of timesAfter({ cron, timezone }, new Date(startMs))) {
          expect(time.getTime()).toBeGreaterThan(all.at(-1) ?? startMs);
          all.push(time.getTime());
          if (time.getTime() > startMs + hours(8)) break;
        }
        for (let askedMs = startMs; askedMs < startMs + hours(8); askedMs += 7 * 60_000 + 1) {
          const expected = all.find((time) => time > askedMs);
          expect(timeAfter({ cron, timezone }, new Date(askedMs)).getTime()).toBe(expected);
        }
      }
    },
  );
});

describe("an expression", () => {
  test.each(["0 9 * * 1-5", "*/5 * * * *", "0 9 L * *", "0 9 * * 1#2", "0 9 29 2 *", "0 9 * JAN,JUL SUN"])(
    "%s is taken",
    (cron) => {
      expect(Cron.safeParse(cron).success).toBe(true);
    },
  );

  test.each([
    ["0 9 * *", /five fields .* it has 4/u],
    ["0 0 9 * * *", /five fields .* it has 6/u],
    ["@daily", /five fields .* it has 1/u],
    ["61 * * * *", /minute: 61/u],
    ["0 9 * * 8", /dayOfWeek: 8/u],
    ["a b c d e", /illegal characters/u],
    ["? 9 * * *", /`\*` stands for any/u],
    ["0 0 30 2 *", /no such day/u],
  ])("%s is refused: %s", (cron, message) => {
    expect(Cron.safeParse(cron).error?.issues[0]?.message).toMatch(message);
  });
});
