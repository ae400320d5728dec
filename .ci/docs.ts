import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { Config } from "../src/config/schema.ts";
import { errorCodes, exitCodes } from "../src/core/errors.ts";
import { createMetrics } from "../src/core/metrics.ts";

/*
 * Writes the parts of docs/ that the code knows best: `node .ci/docs.ts`. A test fails when they are out of date.
 */

type Schema = z.core.JSONSchema.JSONSchema;

const start = "<!-- generated: -->";

/** Generated documents by path; each keeps what a person wrote above the mark. */
export function generatedDocs(): Readonly<Record<string, string>> {
  return {
    "docs/configuration.md": configurationTable(),
    "docs/errors.md": errorTable(),
    "docs/operations.md": metricsTable(),
  };
}

/** A document with its generated part renewed. */
export function renewed(path: string, generated: string): string {
  const [written = ""] = readFileSync(new URL(`../${path}`, import.meta.url), "utf8").split(start, 1);
  return `${written}${start}\n\n${generated}`;
}

function configurationTable(): string {
  const schema = z.toJSONSchema(Config, { io: "input", unrepresentable: "any", reused: "inline" });
  const sections = Object.entries(schema.properties ?? {}).map(([name, section]) => {
    const inside = isSchema(section) ? rowsOf(section, name) : [];
    const rows = isSchema(section) && inside.length === 0 ? rowOf(section, name) : inside;
    const about = isSchema(section) ? (section.description ?? "") : "";
    const table = ["| key | takes | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
    return `## ${name}\n\n${about}\n\n${table}\n`;
  });
  return sections.join("\n");
}

function rowsOf(schema: Schema, path: string): string[] {
  if (schema.type === "array" && isSchema(schema.items)) {
    const inside = rowsOf(schema.items, `${path}[]`);
    if (inside.length > 0) return inside;
  }
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter((one) => isSchema(one) && one.properties);
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    isSchema(child) ? rowOf(child, `${path}.${key}`) : [],
  );
  const named = isSchema(schema.additionalProperties) ? rowsOf(schema.additionalProperties, `${path}.NAME`) : [];
  return [...own, ...named, ...variantRows(variants.filter(isSchema), path)];
}

/** What every kind has stands once, without a kind; then what is of one kind alone. */
function variantRows(variants: readonly Schema[], path: string): string[] {
  const bare = variants.map((variant) => rowsOf(variant, path));
  const shared = (bare[0] ?? []).filter((row) => variants.length > 1 && bare.every((rows) => rows.includes(row)));
  const kinds = variants.flatMap((variant) => {
    const own = rowsOf(variant, `${path}${kindOf(variant)}`);
    return own.filter((_row, index) => !shared.includes(rowsOf(variant, path)[index] ?? ""));
  });
  return [...shared, ...kinds];
}

/** `(hipchat)` for a variant that is told apart by its kind or source. */
function kindOf({ properties }: Schema): string {
  const kind = properties?.["kind"] ?? properties?.["source"];
  return isSchema(kind) && kind.const !== undefined ? ` (${String(kind.const)})` : "";
}

function rowOf(schema: Schema, path: string): string[] {
  if (schema.const !== undefined && (path.endsWith(".kind") || path.endsWith(".source"))) return [];
  const inside = rowsOf(schema, path);
  const hasFields = inside.length > 0;
  const takes = hasFields && schema.anyOf === undefined ? "section" : takesOf(schema);
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const value = schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
  // What depends on the machine would make the document differ from one to the next.
  const shown = path === "browser.concurrency" ? "cores" : hasFields ? "" : value;
  return [`| \`${path}\` | ${cell(takes)} | ${cell(shown)} | ${cell(schema.description ?? "")} |`, ...inside];
}

function takesOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(String).join(", ");
  const options = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  if (options.length > 0) return [...new Set(options.map(takesOf))].join(" or ");
  if (schema.type === "array") return isSchema(schema.items) ? `list of ${takesOf(schema.items)}` : "list";
  if (schema.type === "object") return "map";
  const range = [
    typeof schema.minimum === "number" && schema.minimum > Number.MIN_SAFE_INTEGER ? `≥ ${schema.minimum}` : "",
    typeof schema.maximum === "number" && schema.maximum < Number.MAX_SAFE_INTEGER ? `≤ ${schema.maximum}` : "",
  ].filter((bound) => bound !== "");
  const name = typeof schema.type === "string" ? schema.type : "secret reference";
  return range.length === 0 ? name : `${name} ${range.join(", ")}`;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function errorTable(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { kind, status, retryable, hint }]) =>
      `| \`${code}\` | ${kind} | ${status} | ${exitCodes[kind]} | ${retryable ? "yes" : "no"} | ${hint.replaceAll("|", "\\|")} |`,
  );
  const head = [
    "| code | kind | HTTP status | exit code | trying again can help | next step |",
    "|---|---|---|---|---|---|",
  ];
  return `${[...head, ...rows].join("\n")}\n`;
}

/** Columns are as wide as oxfmt makes them: it formats this document. */
function metricsTable(): string {
  const metrics = createMetrics({ version: "", channels: [] }).registry.getMetricsAsArray();
  const rows = metrics.map((metric) => {
    const labels: unknown[] = "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    return [`\`${metric.name}\``, String(metric.type), labels.join(", "), metric.help];
  });
  const table = [["metric", "type", "labels", "meaning"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = table;
  return `${[lineOf(head), lineOf(widths.map((width) => "-".repeat(width))), ...body.map(lineOf)].join("\n")}\n`;
}

if (import.meta.main) {
  for (const [path, generated] of Object.entries(generatedDocs())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), renewed(path, generated));
  }
}
