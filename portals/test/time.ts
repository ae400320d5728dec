/*
 * Points in time as dashboards write them in addresses.
 */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const units: Readonly<Record<string, number>> = {
  s: second,
  sec: second,
  second: second,
  m: minute,
  min: minute,
  minute: minute,
  h: hour,
  hour: hour,
  d: day,
  day: day,
  w: 7 * day,
  week: 7 * day,
};

const relative = /^now(?:\s*(?<sign>[+-])\s*(?<count>\d{1,6})\s*\*?\s*(?<unit>[a-z]{1,6}?)s?)?$/iu;
const absolute = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/u;
const epoch = /^\d{12,14}$/u;

/** The years that a chart of the test portal may show. */
const earliest = Date.UTC(1971, 0, 1);
const latest = Date.UTC(2100, 0, 1);

/**
 * Milliseconds since 1970 of `now`, `now-1h`, `now - 1 * hour`, an ISO 8601 time (UTC unless it names a zone) or a number
 * of milliseconds since 1970; undefined for anything else and outside the years 1971 to 2099.
 */
export function parseTime(text: string, now: Date): number | undefined {
  const time = relativeTime(text, now) ?? absoluteTime(text);
  return time !== undefined && time >= earliest && time < latest ? time : undefined;
}

function relativeTime(text: string, now: Date): number | undefined {
  const groups = relative.exec(text.trim());
  if (groups === null) return undefined;
  const { sign, count, unit } = groups.groups ?? {};
  if (sign === undefined || count === undefined || unit === undefined) return now.getTime();
  const name = unit.toLowerCase();
  if (!Object.hasOwn(units, name)) return undefined;
  const offset = Number(count) * (units[name] ?? 0);
  return now.getTime() + (sign === "-" ? -offset : offset);
}

function absoluteTime(text: string): number | undefined {
  // A query turns the plus of an unescaped time zone into a space.
  const given = text.trim().replace(/ (?=\d\d:?\d\d$)(?<=\d:\d\d:\d\d(?:\.\d+)? )/u, "+");
  if (epoch.test(given)) return Number(given);
  if (!absolute.test(given)) return undefined;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/u.test(given.slice(10));
  const time = Date.parse(given.length === 10 || hasZone ? given : `${given}Z`);
  return Number.isNaN(time) ? undefined : time;
}
