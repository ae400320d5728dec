const pattern =
  /^(?<date>\d{4}-\d\d-\d\d)[T ](?<clock>\d\d:\d\d(?::\d\d)?)(?:[.,](?<fraction>\d{1,12}))? ?(?<zone>Z|[+-]\d\d(?::?\d\d)?)(?:\[[^\]]{1,60}\])?$/iu;

/** Unix seconds are below this until the year 5138, Unix milliseconds above it since 1973. */
const millisecondsFrom = 100_000_000_000;
const yearMax = Date.UTC(9999, 11, 31);

/**
 * The moment in ISO 8601 (UTC), or undefined for what cannot be read as one. Takes Unix seconds and milliseconds, also as
 * text, and ISO 8601 with an offset as monitoring systems write it: nanoseconds (Alertmanager), `+0000` (CloudWatch),
 * `Z[Etc/UTC]` and no seconds (ATSD). Go's zero time, `0001-01-01T00:00:00Z`, is no time, and neither is a local time.
 */
export function timeOf(value: unknown): string | undefined {
  const ms =
    typeof value === "number" ? fromUnix(value) : typeof value === "string" ? fromText(value.trim()) : undefined;
  if (ms === undefined || !Number.isFinite(ms) || ms < 0 || ms > yearMax) return undefined;
  return new Date(ms).toISOString();
}

function fromUnix(value: number): number | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  return Math.round(value < millisecondsFrom ? value * 1000 : value);
}

function fromText(text: string): number | undefined {
  if (/^\d{9,14}(?:\.\d+)?$/u.test(text)) return fromUnix(Number(text));
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { date = "", clock = "", fraction = "", zone = "" } = groups;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const ms = fraction === "" ? "" : `.${fraction.slice(0, 3).padEnd(3, "0")}`;
  const offset = zone.toUpperCase() === "Z" ? "Z" : zone.replace(/^(?<hours>[+-]\d\d):?(?<minutes>\d\d)?$/u, offsetOf);
  return Date.parse(`${date}T${seconds}${ms}${offset}`);
}

function offsetOf(_match: string, hours: string, minutes: string | undefined): string {
  return `${hours}:${minutes ?? "00"}`;
}
