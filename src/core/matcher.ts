import type { Alert } from "./alert.ts";
import { matchesGlob } from "./glob.ts";
import { dayNames, daysIn, minutesIn, patternBounds, severitiesIn } from "./match.ts";
import type { Conditions, Hours, Match, TextPattern } from "./match.ts";
import { compilePattern } from "./pattern.ts";
import { cutText } from "./text.ts";
import { clockIn } from "./timezone.ts";
import type { ClockTime } from "./timezone.ts";

/** One condition of a route, ready to be held against alerts. */
export interface Condition {
  /** `rule`, `tags.host`, `not[1]` */
  readonly name: string;
  /** What it asks for, in words. */
  readonly wanted: string;
  holds(alert: Alert): boolean;
  /** What an alert has in that place, in words. */
  saw(alert: Alert): string;
}

const sawCharsMax = 100;

/** The conditions of a `match`, the cheap ones first; patterns and time zones are prepared here, once. */
export function compileMatch({ not = [], ...conditions }: Match): readonly Condition[] {
  const exclusions = not.map((block, index) => excluding(compile(block), not.length === 1 ? "not" : `not[${index}]`));
  return [...compile(conditions), ...exclusions];
}

function compile({
  rule,
  entity,
  metric,
  message,
  source,
  severity,
  status,
  tags,
  fields,
  time,
}: Conditions): readonly Condition[] {
  return [
    ...(severity === undefined ? [] : [severityIn(severity)]),
    ...(status === undefined ? [] : [statusIn(status)]),
    ...textCondition("rule", rule, (alert) => alert.rule),
    ...textCondition("entity", entity, (alert) => alert.entity),
    ...textCondition("metric", metric, (alert) => alert.metric),
    ...textCondition("source", source, (alert) => alert.source ?? ""),
    ...Object.entries(tags ?? {}).flatMap(([tag, patterns]) =>
      textCondition(`tags.${tag}`, patterns, (alert) => valueAt(alert.tags, tag)),
    ),
    ...Object.entries(fields ?? {}).flatMap(([field, patterns]) =>
      textCondition(`fields.${field}`, patterns, (alert) => valueAt(alert.fields, field)),
    ),
    ...textCondition("message", message, (alert) => alert.message),
    ...(time === undefined ? [] : [within(time)]),
  ];
}

function severityIn(ranges: readonly string[]): Condition {
  const wanted = new Set(ranges.flatMap((range) => checked(severitiesIn(range))));
  return {
    name: "severity",
    wanted: ranges.join(", "),
    holds: (alert) => wanted.has(alert.severity),
    saw: (alert) => alert.severity,
  };
}

/** What the schema has checked. */
function checked<Value>(read: { readonly value: Value } | { readonly problem: string }): Value {
  if ("value" in read) return read.value;
  throw new Error(`The schema let something pass: ${read.problem}.`);
}

function statusIn(wanted: readonly Alert["status"][]): Condition {
  return {
    name: "status",
    wanted: wanted.join(", "),
    holds: (alert) => wanted.includes(alert.status),
    saw: (alert) => alert.status,
  };
}

function textCondition(
  name: string,
  patterns: readonly TextPattern[] | undefined,
  textOf: (alert: Alert) => string,
): readonly Condition[] {
  if (patterns === undefined) return [];
  const tests = patterns.map(testOf);
  return [
    {
      name,
      wanted: patterns.map((one) => (typeof one === "string" ? quoted(one) : `/${one.regex}/`)).join(", "),
      holds(alert) {
        const text = textOf(alert);
        return tests.some((test) => test(text));
      },
      saw: (alert) => quoted(cutText(textOf(alert), sawCharsMax)),
    },
  ];
}

/** Whether a `match` asks for a source, and this is one that it takes. */
export function namesSource({ source }: Pick<Match, "source">, name: string): boolean {
  return source?.some((pattern) => testOf(pattern)(name)) ?? false;
}

function testOf(pattern: TextPattern): (text: string) => boolean {
  if (typeof pattern === "string") {
    return /[*?]/u.test(pattern) ? (text) => matchesGlob(text, pattern) : (text) => text === pattern;
  }
  const result = compilePattern(pattern.regex, patternBounds);
  if (result.ok) return result.matches;
  throw new Error(`The schema let a pattern pass that ${result.problem}.`);
}

function quoted(text: string): string {
  return `\`${text}\``;
}

function valueAt(values: Alert["fields"], name: string): string {
  return String((Object.hasOwn(values, name) ? values[name] : undefined) ?? "");
}

/** Holds unless all conditions of the block hold. */
function excluding(block: readonly Condition[], name: string): Condition {
  const inWords = (part: (condition: Condition) => string): string =>
    block.map((condition) => `${condition.name} ${part(condition)}`).join(" and ");
  return {
    name,
    wanted: `not (${inWords((condition) => condition.wanted)})`,
    holds: (alert) => !block.every((condition) => condition.holds(alert)),
    saw: (alert) => inWords((condition) => condition.saw(alert)),
  };
}

/** The alert came in within one of the spans of hours. */
function within(spans: readonly Hours[]): Condition {
  const prepared = spans.map((hours) => ({ span: spanOf(hours), clock: clockIn(hours.timezone) }));
  return {
    name: "time",
    wanted: spans.map(hoursInWords).join(", or "),
    holds: ({ acceptedAt }) => prepared.some(({ span, clock }) => isWithin(span, clock(acceptedAt))),
    saw: ({ acceptedAt }) =>
      [...new Set(spans.map(({ timezone }) => timezone))]
        .map((timezone) => `${momentInWords(clockIn(timezone)(acceptedAt))} ${timezone}`)
        .join(", "),
  };
}

interface Span {
  readonly days: readonly number[];
  /** Minutes since midnight. */
  readonly from: number;
  readonly to: number;
}

function spanOf({ days = ["mon-sun"], from, to }: Hours): Span {
  return {
    days: days.flatMap((one) => checked(daysIn(one))),
    from: checked(minutesIn(from)),
    to: checked(minutesIn(to)),
  };
}

/** Hours that go over midnight belong to the day on which they begin. */
function isWithin({ days, from, to }: Span, { day, minutes }: ClockTime): boolean {
  if (from < to) return minutes >= from && minutes < to && days.includes(day);
  return minutes >= from ? days.includes(day) : minutes < to && days.includes((day + 6) % 7);
}

function hoursInWords({ days = [], from, to, timezone }: Hours): string {
  return [...days, `${from}-${to}`, timezone].join(" ");
}

function momentInWords({ day, minutes }: ClockTime): string {
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((one) => String(one).padStart(2, "0"));
  return `${dayNames[day] ?? ""} ${hour}:${minute}`;
}
