import { readFile, writeFile } from "node:fs/promises";
import type { ShotTimings } from "../../src/web-driver/contract.ts";
import { common } from "./cases.ts";
import { libraries } from "./libraries.ts";
import type { LibraryName } from "./libraries.ts";

export interface Result {
  readonly name: string;
  readonly library: LibraryName | "-";
  readonly behaviour: string;
  readonly round: number;
  readonly isPassed: boolean;
  readonly words: string;
  readonly pixels: number | undefined;
  readonly shotMs: number;
  readonly afterDataMs: number | undefined;
  readonly timings: ShotTimings | undefined;
}

const documentUrl = new URL("../../docs/readiness.md", import.meta.url);
const marks = { start: "<!-- zoo: -->", end: "<!-- /zoo -->" };

export function lineOf({ name, words, shotMs, afterDataMs }: Result): string {
  const after = afterDataMs === undefined ? "" : `, ${Math.round(afterDataMs)} ms after its data`;
  return `${name}: ${words} (${Math.round(shotMs)} ms${after})`;
}

/** The results as Markdown: the libraries crossed with the common behaviours, then the other behaviours. */
export function tables(results: readonly Result[]): string {
  const behaviours = Object.keys(common).filter((name) => results.some(({ behaviour }) => behaviour === name));
  const rows = Object.entries(libraries).flatMap(([name, { title }]) => {
    const own = results.filter(({ library }) => library === name);
    const cells = behaviours.map((behaviour) => cell(own.filter((result) => result.behaviour === behaviour)));
    return cells.every((text) => text === "") ? [] : [`| ${[title, ...cells].join(" | ")} |`];
  });
  const matrix = rows.length === 0 ? [] : [head(["library", ...behaviours]), ...rows, ""];
  const others = [...new Set(results.map(({ behaviour }) => behaviour))].filter((name) => !Object.hasOwn(common, name));
  const otherRows = others.map((behaviour) => {
    const own = results.filter((result) => result.behaviour === behaviour);
    const names = [...new Set(own.map(({ library }) => library))].map((library) => titleOf(library));
    return `| ${[behaviour, names.join(", "), cell(own)].join(" | ")} |`;
  });
  const list = otherRows.length === 0 ? [] : [head(["behaviour", "library", "result"]), ...otherRows, ""];
  return [...matrix, ...list].join("\n");
}

/** Median and 95th percentile of the plain pages. */
export function describeTimes(results: readonly Result[]): string {
  const plain = results.filter(({ behaviour }) => behaviour === "plain");
  const passed = results.filter(({ isPassed }) => isPassed).length;
  const exact = `${passed} of ${results.length} shots as they must be.`;
  if (plain.length === 0) return exact;
  const after = plain.flatMap(({ afterDataMs }) => afterDataMs ?? []);
  const whole = plain.map(({ shotMs }) => shotMs);
  return [
    exact,
    `Plain pages that are kept and shown again, from the last byte of data to the finished PNG: median ${quantile(after, 0.5)} ms, 95 % within ${quantile(after, 0.95)} ms;`,
    `the whole shot: median ${quantile(whole, 0.5)} ms, 95 % within ${quantile(whole, 0.95)} ms.`,
  ].join("\n");
}

/** Writes the tables between the marks of docs/readiness.md. */
export async function writeDocs(text: string): Promise<void> {
  const document = await readFile(documentUrl, "utf8");
  const [before = "", rest = ""] = document.split(marks.start, 2);
  const after = rest.split(marks.end, 2)[1] ?? "\n";
  await writeFile(documentUrl, `${before}${marks.start}\n\n${text}\n${marks.end}${after}`);
}

function cell(results: readonly Result[]): string {
  const wrong = [...new Set(results.filter(({ isPassed }) => !isPassed).map(({ words }) => words))];
  if (results.length === 0) return "";
  const times = results.filter(({ isPassed }) => !isPassed).length;
  const share = results.length > 1 && times > 0 ? ` (${times} of ${results.length})` : "";
  return wrong.length === 0 ? "ok" : `${wrong.join("; ").replaceAll("|", "\\|")}${share}`;
}

function head(names: readonly string[]): string {
  return `| ${names.join(" | ")} |\n|${names.map(() => "---").join("|")}|`;
}

function titleOf(library: LibraryName | "-"): string {
  return library === "-" ? "none" : libraries[library].title;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN);
}
