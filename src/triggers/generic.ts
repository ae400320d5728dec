import { z } from "zod";
import type { AlertStatus } from "../core/alert.ts";
import { Severity } from "../core/alert.ts";
import { messageOf } from "../core/errors.ts";
import { invalidInput } from "../core/input.ts";
import type { FieldProblem } from "../core/input.ts";
import { renderTemplate, Template } from "../core/template.ts";
import { bounded } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { ReadAlert, Rejection } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { lookUp, severityOf } from "./severity.ts";

/*
 * Any JSON, form or text: the mapping in the configuration says with templates where everything stands. The templates see
 * the body's own fields, `body` (all of it) and, with `each`, `item` (the member of the list).
 */

const TagName = z.string().min(1).max(200);

const Mapping = z.strictObject({
  rule: Template.describe("The rule; an alert needs one."),
  status: Template.default("OPEN").describe(
    "OPEN, REPEAT or CANCEL, or a word that means one: firing, problem, resolved, ok, …",
  ),
  severity: Template.default("").describe("ATSD's severities, or a word like error, info, high."),
  entity: Template.default("").describe("What it is about: a host, a service."),
  metric: Template.default("").describe("The metric."),
  value: Template.default("").describe("The value."),
  message: Template.default("").describe("Free text."),
  ruleLink: Template.default("").describe("The rule's page."),
  link: Template.default("").describe("A page about the alert."),
  time: Template.default("").describe("ISO 8601 or Unix time; empty: the time of arrival."),
  key: Template.default("").describe("The same for every try of one notification; empty: each post is a new one."),
  tags: z.record(TagName, Template).default({}).describe("Tags by name."),
  fields: z.record(TagName, Template).default({}).describe("Further placeholders by name."),
});
type Mapping = z.output<typeof Mapping>;

/** Words for the three statuses, in lower case; `lasts`: for a state of which nobody says whether it begins or goes on. */
const statusWords: Readonly<Record<string, AlertStatus | "lasts">> = {
  "": "OPEN",
  ...wordsOf("OPEN", ["open", "opened", "triggered", "trigger"]),
  ...wordsOf("lasts", ["firing", "alerting", "problem", "alarm", "down", "active", "failure", "failed", "1", "true"]),
  ...wordsOf("REPEAT", ["repeat", "update", "updated", "acknowledged", "ack"]),
  ...wordsOf("CANCEL", [
    "cancel",
    "cancelled",
    "canceled",
    "resolved",
    "resolve",
    "ok",
    "recovery",
    "recovered",
    "closed",
    "close",
    "up",
    "inactive",
    "success",
    "0",
    "false",
  ]),
};

function wordsOf<Status extends string>(status: Status, words: readonly string[]): Record<string, Status> {
  return Object.fromEntries(words.map((word) => [word, status]));
}

export const generic = defineSource({
  options: z.strictObject({
    source: z.literal("generic"),
    ...hookOptions,
    each: z
      .string()
      .regex(/^[\w-]+(?:\.[\w-]+){0,9}$/u, "must be a path like data.alerts")
      .optional()
      .describe("Path of a list in the body: every member is an alert of its own, `item` in the templates."),
    map: Mapping.describe("Templates (LiquidJS) of the alert's fields."),
  }),
  forms: ["json", "form", "text"],
  example: { see: "the templates under `map` of this hook in the configuration" },
  read({ body }, { each, map }) {
    const members = each === undefined ? [undefined] : membersOf(body, each);
    const { within, beyond } = bounded(members, [each ?? ""]);
    const alerts: ReadAlert[] = [];
    const rejected: Rejection[] = [];
    for (const [index, item] of within.entries()) {
      const problems: FieldProblem[] = [];
      const place = each === undefined ? "" : `${each}[${index}]: `;
      const alert = readOne({ ...ownFields(body), body, ...(each === undefined ? {} : { item }) }, map, problems);
      if (alert !== undefined) alerts.push(alert);
      rejected.push(...problems.map(({ field, message }) => ({ index, field: `${place}map.${field}`, message })));
    }
    return { alerts, rejected: [...rejected, ...beyond] };
  },
});

function ownFields(body: unknown): Record<string, unknown> {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : {};
}

function membersOf(body: unknown, path: string): readonly unknown[] {
  let level = body;
  for (const step of path.split(".")) {
    const isOwn = typeof level === "object" && level !== null && Object.hasOwn(level, step);
    level = isOwn ? (level as Readonly<Record<string, unknown>>)[step] : undefined;
  }
  if (Array.isArray(level)) return level;
  throw invalidInput([{ field: path, message: "must be a list" }]);
}

/** Undefined when something is wrong; what it is stands in `problems` then. */
function readOne(
  values: Readonly<Record<string, unknown>>,
  map: Mapping,
  problems: FieldProblem[],
): ReadAlert | undefined {
  const render = (field: string, template: string): string => {
    try {
      return renderTemplate(template, values, "text").trim();
    } catch (error) {
      const [line = ""] = messageOf(error).split("\n", 1);
      problems.push({ field, message: `could not be rendered: ${line.slice(0, 200)}` });
      return "";
    }
  };
  const { tags, fields, ...templates } = map;
  const texts = mapValues(templates, render);
  const status = texts["status"] ?? "";
  const known = lookUp(statusWords, status);
  if (known === undefined)
    problems.push({ field: "status", message: `gave ${JSON.stringify(status.slice(0, 100))}, which is no status` });
  const { rule = "", severity = "", key = "", ...rest } = texts;
  if (rule === "" && problems.length === 0)
    problems.push({ field: "rule", message: "gave nothing; an alert needs a rule" });
  const exact = Severity.safeParse(severity.toLowerCase());
  const alert = fit({
    ...rest,
    rule,
    status: known === "lasts" ? undefined : known,
    severity: exact.success ? exact.data : severityOf(severity),
    tags: mapValues(tags, (name, template) => render(`tags.${name}`, template)),
    fields: mapValues(fields, (name, template) => render(`fields.${name}`, template)),
  });
  return problems.length > 0 ? undefined : { alert, key: key === "" ? undefined : key };
}

function mapValues(
  map: Readonly<Record<string, string>>,
  change: (name: string, value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(name, value)]));
}
