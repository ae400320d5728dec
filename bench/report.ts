import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bars } from "./bars.ts";
import { commitAndDate, loadNow, machine, quantile, tableFrom, whole } from "./figures.ts";
import { canMeasure } from "./memory.ts";
import { concurrencies } from "./measure.ts";
import type { Measured, Shot } from "./measure.ts";
import { peerVersions } from "./tools.ts";

const documentUrl = new URL("../docs/performance.md", import.meta.url);
const imageUrl = new URL("../docs/images/performance.svg", import.meta.url);
const marks = { start: "<!-- bench: -->", end: "<!-- /bench -->" };

const megabyte = 1024 * 1024;

/** What the numbers depend on. */
export function describeMachine(browserVersion: string, loadBefore: number): string {
  const peers = Object.entries(peerVersions()).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine}, load ${loadBefore.toFixed(1)} at the start and ${loadNow().toFixed(1)} at the end;`,
    `Chromium ${browserVersion}, Node ${process.versions.node}, ${peers.join(", ")};`,
    `${commitAndDate()}.`,
  ].join(" ");
}

export function tableOf(all: readonly Measured[]): string {
  const heads = [
    "tool",
    "right pictures",
    "median ms",
    "p95 ms",
    "after data, ms",
    ...concurrencies.map((count) => `shots/s, ${count} at a time`),
    "test portal/s",
    "KB",
    "peak memory, MB",
  ];
  const rows = all.map(({ tool, shots, rates, portalRate, peakBytes }) => {
    const times = shots.map(({ shotMs }) => shotMs);
    const after = shots.flatMap(({ outcome, afterDataMs }) => (outcome === "none" ? [] : (afterDataMs ?? [])));
    const bytes = quantile(
      shots.flatMap((shot) => shot.bytes ?? []),
      0.5,
    );
    return [
      tool.name,
      describeRight(shots),
      whole(quantile(times, 0.5)),
      whole(quantile(times, 0.95)),
      tool.isOwn ? whole(quantile(after, 0.5)) : "",
      ...concurrencies.map((count) => rates[count]?.toFixed(1) ?? ""),
      portalRate.toFixed(1),
      whole(bytes / 1024),
      canMeasure ? whole(peakBytes / megabyte) : "",
    ];
  });
  return tableFrom(heads, rows);
}

/** `24 of 24`, and how many shots ended without a picture. */
export function describeRight(shots: readonly Shot[]): string {
  const count = (kind: Shot["outcome"]): number => shots.filter(({ outcome }) => outcome === kind).length;
  const none = count("none");
  return `${count("right")} of ${shots.length}${none === 0 ? "" : ` (${none} without a picture)`}`;
}

/** Writes the table into docs/performance.md between its marks, and the plot beside it. */
export async function writeDocs(all: readonly Measured[], table: string, machine: string): Promise<void> {
  await writeFile(imageUrl, plotOf(all));
  const document = await readFile(documentUrl, "utf8");
  const [before, rest] = document.split(marks.start, 2);
  const after = rest?.split(marks.end, 2)[1];
  if (before === undefined || after === undefined) throw new Error("docs/performance.md has lost its marks.");
  const image = "![Median time per shot of each tool, and how many of its pictures were wrong](images/performance.svg)";
  const text = `${marks.start}\n\n${image}\n\n${table}\n\n${machine}\n\n${marks.end}`;
  await writeFile(documentUrl, `${before}${text}${after}`);
  spawnSync("oxfmt", [fileURLToPath(documentUrl)], { stdio: "inherit" });
}

export function plotOf(all: readonly Measured[]): string {
  return bars(
    all.map(({ tool, shots }) => {
      const times = shots.map(({ shotMs }) => shotMs);
      return {
        name: tool.name,
        isOwn: tool.isOwn,
        medianMs: quantile(times, 0.5),
        wrong: shots.filter(({ outcome }) => outcome !== "right").length,
        of: shots.length,
      };
    }),
  );
}
