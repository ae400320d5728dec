import type { Command } from "commander";
import { describeConfig, maskedConfig } from "../config/show.ts";
import { configOf, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { print, printJson, warn } from "./terminal.ts";

/** `chartbell config`: the configuration in force, secrets masked, and where each value came from. */
export function config(program: Command): void {
  withConfig(program.command("config"))
    .description("print the resolved configuration, secrets masked, with the origin of each value")
    .option("--json", "print JSON without origins")
    .addHelpText("after", "\nExamples:\n  chartbell config\n  chartbell config --config other.yaml --json")
    .action(async (flags: ConfigFlags & { readonly json?: boolean }) => {
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      if (flags.json === true) printJson(maskedConfig(loaded));
      else print(describeConfig(loaded));
    });
}
