/*
 * The numbers behind the test portal: what a small monitoring system would answer. Everything is computed from the names and
 * times in the query, so the same address shows the same chart on every machine.
 */
import { chance, dailyShape, noise, rise, seedOf } from "./curve.ts";
import { metricOf, withThreshold } from "./metrics.ts";
import type { Metric } from "./metrics.ts";
import { parseTime } from "./time.ts";

/** An answer of the portal's data address, to be sent as JSON. */
export type TestPortalAnswer =
  | { readonly status: 200; readonly body: TestPortalData }
  | { readonly status: 400; readonly body: { readonly error: string } };

/** `[milliseconds since 1970, value]` */
export type Point = readonly [number, number];

/** `[column, row, value]` */
export type HeatCell = readonly [number, number, number];

/** Times are milliseconds since 1970, values are in `unit`. */
export interface TestPortalData {
  readonly entity: string;
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  readonly min: number;
  /** The end of the scale: the metric's own, or a round number above every value. */
  readonly max: number;
  readonly threshold: number;
  readonly current: number;
  /** The last time above the threshold; null when there was none. Its end is null while it lasts. */
  readonly alert: { readonly since: number; readonly until: number | null } | null;
  /** The entity itself, then its neighbours. */
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
  /** The entity and its neighbours by their value now, largest first. */
  readonly top: readonly { readonly entity: string; readonly value: number }[];
  /** Mean values of equal parts of the time range; `times` are their beginnings. */
  readonly heat: {
    readonly times: readonly number[];
    readonly entities: readonly string[];
    readonly cells: readonly HeatCell[];
  };
}

interface Query {
  readonly entity: string;
  readonly metricName: string;
  readonly metric: Metric;
  readonly status: Status;
  readonly from: number;
  readonly to: number;
  readonly points: number;
  readonly seriesCount: number;
  /** The value now, when the caller knows it. */
  readonly value: number | undefined;
}

const statuses = ["OPEN", "REPEAT", "CANCEL"] as const;
type Status = (typeof statuses)[number];

const spanMsMin = 60_000;
const spanMsMax = 366 * 24 * 3_600_000;
const groupSize = 6;
const heatColumns = 24;

/** A parameter that cannot be used; its message is the answer's error. */
class ParameterError extends Error {}

/**
 * Answers `?entity=&metric=&from=&to=&points=&latency=&series=&status=&value=&threshold=`, all of them optional: the last
 * three hours of cpu_busy on web01, 240 points (2 to 5,000), 2 series (1 to 6), 0 ms of latency (to 30,000). `status` OPEN,
 * REPEAT or CANCEL decides whether the incident has begun, lasts, or is over. A parameter that cannot be used gives status
 * 400 and names it.
 */
export function testPortalData(query: URLSearchParams, now: Date): TestPortalAnswer {
  try {
    return { status: 200, body: answer(readQuery(query, now)) };
  } catch (error) {
    if (error instanceof ParameterError) return { status: 400, body: { error: error.message } };
    throw error;
  }
}

function answer(query: Query): TestPortalData {
  const { entity, metric, from, to, points, seriesCount } = query;
  const group = groupOf(entity);
  const valueAt = new Map(group.map((name) => [name, curve(name, query)]));
  const sample = (name: string, time: number): number => tidy(valueAt.get(name)?.(time) ?? 0);
  const series = group.slice(0, seriesCount).map((name) => ({
    name,
    points: times(from, to, points).map((time): Point => [time, sample(name, time)]),
  }));
  const top = group.map((name) => ({ entity: name, value: sample(name, to) }));
  const cellMs = (to - from) / heatColumns;
  const heatTimes = Array.from({ length: heatColumns }, (_, column) => Math.round(from + column * cellMs));
  const mean = (name: string, time: number): number =>
    tidy([1, 2, 3, 4].reduce((sum, quarter) => sum + sample(name, time + (quarter * cellMs) / 4), 0) / 4);
  return {
    entity,
    metric: query.metricName,
    title: metric.title,
    unit: metric.unit,
    from,
    to,
    min: metric.min,
    max:
      metric.max ??
      scaleEnd(Math.max(metric.threshold * 1.25, ...series.flatMap((one) => one.points.map((p) => p[1])))),
    threshold: metric.threshold,
    current: sample(entity, to),
    alert: lastExcursion(series[0]?.points ?? [], metric.threshold),
    series,
    top: top.sort((one, other) => other.value - one.value || one.entity.localeCompare(other.entity, "en")),
    heat: {
      times: heatTimes,
      entities: group,
      cells: group.flatMap((name, row) => heatTimes.map((time, column): HeatCell => [column, row, mean(name, time)])),
    },
  };
}

/** The value of an entity at a time: its quiet level, and for the queried entity the incident on top. */
function curve(name: string, query: Query): (time: number) => number {
  const { entity, metric, metricName, from, to } = query;
  const seed = seedOf(`${name}\n${metricName}`);
  const size = 0.8 + 0.4 * chance(seed, 1);
  const bound = (value: number): number => Math.min(metric.max ?? Infinity, Math.max(metric.min, value));
  const quiet = (time: number): number =>
    metric.base * size + metric.swing * dailyShape(seed, time) + metric.noise * noise(seed, time);
  if (name !== entity) return (time) => bound(quiet(time));

  const share = incidentShape(query.status, chance(seed, 2));
  const peak = query.status === "CANCEL" ? metric.peak : (query.value ?? metric.peak);
  const wobble = (time: number): number => 0.35 * metric.noise * (noise(seed + 9, time) - noise(seed + 9, to));
  const story = (time: number): number => {
    const level = share((time - from) / (to - from));
    return quiet(time) * (1 - level) + (peak + wobble(time)) * level;
  };
  const correction = query.value === undefined ? 0 : query.value - story(to);
  return (time) => bound(story(time) + correction * rise((time - from) / (to - from), 0.8, 1));
}

/** How much of an incident there is at a share of the time range, 0 to 1. */
function incidentShape(status: Status, luck: number): (share: number) => number {
  const begin = { OPEN: 0.8, REPEAT: 0.55, CANCEL: 0.5 }[status] + 0.03 * luck;
  const risen = begin + 0.06;
  if (status !== "CANCEL") return (share) => rise(share, begin, risen);
  return (share) => rise(share, begin, risen) * (1 - rise(share, 0.8, 0.87));
}

/** The last run of values above the threshold. Short dips inside it, such as while it builds up, do not end it. */
function lastExcursion(points: readonly Point[], threshold: number): TestPortalData["alert"] {
  const dipMax = Math.max(1, Math.round(points.length / 60));
  const last = points.findLastIndex(([, value]) => value > threshold);
  if (last < 0) return null;
  let first = last;
  for (let index = last; index >= 0 && first - index <= dipMax; index -= 1) {
    if ((points[index]?.[1] ?? 0) > threshold) first = index;
  }
  const end = points[last + 1];
  return { since: points[first]?.[0] ?? 0, until: end === undefined ? null : end[0] };
}

/** The entity and five neighbours: web01 stands among web02 to web06. */
function groupOf(entity: string): string[] {
  const digits = /^(?<stem>.*?)(?<number>\d{1,6})(?<tail>\D*)$/u.exec(entity)?.groups;
  const others: string[] = [];
  for (let number = 1; others.length < groupSize - 1; number += 1) {
    const name =
      digits === undefined
        ? `${entity}-${number + 1}`
        : `${digits["stem"] ?? ""}${String(number).padStart(digits["number"]?.length ?? 1, "0")}${digits["tail"] ?? ""}`;
    if (name !== entity) others.push(name);
  }
  return [entity, ...others];
}

function times(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.round(from + ((to - from) * index) / (count - 1)));
}

/** Three significant digits at least, so that small numbers keep their shape and large ones carry no noise. */
function tidy(value: number): number {
  const decimals = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(decimals));
}

/** The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten. */
function scaleEnd(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

function readQuery(query: URLSearchParams, now: Date): Query {
  // The server does the waiting; whether it may is checked here with everything else.
  integer(query, "latency", { standard: 0, min: 0, max: 30_000 });
  const metricName = name(query, "metric", "cpu_busy");
  const value = number(query, "value");
  const threshold = number(query, "threshold");
  if (threshold !== undefined && threshold <= 0) throw new ParameterError("threshold must be above 0.");
  const metric = metricOf(metricName);
  const from = time(query, "from", "now-3h", now);
  const to = time(query, "to", "now", now);
  if (to - from < spanMsMin) throw new ParameterError("from must be at least one minute before to.");
  if (to - from > spanMsMax) throw new ParameterError("from must be at most 366 days before to.");
  return {
    entity: name(query, "entity", "web01"),
    metricName,
    metric: reaching(value, threshold === undefined ? metric : withThreshold(metric, threshold)),
    status: status(query),
    from,
    to,
    points: integer(query, "points", { standard: 240, min: 2, max: 5000 }),
    seriesCount: integer(query, "series", { standard: 2, min: 1, max: groupSize }),
    value,
  };
}

/** The metric without its ceiling or floor where the value that an alert names lies beyond it. */
function reaching(value: number | undefined, metric: Metric): Metric {
  if (value === undefined) return metric;
  return {
    ...metric,
    min: Math.min(metric.min, value),
    max: metric.max !== undefined && value > metric.max ? undefined : metric.max,
  };
}

/** A parameter's text; an empty one counts as absent, as templates leave it behind. */
function given(query: URLSearchParams, key: string): string | undefined {
  const text = query.get(key)?.trim();
  return text === "" ? undefined : text;
}

function name(query: URLSearchParams, key: string, standard: string): string {
  const text = given(query, key) ?? standard;
  if (text.length > 100 || /\p{Cc}/u.test(text)) {
    throw new ParameterError(`${key} must be a name of at most 100 characters.`);
  }
  return text;
}

function time(query: URLSearchParams, key: string, standard: string, now: Date): number {
  const parsed = parseTime(given(query, key) ?? standard, now);
  if (parsed === undefined) {
    throw new ParameterError(`${key} must be a time such as now-1h, 2026-01-31T09:00:00Z or 1769850000000.`);
  }
  return parsed;
}

function status(query: URLSearchParams): Status {
  const text = (given(query, "status") ?? "OPEN").toUpperCase();
  const found = statuses.find((one) => one === text);
  if (found === undefined) throw new ParameterError("status must be OPEN, REPEAT or CANCEL.");
  return found;
}

function number(query: URLSearchParams, key: string): number | undefined {
  const text = given(query, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || Math.abs(value) > 1e12) throw new ParameterError(`${key} must be a number.`);
  return value;
}

function integer(
  query: URLSearchParams,
  key: string,
  { standard, min, max }: { readonly standard: number; readonly min: number; readonly max: number },
): number {
  const text = given(query, key);
  if (text === undefined) return standard;
  const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new ParameterError(`${key} must be a whole number from ${min} to ${max}.`);
  return value;
}
