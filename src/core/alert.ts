import { createHash } from "node:crypto";
import { z } from "zod";
import { limits } from "./limits.ts";
import type { AlertWindow } from "./window.ts";

/** ATSD's words for what happened to an alert: it began, it goes on, it is over. */
export const AlertStatus = z.enum(["OPEN", "REPEAT", "CANCEL"]);
export type AlertStatus = z.infer<typeof AlertStatus>;

/** ATSD's severities in rising order. */
export const severities = ["undefined", "unknown", "normal", "warning", "minor", "major", "critical", "fatal"] as const;
export const Severity = z.enum(severities);
export type Severity = z.infer<typeof Severity>;

const name = z.string().min(1).max(200);
const fieldValue = z.union([z.string().max(limits.alertTextCharsMax), z.number(), z.boolean(), z.null()]);
const webLink = z.url({ protocol: /^https?$/ }).max(limits.urlCharsMax);

const TimeRange = z
  .strictObject({
    from: z.iso.datetime({ offset: true }).describe("ISO 8601."),
    to: z.iso.datetime({ offset: true }).describe("ISO 8601."),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), "must begin before it ends");

const caseless = (change: (text: string) => string) => (value: unknown) =>
  typeof value === "string" ? change(value) : value;

/** One event from outside, as `POST /api/alerts` takes it. */
export const AlertInput = z.strictObject({
  status: z
    .preprocess(
      caseless((text) => text.toUpperCase()),
      AlertStatus,
    )
    .optional()
    .describe("OPEN, REPEAT or CANCEL; left out: OPEN, or REPEAT while it is open."),
  severity: z
    .preprocess(
      caseless((text) => text.toLowerCase()),
      Severity,
    )
    .default("undefined")
    .describe("ATSD's severities; they choose the colour."),
  rule: name.describe("The rule that fired."),
  entity: z.string().max(200).default("").describe("What it fired for: a host, a service."),
  metric: z.string().max(200).default("").describe("The metric the rule watches."),
  tags: z
    .record(z.string().min(1).max(200), z.string().max(1000))
    .refine((tags) => Object.keys(tags).length <= limits.alertTagsMax, `at most ${limits.alertTagsMax} tags`)
    .default({})
    .describe("Labels that tell this series from others."),
  value: z
    .union([z.number(), z.string().max(200)])
    .optional()
    .describe("The value that set the rule off."),
  message: z.string().max(limits.alertTextCharsMax).default("").describe("Free text."),
  ruleLink: webLink.optional().describe("The rule's page."),
  link: webLink.optional().describe("A page about this alert."),
  links: z
    .array(z.strictObject({ title: z.string().min(1).max(200), url: webLink }))
    .max(limits.alertLinksMax)
    .optional()
    .describe("More pages for people: the placeholder `${links}`."),
  time: z.iso.datetime({ offset: true }).optional().describe("When it happened, ISO 8601; default now."),
  fields: z
    .record(z.string().min(1).max(200), fieldValue)
    .refine((fields) => Object.keys(fields).length <= limits.alertFieldsMax, `at most ${limits.alertFieldsMax} fields`)
    .default({})
    .describe("Anything else: each becomes a placeholder of its own name."),
  source: name.optional().describe("Who sends it; a hook fills in its own name."),
  once: z
    .boolean()
    .optional()
    .describe("true: something that happens and is over, such as a deployment. It opens no window."),
  timeRange: TimeRange.optional().describe(
    "What charts of this alert show; default: its window and a while before it.",
  ),
  channels: z.array(name).max(50).optional().describe("Send to these channels instead of the routes'."),
  portals: z.array(name).max(10).optional().describe("Photograph these portals instead of the routes'."),
});
export type AlertInput = z.infer<typeof AlertInput>;

/** An accepted alert: the input, its id, its status and the time it is about. */
export interface Alert extends Omit<AlertInput, "time" | "status"> {
  readonly id: string;
  readonly status: AlertStatus;
  readonly time: Date;
  readonly acceptedAt: Date;
  /** Undefined for what has none: a schedule's run, a message that was asked for, something that happened `once`. */
  readonly window?: AlertWindow | undefined;
}

/** What makes alerts one and the same trouble: rule, entity and tags. An OPEN and its CANCEL share it. */
export function alertKey({ rule, entity, tags }: Pick<Alert, "rule" | "entity" | "tags">): string {
  const sorted = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([rule, entity, sorted]))
    .digest("hex");
}

/** Who goes first where not all can go at once: the more severe; of equals, a change before a repetition. */
export function importanceOf({ severity, status }: Pick<Alert, "severity" | "status">): number {
  return 2 * severities.indexOf(severity) + (status === "REPEAT" ? 0 : 1);
}
