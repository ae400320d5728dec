import type { Command } from "commander";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { aborted, interruptSignal, serviceLog, warn } from "./terminal.ts";

/** `chartbell serve`: the service. Ends at SIGINT or SIGTERM after what is underway. */
export function serve(program: Command): void {
  withConfig(program.command("serve"))
    .description("take alerts over HTTP and post texts and pictures; be the room server")
    .option("--listen <host:port>", "listen here instead of server.listen")
    .option("--data-dir <dir>", "keep data here instead of store.dataDir")
    .addHelpText(
      "after",
      "\nExamples:\n  chartbell serve\n  chartbell serve --config /etc/chartbell.yaml --listen 0.0.0.0:8080",
    )
    .action(async (flags: ConfigFlags) => {
      const interrupted = interruptSignal();
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      const log = serviceLog();
      await using app = await start(loaded, "serve", log);
      log.info(
        { url: app.publicUrl, rooms: `${app.publicUrl}/rooms`, config: loaded.file ?? "built-in" },
        "Chartbell is ready.",
      );
      await aborted(interrupted);
      log.info("Chartbell stops.");
    });
}
