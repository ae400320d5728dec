import type { Command } from "commander";
import type { App, AppMode, Role } from "../app.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Logger } from "../core/log.ts";

/*
 * What commands share. The program itself is imported when a command runs, so that help and usage errors are quick and work
 * on any Node.
 */

export interface ConfigFlags {
  readonly config?: string;
  readonly listen?: string;
  readonly dataDir?: string;
}

/** Adds --config to a command; every command that reads the configuration takes it. */
export function withConfig(command: Command): Command {
  return command.option("-c, --config <file>", "configuration file (default: chartbell.yaml in this folder, if any)");
}

/** Adds what a command needs that asks the running server. */
export function withServer(command: Command): Command {
  return withConfig(command).option("--listen <host:port>", "where the server listens (default: server.listen)");
}

/** The configuration for a command's flags. */
export async function configOf(flags: ConfigFlags): Promise<LoadedConfig> {
  const { loadConfig } = await import("../config/load.ts");
  return loadConfig({
    file: flags.config,
    flags: { listen: flags.listen, dataDir: flags.dataDir },
    env: process.env,
    cwd: process.cwd(),
  });
}

/** Starts the program for a command. */
export async function start(loaded: LoadedConfig, mode: AppMode, log: Logger, role: Role = "all"): Promise<App> {
  const { startApp } = await import("../app.ts");
  return await startApp(loaded, { mode, role }, log);
}
