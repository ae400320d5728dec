import { AlertInput } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import type { Schedule } from "../core/schedule.ts";
import { isoInZone } from "../core/timezone.ts";

/** What a run of a schedule turns into. */
export interface ScheduledRun {
  readonly input: AlertInput;
  readonly plans: readonly Plan[];
}

const defaultText = "${schedule}: ${message}";

/**
 * The alert of one run: its rule is the schedule's name, its time the time that was due, `fields.schedule` tells it from alerts
 * of other sources. Every channel gets every portal. `titles`: the portals as people call them.
 */
export function scheduledRun(schedule: Schedule, time: Date, titles: readonly string[]): ScheduledRun {
  const { name, channels, portals, text = defaultText, timezone } = schedule;
  const { entity, metric, ...fields } = schedule.params;
  const input = AlertInput.parse({
    status: "OPEN",
    rule: name,
    // Nothing is wrong: it is not to look like trouble.
    severity: "normal",
    entity,
    metric,
    message: titles.join(", "),
    time: time.toISOString(),
    fields: { ...fields, schedule: name, scheduled: isoInZone(time, timezone) },
  });
  return { input, plans: [...new Set(channels)].map((channel) => ({ channel, portals, text })) };
}
