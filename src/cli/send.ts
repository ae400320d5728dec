import type { Command } from "commander";
import { AlertInput } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { post, printDelivery, throwFailure } from "./outcome.ts";
import { collectParam } from "./shoot.ts";
import { commandLog, printJson, progress, warn } from "./terminal.ts";

interface SendFlags extends ConfigFlags {
  readonly channel: string;
  readonly text: string;
  readonly portal: readonly string[];
  readonly param: Readonly<Record<string, string>>;
  readonly severity: string;
  readonly status: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  chartbell send --channel ops --text "Maintenance begins"
  chartbell send --channel ops --text "CPU is back to normal" --portal cpu --param entity=web01 --severity normal`;

/** `chartbell send`: one text, with pictures if wanted, to one channel. */
export function send(program: Command): void {
  withConfig(program.command("send"))
    .description("post a text, and pictures of portals, to a channel")
    .requiredOption("--channel <name>", "channel of the configuration")
    .requiredOption("--text <text>", "text to post; empty posts the pictures only")
    .option("--portal <name>", "portal to photograph; may be repeated", (name, all: string[]) => [...all, name], [])
    .option("-p, --param <name=value>", "value of a portal's placeholder; may be repeated", collectParam, {})
    .option("--severity <severity>", "chooses the colour: normal, warning, critical, …", "undefined")
    .option("--status <status>", "OPEN, REPEAT or CANCEL", "OPEN")
    .option("--json", "print what became of it as JSON")
    .addHelpText("after", examples)
    .action(async (flags: SendFlags) => {
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      const { entity, metric, ...fields } = flags.param;
      const { status, severity, text } = flags;
      const input = parseInput(AlertInput, {
        rule: "message",
        status,
        severity,
        message: text,
        entity,
        metric,
        fields,
      });
      await using app = await start(loaded, "command", commandLog());
      progress(`${flags.channel}: posting …`);
      const delivery = await post(app, input, { channel: flags.channel, portals: flags.portal, text: "${message}" });
      if (flags.json === true) printJson(delivery);
      else printDelivery(delivery);
      throwFailure(delivery);
    });
}
