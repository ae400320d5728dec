import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/*
 * `npm test`: everything, one stage after the other, and a last line with the sum of the real results.
 * Arguments name the stages to run: `npm test -- lint unit`.
 */

interface Result {
  readonly passed: number;
  readonly failed: number;
}

interface Stage {
  readonly name: string;
  readonly what: string;
  readonly run: () => Result;
}

const reports = mkdtempSync(join(tmpdir(), "chartbell-test-"));

/** Runs a tool of node_modules/.bin with this Node, its output for people on the terminal. */
function tool(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean {
  const { status } = spawnSync(name, args, { stdio: "inherit", env: { ...process.env, ...env } });
  return status === 0;
}

const check = (isFine: boolean): Result => (isFine ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

function vitest(project: string): Result {
  const report = join(reports, `${project}.json`);
  const args = [
    "run",
    "--config",
    "test/vitest.config.ts",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
  ];
  const isFine = tool("vitest", [...args, `--outputFile.json=${report}`]);
  const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = readReport(report);
  // A file that cannot be loaded fails without a failed test.
  return { passed, failed: isFine ? failed : Math.max(1, failed) };
}

function playwright(): Result {
  const report = join(reports, "e2e.json");
  const isFine = tool("playwright", ["test", "--reporter=list,json"], { PLAYWRIGHT_JSON_OUTPUT_NAME: report });
  const { stats = {} } = readReport(report);
  const { expected = 0, unexpected = 0, flaky = 0 } = stats;
  return { passed: expected, failed: isFine ? unexpected + flaky : Math.max(1, unexpected + flaky) };
}

interface Report {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly stats?: { readonly expected?: number; readonly unexpected?: number; readonly flaky?: number };
}

function readReport(file: string): Report {
  try {
    const report: Report = JSON.parse(readFileSync(file, "utf8"));
    return report;
  } catch {
    // The tool ended before it could write one; the caller counts that as a failure.
    return {};
  }
}

const stages: readonly Stage[] = [
  { name: "format", what: "oxfmt", run: () => check(tool("oxfmt", ["--check"])) },
  {
    name: "lint",
    what: "oxlint, type-aware",
    run: () => check(tool("oxlint", ["--type-aware", "--deny-warnings", "src", "test", "bench", ".ci", "portals"])),
  },
  { name: "types", what: "tsc", run: () => check(tool("tsc", ["--noEmit"])) },
  { name: "unit", what: "units and the architecture", run: () => vitest("unit") },
  { name: "conformance", what: "destinations, stores and HipChat clients", run: () => vitest("conformance") },
  { name: "integration", what: "real browser, real database, real sockets", run: () => vitest("integration") },
  { name: "fault", what: "processes killed, connections broken", run: () => vitest("fault") },
  { name: "e2e", what: "pages in a real browser", run: playwright },
];

function main(names: readonly string[]): number {
  const unknown = names.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    console.error(`There is no stage ${unknown}; there are: ${stages.map(({ name }) => name).join(", ")}.`);
    return 2;
  }
  const chosen = stages.filter(({ name }) => names.length === 0 || names.includes(name));
  const total = { passed: 0, failed: 0 };
  const summary: string[] = [];
  for (const [index, { name, what, run }] of chosen.entries()) {
    console.log(`\n▶ ${index + 1}/${chosen.length} ${name}: ${what}`);
    const startedMs = performance.now();
    const { passed, failed } = run();
    total.passed += passed;
    total.failed += failed;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    summary.push(`${failed === 0 ? "✓" : "✗"} ${name}: ${passed} passed, ${failed} failed in ${seconds} s`);
  }
  rmSync(reports, { recursive: true, force: true });
  console.log(`\n${summary.join("\n")}\n\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
