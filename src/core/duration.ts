/** Spans of time as ATSD writes them in texts. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `00:01:08:59`: days, hours, minutes and seconds. */
export function dayClock(ms: number): string {
  return partsOf(ms)
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** `1h:8m:59s`: from the largest unit on that is not 0; `0s` for less than a second. */
export function interval(ms: number): string {
  const parts = partsOf(ms);
  const first = parts.findIndex((part) => part > 0);
  const units = ["d", "h", "m", "s"];
  const written = parts.map((part, index) => `${part}${units[index] ?? ""}`);
  return written.slice(first < 0 ? -1 : first).join(":");
}

function partsOf(ms: number): readonly number[] {
  const whole = Math.max(0, ms);
  return [whole / day, (whole % day) / hour, (whole % hour) / minute, (whole % minute) / second].map(Math.floor);
}
