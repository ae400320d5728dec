import type { Command } from "commander";
import { z } from "zod";
import { configOf, withServer } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { askServer } from "./server.ts";
import { print, printJson, table } from "./terminal.ts";

/** What the server tells of a window, as far as people are shown it. */
const Listed = z.object({
  rule: z.string(),
  entity: z.string(),
  tags: z.record(z.string(), z.string()),
  severity: z.string(),
  since: z.string(),
  duration: z.string(),
  repeats: z.number(),
  value: z.union([z.string(), z.number()]).optional(),
});
const Answer = z.object({ windows: z.array(Listed) });

interface WindowsFlags extends ConfigFlags {
  readonly limit: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  chartbell windows
  chartbell windows --json`;

/** `chartbell windows`: what is open now, asked of the running server. */
export function windows(program: Command): void {
  withServer(program.command("windows"))
    .description("list what is open now: alerts that began and are not over (asks the running server)")
    .option("--limit <count>", "how many, at most 1,000", "200")
    .option("--json", "print the list as JSON")
    .addHelpText("after", examples)
    .action(async ({ limit, ...flags }: WindowsFlags) => {
      const query = new URLSearchParams({ limit });
      const answer = await askServer(await configOf(flags), `/api/windows?${query.toString()}`);
      if (flags.json === true) printJson(answer);
      else print(listOf(Answer.parse(answer)));
    });
}

function listOf({ windows: open }: z.output<typeof Answer>): string {
  if (open.length === 0) return "Nothing is open.";
  const rows = open.map(({ rule, entity, tags, severity, since, duration, repeats, value }) => [
    since.slice(0, 19).replace("T", " "),
    duration,
    severity,
    rule,
    entity,
    Object.entries(tags)
      .map(([name, tag]) => `${name}=${tag}`)
      .join(", "),
    String(repeats),
    value === undefined ? "" : String(value),
  ]);
  return table(["since (UTC)", "for", "severity", "rule", "entity", "tags", "repeats", "value"], rows);
}
