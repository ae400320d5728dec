/*
 * Times as callers of the history write them: ISO 8601, with an offset or without one; without one they are meant in the
 * time zone that the call names.
 */

/** Milliseconds that a zone is ahead of UTC at a moment; undefined for a zone that there is not. */
function offsetMs(zone: string, atMs: number): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(atMs);
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? "";
    const year = part("era") === "BC" ? 1 - Number(part("year")) : Number(part("year"));
    const fields = ["month", "day", "hour", "minute", "second"] as const;
    const [month = 1, day, hour, minute, second] = fields.map((type) => Number(part(type)));
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  } catch {
    return undefined;
  }
}

/** Whether there is such a zone, as `Europe/Berlin` or `UTC`. */
export function isTimeZone(zone: string): boolean {
  return offsetMs(zone, 0) !== undefined;
}

/** The moment that a text names, in `zone` unless it has an offset of its own; undefined when it is no time. */
export function timeIn(zone: string, text: string): Date | undefined {
  const isWhole = /(?:z|[+-]\d{2}:?\d{2})$/iu.test(text) && /t/iu.test(text);
  const atMs = Date.parse(isWhole ? text : /t|\s/iu.test(text) ? `${text}Z` : `${text}T00:00:00Z`);
  if (Number.isNaN(atMs)) return undefined;
  if (isWhole) return new Date(atMs);
  // The offset at the moment itself, which is known only when the offset is: twice is enough.
  const near = atMs - (offsetMs(zone, atMs) ?? 0);
  return new Date(atMs - (offsetMs(zone, near) ?? 0));
}
