import { describe, expect, test } from "vitest";
import type { Alert, AlertStatus } from "../../../src/core/alert.ts";
import { durationOf, enterWindow, momentOf, timeRangeOf } from "../../../src/core/window.ts";
import type { Entered, Window } from "../../../src/core/window.ts";
import { alertOf } from "../../support/pipeline.ts";

const at = (clock: string): Date => new Date(`2026-03-01T${clock}Z`);

interface Step {
  /** When it is accepted. */
  readonly at: string;
  /** Undefined: the source leaves it open. */
  readonly says?: AlertStatus;
  /** The source's own time. */
  readonly time?: string;
  readonly facts?: Partial<Alert>;
}

function enter({ at: clock, says, time, facts }: Step, before: Window | undefined): Entered {
  const acceptedAt = at(clock);
  const alert = { ...alertOf(), ...facts, acceptedAt, time: time === undefined ? acceptedAt : at(time) };
  return enterWindow(alert, { status: says, time: time !== undefined }, before);
}

/** Lets alerts in one after the other; what each turned out to be. */
function through(steps: readonly Step[]): readonly Entered[] {
  const all: Entered[] = [];
  for (const step of steps) all.push(enter(step, all.at(-1)?.window));
  return all;
}
const statuses = (all: readonly Entered[]): readonly string[] =>
  all.map(({ alert: { status, window } }) => (window.isLate ? `${status} late` : `${status} after ${window.before}`));

describe("a source that leaves the status open", () => {
  test("opens a window, and repeats while it is open", () => {
    const all = through([{ at: "10:00:00" }, { at: "10:01:00" }, { at: "10:02:00" }]);
    expect(statuses(all)).toEqual(["OPEN after CANCEL", "REPEAT after OPEN", "REPEAT after REPEAT"]);
    expect(all.map(({ alert }) => alert.window.repeats)).toEqual([0, 1, 2]);
    expect(all.map(({ alert }) => alert.window.openTime)).toEqual([at("10:00:00"), at("10:00:00"), at("10:00:00")]);
  });

  test("opens it again after a CANCEL, whatever the times say: a sender that lost its memory tells old ones", () => {
    const all = through([
      { at: "10:00:00", time: "09:59:00" },
      { at: "10:05:00", time: "10:05:00", says: "CANCEL" },
      { at: "10:06:00", time: "09:59:00" },
    ]);
    expect(statuses(all)).toEqual(["OPEN after CANCEL", "CANCEL after OPEN", "OPEN after CANCEL"]);
    expect(all[2]?.alert.window.repeats).toBe(0);
  });
});

describe("a source that tells the status", () => {
  test("is taken at its word: an OPEN begins anew, a REPEAT opens what was not known", () => {
    const all = through([
      { at: "10:00:00", says: "REPEAT" },
      { at: "10:01:00", says: "OPEN" },
      { at: "10:02:00", says: "REPEAT" },
      { at: "10:03:00", says: "CANCEL" },
      { at: "10:04:00", says: "CANCEL" },
    ]);
    expect(statuses(all)).toEqual([
      "REPEAT after CANCEL",
      "OPEN after REPEAT",
      "REPEAT after OPEN",
      "CANCEL after REPEAT",
      "CANCEL after CANCEL",
    ]);
    expect(all.map(({ alert }) => alert.window.repeats)).toEqual([1, 0, 1, 1, 0]);
    expect(all[3]?.alert.window.openTime).toEqual(at("10:01:00"));
  });

  test("an OPEN that comes after the CANCEL that ended it changes nothing", () => {
    const all = through([
      { at: "10:06:00", time: "10:05:00", says: "CANCEL" },
      { at: "10:07:00", time: "10:00:00", says: "OPEN" },
      { at: "10:08:00", time: "10:06:00", says: "OPEN" },
    ]);
    expect(statuses(all)).toEqual(["CANCEL after CANCEL", "OPEN late", "OPEN after CANCEL"]);
    expect(all[1]?.window).toBe(all[0]?.window);
  });

  test("a CANCEL that comes after the OPEN that began anew does not end that", () => {
    const all = through([
      { at: "10:00:00", time: "10:00:00", says: "OPEN" },
      { at: "10:10:00", time: "10:10:00", says: "OPEN" },
      { at: "10:11:00", time: "10:05:00", says: "CANCEL" },
    ]);
    expect(statuses(all)).toEqual(["OPEN after CANCEL", "OPEN after OPEN", "CANCEL late"]);
    expect(all[2]?.window.status).toBe("OPEN");
  });

  test("the latest CANCEL counts, in whatever order they come", () => {
    const all = through([
      { at: "10:06:00", time: "10:05:00", says: "CANCEL" },
      { at: "10:07:00", time: "10:01:00", says: "CANCEL" },
      { at: "10:08:00", time: "10:03:00", says: "OPEN" },
    ]);
    expect(statuses(all)).toEqual(["CANCEL after CANCEL", "CANCEL after CANCEL", "OPEN late"]);
  });

  test("a CANCEL with a clock that is ahead does not make what follows late", () => {
    const all = through([
      { at: "10:00:00", time: "23:00:00", says: "CANCEL" },
      { at: "10:01:00", time: "10:01:00", says: "OPEN" },
    ]);
    expect(statuses(all)).toEqual(["CANCEL after CANCEL", "OPEN after CANCEL"]);
  });
});

describe("how long it lasts", () => {
  const lasts = (all: readonly Entered[]): readonly number[] => all.map(({ alert }) => durationOf(alert) / 1000);

  test("is told by the source's times", () => {
    const all = through([
      { at: "10:00:05", time: "10:00:00", says: "OPEN" },
      { at: "10:02:05", time: "10:02:00", says: "REPEAT" },
      { at: "10:09:00", time: "10:03:00", says: "CANCEL" },
    ]);
    expect(lasts(all)).toEqual([0, 120, 180]);
  });

  test("counts to the arrival where the source repeats the time at which it began", () => {
    const all = through([
      { at: "10:00:05", time: "10:00:00" },
      { at: "10:30:00", time: "10:00:00" },
    ]);
    expect(lasts(all)).toEqual([0, 1800]);
    expect(all.map(({ alert }) => momentOf(alert))).toEqual([at("10:00:00"), at("10:30:00")]);
  });

  test("is never below 0, and 0 where nothing was open", () => {
    expect(lasts(through([{ at: "10:00:00", time: "11:00:00" }, { at: "10:01:00" }]))).toEqual([0, 0]);
    expect(lasts(through([{ at: "10:00:00", says: "CANCEL" }]))).toEqual([0]);
  });
});

test("a window remembers its last values, the newest first, and the severity before", () => {
  const all = through(
    [1, 2, 3, 4, 5, 6, 7].map((value) => ({
      at: `10:0${value}:00`,
      facts: { value, severity: value < 7 ? ("warning" as const) : ("critical" as const) },
    })),
  );
  const last = all.at(-1);
  expect(last?.alert.window).toMatchObject({ openValue: 1, severityBefore: "warning" });
  expect(last?.alert.window.values.map(({ value }) => value)).toEqual([6, 5, 4, 3, 2]);
  expect(last?.window.values.map(({ value }) => value)).toEqual([7, 6, 5, 4, 3]);
});

describe("the time that a chart shows", () => {
  const hour = 3_600_000;

  test("is the window, and a while before it", () => {
    const [opened, repeated, cancelled] = through([
      { at: "10:00:05", time: "10:00:00" },
      { at: "10:30:00", time: "10:00:00" },
      { at: "10:45:00", time: "10:40:00", says: "CANCEL" },
    ]).map(({ alert }) => timeRangeOf(alert, hour));
    expect(opened).toEqual({ from: at("09:00:00"), to: at("10:00:05") });
    expect(repeated).toEqual({ from: at("09:00:00"), to: at("10:30:00") });
    expect(cancelled).toEqual({ from: at("09:00:00"), to: at("10:40:00") });
  });

  test("is what the alert asks for", () => {
    const timeRange = { from: "2026-03-01T08:00:00+01:00", to: "2026-03-01T09:00:00+01:00" };
    expect(timeRangeOf(alertOf({ timeRange }), hour)).toEqual({ from: at("07:00:00"), to: at("08:00:00") });
  });

  test("is the portal's own for what has no window, but for what happens once", () => {
    expect(timeRangeOf(alertOf(), hour)).toBeUndefined();
    expect(timeRangeOf(alertOf({ once: true }), hour)).toEqual({ from: at("11:30:45"), to: at("12:30:45") });
  });
});
