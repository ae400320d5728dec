import type { Alert } from "../core/alert.ts";
import { interval } from "../core/duration.ts";
import { limits } from "../core/limits.ts";
import { Markup } from "../core/template.ts";
import { cutText, escapeHtml } from "../core/text.ts";
import { timeInZone } from "../core/timezone.ts";
import { durationOf } from "../core/window.ts";

/*
 * ATSD's details table (details-table.md of axibase/atsd): names and values of everything that is known of an alert, here
 * with what changes first. HipChat shows the HTML form; the others are text.
 */

export interface Detail {
  readonly name: string;
  readonly value: string;
}

export type TableForm = "html" | "text" | "ascii" | "markdown" | "property" | "csv";

/** Within limits.detailsRowsMax, limits.detailsValueCharsMax and limits.detailsCharsMax; the last row says what is left out. */
export function detailsOf(alert: Alert, timezone: string): readonly Detail[] {
  const all = allDetails(alert, timezone).flatMap(([name, value]): Detail[] => {
    const text = shown(value);
    return text === "" ? [] : [{ name: cutText(oneLine(name), 60), value: cutText(text, limits.detailsValueCharsMax) }];
  });
  let chars = 0;
  const kept = all.filter(({ name, value }, index) => {
    chars += name.length + value.length;
    return index < limits.detailsRowsMax && chars <= limits.detailsCharsMax;
  });
  const left = all.length - kept.length;
  return left === 0 ? kept : [...kept, { name: "…", value: `${left} more` }];
}

type Named = readonly [name: string, value: string | number | boolean | null | undefined];

function allDetails(alert: Alert, timezone: string): readonly Named[] {
  const { status, severity, rule, entity, metric, tags, value, time, window, fields } = alert;
  const inZone = (moment: Date): string => timeInZone(moment, timezone);
  const earlier = (window?.values ?? []).map((seen): Named => [`value at ${inZone(seen.time)}`, seen.value]);
  const life: readonly Named[] =
    window === undefined || status === "OPEN"
      ? []
      : [
          ["alert_open_time", inZone(window.openTime)],
          ["alert_duration_interval", interval(durationOf(alert))],
          ["repeat_count", window.repeats],
          ["open_value", window.openValue],
        ];
  return [
    ["status", status],
    ["value", value],
    ...earlier,
    ["severity", severity === "undefined" ? "" : severity],
    ["rule", rule],
    ["entity", entity],
    ["metric", metric],
    ...Object.entries(tags).map(([name, tag]): Named => [`tags.${name}`, tag]),
    ["event_time", inZone(time)],
    ...life,
    ...Object.entries(fields),
  ];
}

/** Numbers with a fraction have five significant digits, as in ATSD's table. */
function shown(value: Named[1]): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" && Number.isFinite(value) && !Number.isInteger(value)) {
    return String(Math.abs(value) >= 1e5 ? Math.round(value) : Number(value.toPrecision(5)));
  }
  return oneLine(String(value));
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}

/** A table in one of ATSD's forms, made when it is written; in an HTML message the text forms are preformatted. */
export function tableOf(details: () => readonly Detail[], form: TableForm): Markup {
  return new Markup((message) => {
    if (form === "html" && message === "html") return htmlTable(details());
    const text = textForms[form === "html" ? "text" : form](details());
    return message === "html" ? `<pre>${escapeHtml(text)}</pre>` : text;
  });
}

function htmlTable(details: readonly Detail[]): string {
  const rows = details.map(
    ({ name, value }) => `<tr><td><b>${escapeHtml(name)}</b></td><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table>${rows.join("")}</table>`;
}

const textForms: Readonly<Record<Exclude<TableForm, "html">, (details: readonly Detail[]) => string>> = {
  text(details) {
    const width = widest(details.map(({ name }) => name));
    return details.map(({ name, value }) => `${name.padEnd(width)}  ${value}`).join("\n");
  },
  ascii(details) {
    const widths = [widest(details.map(({ name }) => name)), widest(details.map(({ value }) => value))] as const;
    const line = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
    const rows = details.map(({ name, value }) => `| ${name.padEnd(widths[0])} | ${value.padEnd(widths[1])} |`);
    return [line, ...rows, line].join("\n");
  },
  markdown(details) {
    const escape = (text: string): string => text.replaceAll("|", "\\|");
    const rows = details.map(({ name, value }) => `| ${escape(name)} | ${escape(value)} |`);
    return ["| **Name** | **Value** |", "|:---|:---|", ...rows].join("\n");
  },
  property: (details) => details.map(({ name, value }) => `${name}=${value}`).join("\n"),
  csv(details) {
    const cell = (text: string): string => (/[",]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return ["Name,Value", ...details.map(({ name, value }) => `${cell(name)},${cell(value)}`)].join("\n");
  },
};

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}
