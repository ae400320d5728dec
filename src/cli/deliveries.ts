import type { Command } from "commander";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { configOf, withServer } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { askServer } from "./server.ts";
import { print, printJson, progress, table } from "./terminal.ts";

/** What the server tells of a delivery, as far as people are shown it. */
const Listed = z.object({
  id: z.string(),
  alertId: z.string(),
  channel: z.string(),
  state: z.string(),
  rule: z.string(),
  entity: z.string(),
  status: z.string(),
  acceptedAt: z.string(),
  attempts: z.number(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
});
const Page = z.object({ items: z.array(Listed), next: z.string().optional() });
const Retried = z.object({ retried: z.array(z.string()) });

interface DeliveriesFlags extends ConfigFlags {
  readonly state?: string;
  readonly channel?: string;
  readonly limit: string;
  readonly before?: string;
  readonly json?: boolean;
}

const listExamples = `
Examples:
  chartbell deliveries
  chartbell deliveries --state failed --channel ops
  chartbell deliveries --state waiting --json`;

/** `chartbell deliveries`: what became of the latest messages, asked of the running server. */
export function deliveries(program: Command): void {
  withServer(program.command("deliveries"))
    .description("list the latest messages and what became of them (asks the running server)")
    .option("--state <state>", "only those: open, waiting, delivered, failed, unknown, folded or silent")
    .option("--channel <name>", "only those to this channel")
    .option("--limit <count>", "how many, at most 200", "50")
    .option("--before <next>", "older ones: the `next` of an earlier list")
    .option("--json", "print the list as JSON")
    .addHelpText("after", listExamples)
    .action(async ({ state, channel, limit, before, ...flags }: DeliveriesFlags) => {
      const given = Object.entries({ state, channel, limit, before }).filter(([, value]) => value !== undefined);
      const query = new URLSearchParams(given.map(([key, value]): [string, string] => [key, value ?? ""]));
      const answer = await askServer(await configOf(flags), `/api/deliveries?${query.toString()}`);
      if (flags.json === true) printJson(answer);
      else printPage(Page.parse(answer));
    });
}

function printPage({ items, next }: z.output<typeof Page>): void {
  if (items.length === 0) {
    print("There are none.");
    return;
  }
  const rows = items.map(({ acceptedAt, state, channel, status, rule, entity, attempts, failure, id }) => [
    acceptedAt.slice(0, 19).replace("T", " "),
    state,
    channel,
    `[${status}] ${rule}${entity === "" ? "" : ` for ${entity}`}`,
    String(attempts),
    id,
    failure === undefined ? "" : `${failure.code}: ${failure.message}`,
  ]);
  print(table(["accepted (UTC)", "state", "channel", "alert", "tries", "id", "why"], rows));
  if (next !== undefined) progress(`Older ones: --before ${next}`);
}

interface RetryFlags extends ConfigFlags {
  readonly all?: boolean;
  readonly channel?: string;
  readonly state?: string;
  readonly json?: boolean;
}

const retryExamples = `
Examples:
  chartbell retry 018f3c1e-5a0d-4f3e-9a51-1f0f6a0f4c55
  chartbell retry --all --channel ops
  chartbell retry --all --state unknown`;

/** `chartbell retry`: sends failed and unknown messages again; what has a receipt is left alone. */
export function retry(program: Command): void {
  withServer(program.command("retry"))
    .description("send failed and unknown messages again (asks the running server)")
    .argument("[id...]", "ids of deliveries, as `chartbell deliveries` lists them")
    .option("--all", "all that failed or whose outcome is unknown, at most 1,000 at a time")
    .option("--channel <name>", "with --all: only those to this channel")
    .option("--state <state>", "with --all: only failed, or only unknown")
    .option("--json", "print the ids as JSON")
    .addHelpText("after", retryExamples)
    .action(async (ids: readonly string[], { all, channel, state, ...flags }: RetryFlags) => {
      if (ids.length > 0 === (all === true)) {
        throw new AppError("usage", "Name the deliveries to send again, or all of them with --all.");
      }
      const body = all === true ? { all, channel, state } : { ids };
      const { retried } = Retried.parse(await askServer(await configOf(flags), "/api/deliveries/retry", body));
      if (flags.json === true) printJson({ retried });
      else print(`${retried.length} put back into their channels' backlogs.`);
      const missing = ids.filter((id) => !retried.includes(id));
      if (missing.length > 0) {
        throw new AppError("not_found", `No failed or unknown delivery: ${missing.join(", ")}.`, {
          hint: "`chartbell deliveries --state failed` lists those that can be sent again.",
        });
      }
    });
}
