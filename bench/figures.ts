import { execFileSync } from "node:child_process";
import { availableParallelism, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** What every bench says of its numbers. */

const root = fileURLToPath(new URL("../", import.meta.url));
const gibibyte = 1024 ** 3;

/** `2 cores, 24 GB of memory` */
export const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / gibibyte)} GB of memory`;

/** `commit 1234567, 2026-11-21` */
export function commitAndDate(): string {
  const git = (...args: readonly string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  const commit = `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "src") === "" ? "" : " with changes"}`;
  return `commit ${commit}, ${new Date().toISOString().slice(0, 10)}`;
}

/** How many processes wanted a core in the last minute; idle is near 0. */
export const loadNow = (): number => loadavg()[0] ?? 0;

/** The smallest value that this part of them does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

export const whole = (value: number): string => (Number.isNaN(value) ? "" : Math.round(value).toLocaleString("en-US"));

/** A table of Markdown; the first column holds names, the others numbers. */
export function tableFrom(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map((_, index) => (index === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}
