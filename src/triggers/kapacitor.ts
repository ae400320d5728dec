import { z } from "zod";
import { parseInput } from "../core/input.ts";
import type { Severity } from "../core/alert.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseList, LooseMap, LooseText, looseSection, SomeText } from "./loose.ts";

/*
 * Kapacitor's `.post()`: alert data by influxdata/kapacitor (server_test.go, alert.Data). Each post is about a new point.
 */

const levels = ["OK", "INFO", "WARNING", "CRITICAL"] as const;

const severities: Readonly<Record<(typeof levels)[number], Severity>> = {
  OK: "normal",
  INFO: "normal",
  WARNING: "warning",
  CRITICAL: "critical",
};

const Series = z.object({ name: LooseText, tags: LooseMap, columns: LooseList, values: LooseList });

const AlertData = z.object({
  id: SomeText,
  level: z.enum(levels, { error: `must be one of ${levels.join(", ")}` }),
  previousLevel: LooseText,
  message: LooseText,
  details: LooseText,
  time: LooseText,
  duration: LooseText,
  data: looseSection({ series: LooseList }),
});

export const kapacitor = defineSource({
  options: z.strictObject({ source: z.literal("kapacitor"), ...hookOptions }),
  forms: ["json"],
  example: {
    id: "cpu_alert",
    message: "cpu_alert is CRITICAL",
    time: "2026-01-01T00:00:00Z",
    duration: 0,
    level: "CRITICAL",
    previousLevel: "OK",
    data: {
      series: [
        { name: "cpu", tags: { host: "web01" }, columns: ["time", "value"], values: [["2026-01-01T00:00:00Z", 97.1]] },
      ],
    },
  },
  read({ body }) {
    const { id, level, previousLevel, message, details, time, duration, data } = parseInput(AlertData, body);
    const first = Series.safeParse(data.series[0]);
    const series = first.success ? first.data : undefined;
    const { host, ...tags } = series?.tags ?? {};
    const isStill = level !== "OK" && level === previousLevel;
    return one({
      alert: fit({
        status: level === "OK" ? "CANCEL" : isStill ? "REPEAT" : "OPEN",
        severity: severities[level],
        rule: id,
        entity: typeof host === "string" ? host : "",
        metric: series?.name,
        tags,
        value: series === undefined ? undefined : lastValue(series),
        message,
        time,
        // Nanoseconds, as Kapacitor has it.
        fields: { level, previousLevel, details, duration },
      }),
      key: time === "" ? undefined : [id, time, level].join(" "),
    });
  },
});

/** The newest point's field: the one called `value`, or else the first one beside the time. */
function lastValue({ columns, values }: z.output<typeof Series>): unknown {
  const point = values.at(-1);
  if (!Array.isArray(point)) return undefined;
  const named = columns.indexOf("value");
  const members: readonly unknown[] = point;
  return members[named >= 0 ? named : columns.findIndex((column) => column !== "time")];
}
