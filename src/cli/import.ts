import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { ImportedSystem, ImportResult } from "../config/import/index.ts";
import { AppError, systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { readText } from "./input.ts";
import { print, printJson, warn } from "./terminal.ts";

interface ImportFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const examples = `
Examples:
  chartbell import atsd rules.xml -o chartbell.yaml
  chartbell import alertmanager /etc/prometheus/alertmanager.yml > chartbell.yaml
  chartbell import buildbot hipchat.json --json

The configuration goes to standard output or into a file, the report of what was carried over to standard error.
Tokens are never carried over: the report names the variables to put them into.`;

const systems: readonly (readonly [ImportedSystem, string])[] = [
  ["atsd", "rules exported as XML: routes and texts"],
  ["alertmanager", "alertmanager.yml: hipchat_configs and the tree of routes"],
  ["buildbot", "arguments of HipChatStatusPush as JSON: the maps of builders"],
];

/** `chartbell import SYSTEM FILE`: the configuration of another system as one of Chartbell's. */
export function importConfig(program: Command): void {
  const command = program
    .command("import")
    .description("make a chartbell.yaml from the configuration of another system")
    .addHelpText("after", examples);
  for (const [system, description] of systems) {
    command
      .command(`${system} <file>`)
      .description(`${description}; - for standard input`)
      .option("-o, --output <file>", "file to write instead of standard output")
      .option("--force", "overwrite the file")
      .option("--json", "print configuration and report as JSON")
      .addHelpText("after", examples)
      .action(async (file: string, flags: ImportFlags) => await run(system, file, flags));
  }
}

async function run(system: ImportedSystem, file: string, { output, force = false, json }: ImportFlags): Promise<void> {
  const text = await readText(file, limits.importBytesMax);
  const { importFrom } = await import("../config/import/index.ts");
  const result = importFrom(system, text);
  if (output !== undefined) await write(resolve(output), result.yaml, force);
  if (json === true) {
    printJson(result);
    return;
  }
  if (output === undefined) print(result.yaml);
  warn(result.warnings);
  process.stderr.write(reportOf(result, output));
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === "EEXIST") throw new AppError("file_exists", `${file} exists.`, { cause });
    throw new AppError("file_unwritable", `${file} could not be written (${code ?? "unknown reason"}).`, { cause });
  }
}

function reportOf({ carried, notCarried, variables }: ImportResult, output: string | undefined): string {
  const toSet = Object.entries(variables).map(([name, what]) => `${name}: ${what}`);
  const section = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
  return [
    section("Carried over:", carried),
    section("Not carried over, or to be looked at:", notCarried),
    section("Environment variables to set:", toSet),
    output === undefined ? "" : `Written: ${resolve(output)}. Check it: chartbell check --config ${output}\n`,
  ].join("");
}
