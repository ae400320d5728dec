import { z } from "zod";
import { Cron, timesAfter } from "./cron.ts";
import { Name } from "./name.ts";
import { Template } from "./template.ts";
import { TimeZone } from "./timezone.ts";

/** Placeholders that a schedule's alert fills in itself; a parameter of such a name would never be seen. */
export const reservedParams: readonly string[] = [
  "schedule",
  "scheduled",
  "status",
  "severity",
  "rule",
  "tags",
  "value",
  "message",
  "ruleLink",
  "links",
  "timestamp",
  "event_datetime",
  "received_datetime",
];

const Params = z
  .record(z.string().min(1).max(200), z.string().max(1000))
  .refine((params) => Object.keys(params).length <= 50, "at most 50 parameters")
  .superRefine((params, context) => {
    const refuse = (name: string, message: string): void => context.addIssue({ code: "custom", path: [name], message });
    for (const [name, value] of Object.entries(params)) {
      if (reservedParams.includes(name)) refuse(name, "is filled in by the schedule itself; leave it out");
      // What an alert's own fields take.
      if ((name === "entity" || name === "metric") && value.length > 200) refuse(name, "has at most 200 characters");
    }
  });

/** Pictures of portals, posted to channels at times of day. */
export const Schedule = z.strictObject({
  name: Name.describe("Name of the schedule, also the rule of its alerts and `${schedule}` in texts."),
  cron: Cron.describe("When: minute, hour, day of the month, month, day of the week, as in `0 9 * * 1-5`."),
  timezone: TimeZone.default("UTC").describe("IANA time zone whose clocks the times follow."),
  channels: z.array(Name).min(1).max(50).describe("Names of the channels to post to."),
  portals: z.array(Name).min(1).max(10).describe("Names of the portals to photograph."),
  text: Template.optional().describe(
    "Text with ${placeholders}; default: the schedule's name and the portals' titles.",
  ),
  params: Params.default({}).describe("Values of placeholders of the portals' URLs and of the text."),
  missed: z
    .enum(["once", "skip"])
    .default("once")
    .describe(
      "A time at which no Chartbell ran. once: made up for, at most an hour late; skip: at most a minute late.",
    ),
  enabled: z.boolean().default(true).describe("false: only when it is asked for."),
});
export type Schedule = z.infer<typeof Schedule>;

/** What a schedule runs without being asked to, said in one string: it changes when the times do. */
export function timesOf({ cron, timezone, enabled }: Schedule): string {
  return JSON.stringify([cron, timezone, enabled]);
}

/** The next times of a schedule, `count` of them; none when it is not enabled. */
export function nextTimes(schedule: Schedule, count: number, now: Date): readonly Date[] {
  if (!schedule.enabled) return [];
  const times = timesAfter(schedule, now);
  return Array.from({ length: count }, () => times.next().value);
}

/** A schedule as programs are shown it. */
export interface ScheduleDescription extends Omit<Schedule, "text" | "params"> {
  /** Its next three times. */
  readonly next: readonly Date[];
}

export function describeSchedule(schedule: Schedule, now: Date): ScheduleDescription {
  const { text: _text, params: _params, ...shown } = schedule;
  return { ...shown, next: nextTimes(schedule, 3, now) };
}
