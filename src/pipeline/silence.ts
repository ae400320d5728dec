import { randomUUID } from "node:crypto";
import type { Alert } from "../core/alert.ts";
import { durationMs } from "../core/quantity.ts";
import type { Duration } from "../core/quantity.ts";
import type { Told, Window } from "../core/window.ts";

/** How windows are ended of which nothing was heard for `silence`: the CANCEL says that it was made here. */
export function silentCancel(silence: Duration, now: Date) {
  return {
    before: new Date(now.getTime() - durationMs(silence)),
    told: { status: "CANCEL", time: false } satisfies Told,
    cancel: ({ rule, entity, metric, tags, severity }: Window): Alert => ({
      id: randomUUID(),
      status: "CANCEL",
      severity,
      rule,
      entity,
      metric,
      tags,
      message: `Nothing was heard of it for ${silence}; it counts as over.`,
      fields: { silence },
      time: now,
      acceptedAt: now,
    }),
  };
}
