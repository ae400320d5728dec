import { z } from "zod";

/** Name of an IANA time zone. Offsets such as `+02:00` are none: they know no daylight saving time. */
export const TimeZone = z.string().refine(isTimeZone, "must be an IANA time zone such as Europe/Berlin");

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Z]/iu.test(name) && Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** `2017-05-30 14:05:39 PST`: a moment as the clocks of a time zone show it, in ATSD's form; zones without a short name as `GMT+2`. */
export function timeInZone(time: Date, timezone: string): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "short" }).formatToParts(time);
  const zone = parts.find(({ type }) => type === "timeZoneName")?.value ?? timezone;
  const [date = "", clock = ""] = isoInZone(time, timezone).split("T");
  return `${date} ${clock.slice(0, 8)} ${zone}`;
}

/** `2026-03-29T03:30:00+02:00`: a moment as the clocks of a time zone show it, ISO 8601. */
export function isoInZone(time: Date, timezone: string): string {
  const format = new Intl.DateTimeFormat("en", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const date = `${part("year")}-${part("month")}-${part("day")}`;
  // UTC itself is written as a bare GMT.
  const offset = part("timeZoneName").slice("GMT".length) || "+00:00";
  return `${date}T${part("hour")}:${part("minute")}:${part("second")}${offset}`;
}

/** What the clocks of a time zone show at a moment. */
export interface ClockTime {
  /** Monday is 0. */
  readonly day: number;
  /** Minutes since midnight. */
  readonly minutes: number;
}

/** Reads the clocks of a time zone; made once, it is quick. Where clocks are changed it says what they show. */
export function clockIn(timezone: string): (time: Date) => ClockTime {
  const format = new Intl.DateTimeFormat("en", {
    timeZone: timezone,
    hourCycle: "h23",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return {
      day: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(parts.get("weekday") ?? ""),
      minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
    };
  };
}
