import type { Alert } from "../core/alert.ts";
import { dayClock, interval } from "../core/duration.ts";
import type { TextFormat } from "../core/message.ts";
import { Link, Named } from "../core/template.ts";
import type { Markup } from "../core/template.ts";
import { timeInZone } from "../core/timezone.ts";
import { durationOf, momentOf, timeRangeOf } from "../core/window.ts";
import { detailsOf, tableOf } from "./details.ts";
import type { TableForm } from "./details.ts";

/*
 * Values of the placeholders of texts and portal URLs, by ATSD's names (placeholders.md, window-fields.md of axibase/atsd).
 * docs/alerts.md has them as a table.
 */

/**
 * What the alert says hides none of Chartbell's own, but what Chartbell found out about the window only fills gaps: a source
 * that tells its own repeat count or duration knows better.
 */
export function placeholderValues(alert: Alert, timezone = "UTC"): Readonly<Record<string, unknown>> {
  const { fields, metric, ruleLink, link } = alert;
  const ruleUrl = ruleLink ?? link;
  return {
    ...timeValues(alert, timezone),
    ...windowValues(alert, timezone),
    alert_type: alert.status,
    rule_name: alert.rule,
    link: link === undefined ? undefined : new Link(link, "link"),
    chartLink: link === undefined ? undefined : new Link(link, "chart"),
    timezone,
    ...fields,
    status: alert.status,
    severity: alert.severity,
    rule: alert.rule,
    entity: entityOf(alert),
    metric: metric === "" ? undefined : new Named(metric, { name: metric, label: fields["metric_label"] }),
    tags: alert.tags,
    value: alert.value,
    message: alert.message || undefined,
    ruleLink: ruleUrl === undefined ? undefined : new Link(ruleUrl, alert.rule),
    links: alert.links?.map(({ title, url }) => new Link(url, title)),
    timestamp: alert.time.getTime(),
    event_datetime: alert.time.toISOString(),
    received_datetime: alert.acceptedAt.toISOString(),
  };
}

/** The same for a text in a channel: with the details tables. */
export function textValues(alert: Alert, timezone: string, format: TextFormat): Readonly<Record<string, unknown>> {
  const table = (name: TableForm): Markup => tableOf(() => detailsOf(alert, timezone), name);
  return {
    ...placeholderValues(alert, timezone),
    detailsTable: table(format === "html" ? "html" : "text"),
    htmlDetailsTable: table("html"),
    asciiDetailsTable: table("ascii"),
    markdownDetailsTable: table("markdown"),
    propertyDetailsTable: table("property"),
    csvDetailsTable: table("csv"),
  };
}

/** The same for a portal's URL: with the time that its chart is to show, from `leadMs` before the window on. */
export function urlValues(alert: Alert, leadMs: number): Readonly<Record<string, unknown>> {
  const range = timeRangeOf(alert, leadMs);
  if (range === undefined) return placeholderValues(alert);
  const { from, to } = range;
  return {
    ...placeholderValues(alert),
    from: from.getTime(),
    to: to.getTime(),
    from_datetime: from.toISOString(),
    to_datetime: to.toISOString(),
  };
}

/** What people call the entity, where its source told that. */
export function entityLabelOf({ entity, fields }: Alert): string {
  const label = fields["entity_label"];
  return typeof label === "string" && label !== "" ? label : entity;
}

/** ATSD's `entity.label` and `entity.tags.NAME` come as the fields `entity_label` and `entity_tags_NAME`. */
function entityOf(alert: Alert): Named | undefined {
  const { entity, fields } = alert;
  if (entity === "") return undefined;
  const prefix = "entity_tags_";
  const tags = Object.entries(fields).flatMap(([name, value]): [string, unknown][] =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
  );
  const displayName = entityLabelOf(alert);
  return new Named(entity, { label: fields["entity_label"], displayName, tags: Object.fromEntries(tags) });
}

function timeValues(alert: Alert, timezone: string): Readonly<Record<string, unknown>> {
  const { time, acceptedAt, status } = alert;
  const moment = momentOf(alert).toISOString();
  return {
    now: acceptedAt.toISOString(),
    event_time: timeInZone(time, timezone),
    received_time: timeInZone(acceptedAt, timezone),
    update_time: moment,
    command_time: moment,
    command_last_time: moment,
    ...(status === "REPEAT" ? { repeat_time: moment } : { change_time: moment }),
    ...(status === "CANCEL" ? { cancel_time: moment } : {}),
  };
}

function windowValues(alert: Alert, timezone: string): Readonly<Record<string, unknown>> {
  const { window, status } = alert;
  if (window === undefined) return {};
  const { openTime, openValue, repeats, before } = window;
  const lastsMs = durationOf(alert);
  const opened = openTime.toISOString();
  return {
    before_status: before,
    repeat_count: repeats,
    open_value: openValue,
    alert_duration: dayClock(lastsMs),
    alert_duration_ms: lastsMs,
    // ATSD has none for OPEN.
    alert_duration_interval: status === "OPEN" ? undefined : interval(lastsMs),
    alert_open_time: timeInZone(openTime, timezone),
    alert_open_datetime: opened,
    window_first_time: timeInZone(openTime, timezone),
    window_first_datetime: opened,
    open_time: opened,
    command_first_time: opened,
  };
}
