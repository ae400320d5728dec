import { z } from "zod";
import { AlertStatus, severities } from "./alert.ts";
import type { Severity } from "./alert.ts";
import { limits } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { compilePattern } from "./pattern.ts";
import { TimeZone } from "./timezone.ts";

/** What a route's `match` may say; src/core/matcher.ts holds an alert against it. */

const oneOrMore = <Item extends z.ZodType>(item: Item, max: number) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1).max(max)]);

export const patternBounds = {
  charsMax: limits.routePatternCharsMax,
  statesMax: limits.routePatternStatesMax,
  textCharsMax: limits.routeMatchedCharsMax,
};

const Regex = z.strictObject({
  regex: z
    .string()
    .min(1)
    .superRefine((source, context) => {
      const result = compilePattern(source, patternBounds);
      if (!result.ok) context.addIssue({ code: "custom", message: result.problem });
    })
    .describe("A regular expression of RE2's syntax, found anywhere in the text; ^ and $ stand for its ends."),
});

/** A text, in which `*` stands for any characters and `?` for one, or `{ regex: … }`. */
export const TextPattern = z.union([
  z.string().max(limits.routePatternCharsMax),
  // Ports and codes are numbers to YAML.
  z.number().transform(String),
  z.boolean().transform(String),
  Regex,
]);
export type TextPattern = z.infer<typeof TextPattern>;

const Patterns = oneOrMore(TextPattern, limits.routePatternsMax);
const PatternsByName = z.record(z.string().min(1).max(200), Patterns);

/** What a text of the configuration means, or what is wrong with it. */
type Read<Value> = { readonly value: Value } | { readonly problem: string };

/** A text that `read` understands; it is kept as it was written. */
const readable = <Value>(read: (text: string) => Read<Value>) =>
  z.string().superRefine((text, context) => {
    const result = read(text);
    if ("problem" in result) context.addIssue({ code: "custom", message: result.problem });
  });

/** The severities of `warning`, `>=warning` (also >, <=, <) or `minor..critical`. */
export function severitiesIn(text: string): Read<readonly Severity[]> {
  const {
    sign = "",
    first = "",
    last = first,
  } = /^\s*(?:(?<sign>[<>]=?)\s*)?(?<first>[a-z]+)(?:\s*\.\.\s*(?<last>[a-z]+))?\s*$/iu.exec(text)?.groups ?? {};
  if (first === "" || (sign !== "" && last !== first)) {
    return { problem: `\`${text}\` is no severity and no range such as \`>=warning\` or \`minor..critical\`` };
  }
  const [from, to] = [rankOf(first), rankOf(last)];
  if (from < 0 || to < 0) {
    const unknown = from < 0 ? first : last;
    const near = nearest(unknown, severities);
    const hint = near === undefined ? `there are ${severities.join(", ")}` : `did you mean \`${near}\`?`;
    return { problem: `\`${unknown}\` is no severity; ${hint}` };
  }
  const value = severities.slice(...boundsOf(sign, from, to));
  return value.length === 0 ? { problem: `no severity is \`${text}\`` } : { value };
}

function rankOf(word: string): number {
  return severities.findIndex((one) => one === word.toLowerCase());
}

function boundsOf(sign: string, from: number, to: number): [start: number, end: number] {
  switch (sign) {
    case ">=":
      return [from, severities.length];
    case ">":
      return [from + 1, severities.length];
    case "<=":
      return [0, from + 1];
    case "<":
      return [0, from];
    default:
      return [from, to + 1];
  }
}

/** Days of the week as people write them; their places are the numbers that `daysIn` gives. */
export const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** The days of `mon`, `mon-fri` or `fri-mon`; Monday is 0. */
export function daysIn(text: string): Read<readonly number[]> {
  const [first = -1, last = first, ...more] = text.split("-").map(dayOf);
  if (first < 0 || last < 0 || more.length > 0) {
    return { problem: `\`${text}\` is no day; write ${dayNames.join(", ")}, or a range such as mon-fri` };
  }
  return { value: Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7) };
}

function dayOf(word: string): number {
  return dayNames.findIndex((day) => day === word.trim().toLowerCase());
}

/** Minutes since midnight of `9:00` or `17:30`; `24:00` is the end of the day. */
export function minutesIn(text: string): Read<number> {
  const { hour, minute } = /^(?<hour>\d{1,2}):(?<minute>[0-5]\d)$/u.exec(text)?.groups ?? {};
  const value = Number(hour) * 60 + Number(minute);
  return value <= 24 * 60 ? { value } : { problem: `\`${text}\` is no time of day such as 09:00 or 17:30` };
}

/** Hours of days of the week, as the clocks of a time zone show them. */
const Hours = z
  .strictObject({
    days: oneOrMore(readable(daysIn), 7)
      .optional()
      .describe("Days of the week or ranges such as mon-fri, one or a list; default: every day."),
    from: readable(minutesIn).default("00:00").describe("Begin."),
    to: readable(minutesIn).default("24:00").describe("End, not included; before `from`: on the next day."),
    timezone: TimeZone.default("UTC").describe("IANA time zone whose clocks these are."),
  })
  .refine(({ from, to }) => from.padStart(5, "0") !== to.padStart(5, "0"), "from and to are the same time")
  .refine(
    ({ days, from, to }) => days !== undefined || from !== "00:00" || to !== "24:00",
    "name days, or from and to",
  );
export type Hours = z.output<typeof Hours>;

const conditions = {
  rule: Patterns.optional().describe("Rule: exact, with * and ?, or { regex: … }; one or a list."),
  entity: Patterns.optional().describe("Entity, in the same forms."),
  metric: Patterns.optional().describe("Metric, in the same forms."),
  message: Patterns.optional().describe("The alert's text, in the same forms."),
  source: Patterns.optional().describe(
    "Name of the hook it came through, or what the alert itself says; in the same forms.",
  ),
  severity: oneOrMore(readable(severitiesIn), severities.length)
    .optional()
    .describe(`One or a list of ${severities.join(", ")}, or ranges: ">=warning", "minor..critical".`),
  status: oneOrMore(AlertStatus, 3).optional().describe("One or a list of OPEN, REPEAT, CANCEL."),
  tags: PatternsByName.optional().describe("Tag values, in the same forms; a missing tag is empty."),
  fields: PatternsByName.optional().describe(
    "Values of the alert's other fields, in the same forms; a missing one is empty.",
  ),
  time: oneOrMore(Hours, 20).optional().describe("When the alert came in: one or a list of hours of days."),
};

const Conditions = z.strictObject(conditions);
export type Conditions = z.output<typeof Conditions>;

const Exclusion = Conditions.refine(
  (block) => Object.values(block).some((value) => value !== undefined && Object.keys(value).length > 0),
  { error: "names no condition, and would exclude every alert", when: ({ issues }) => issues.length === 0 },
);

/** All conditions must hold, and none of the exclusions. */
export const Match = Conditions.safeExtend({
  not: oneOrMore(Exclusion, limits.routeExclusionsMax)
    .optional()
    .describe("Alerts to leave out: a block with the keys above, all of which must hold; or a list of blocks."),
});
export type Match = z.output<typeof Match>;
