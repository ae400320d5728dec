import { Cron as Pattern } from "croner";
import { z } from "zod";
import { messageOf } from "./errors.ts";

/*
 * Times of cron expressions. They follow the clocks of their zone; where those are changed:
 * - minute and hour without `*` and `/`: a time that is left out comes at the first moment after the gap, together with
 *   others as one; a time that comes twice counts the first time only.
 * - otherwise whatever the clocks show: nothing in the gap, and again in what comes twice.
 */

export interface CronTimes {
  readonly cron: string;
  readonly timezone: string;
}

/** The times after a moment, in rising order, without an end. */
export function* timesAfter({ cron, timezone }: CronTimes, after: Date): Generator<Date, never> {
  const pattern = new Pattern(cron, { timezone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
  for (let time = after; ; yield time) {
    const next = pattern.nextRun(time);
    if (next === null) throw new Error("There is no such day in any year.");
    time = next;
  }
}

/** The first time after a moment. */
export function timeAfter(times: CronTimes, after: Date): Date {
  return timesAfter(times, after).next().value;
}

/** The last time after `after` and not after `until`; undefined when there is none. Looks at every time between the two. */
export function lastTimeBetween(times: CronTimes, after: Date, until: Date): Date | undefined {
  let last: Date | undefined;
  for (const time of timesAfter(times, after)) {
    if (time > until) break;
    last = time;
  }
  return last;
}

/** A cron expression of five fields: minute, hour, day of the month, month, day of the week. */
export const Cron = z
  .string()
  .max(200)
  .superRefine((cron, context) => {
    const problem = cronProblem(cron);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

function cronProblem(cron: string): string | undefined {
  const count = cron.split(/\s+/u).filter((field) => field !== "").length;
  if (count !== 5) {
    return `must have five fields (minute hour day-of-month month day-of-week), such as \`0 9 * * 1-5\`; it has ${count}`;
  }
  // croner puts the present time in its place, in each process another one.
  if (cron.includes("?")) return "must not have `?`; `*` stands for any";
  try {
    timeAfter({ cron, timezone: "UTC" }, new Date("2024-01-01T00:00:00Z"));
    return undefined;
  } catch (error) {
    return `is no cron expression: ${messageOf(error).replace(/^CronPattern: /u, "")}`;
  }
}
