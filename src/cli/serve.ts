import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import type { App, Role } from "../app.ts";
import type { LoadedConfig } from "../config/load.ts";
import { AppError } from "../core/errors.ts";
import { createLane } from "../core/lane.ts";
import type { Logger } from "../core/log.ts";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { aborted, interruptSignal, serviceLog, warn } from "./terminal.ts";

const examples = `
Examples:
  chartbell serve
  chartbell serve --config /etc/chartbell.yaml --listen 0.0.0.0:8080
  chartbell serve --role worker        (several machines on one store.url)

A changed configuration file is taken up at once; SIGHUP does it too, and reads secrets anew.`;

interface ServeFlags extends ConfigFlags {
  readonly role: Role;
}

/** `chartbell serve`: the service. Ends at SIGINT or SIGTERM after what is underway. */
export function serve(program: Command): void {
  withConfig(program.command("serve"))
    .description("take alerts over HTTP and post texts and pictures; be the room server")
    .option("--listen <host:port>", "listen here instead of server.listen")
    .option("--data-dir <dir>", "keep data here instead of store.dataDir")
    .option(
      "--role <role>",
      "all; or, of several on one store.url, intake (takes alerts) or worker (handles them)",
      roleOf,
      "all",
    )
    .addHelpText("after", examples)
    .action(async (flags: ServeFlags) => {
      const interrupted = interruptSignal();
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      const log = serviceLog();
      await using app = await start(loaded, "serve", log, flags.role);
      using _reloading = await reloadOnChange(app, flags, loaded, log);
      const { publicUrl } = app;
      const facts = {
        url: publicUrl,
        ...(app.secureUrl === undefined ? {} : { tls: app.secureUrl }),
        rooms: `${publicUrl}/rooms`,
        role: flags.role,
        config: loaded.file ?? "built-in",
      };
      log.info(facts, "Chartbell is ready.");
      await aborted(interrupted);
      log.info("Chartbell stops.");
    });
}

function roleOf(role: string): Role {
  if (role === "all" || role === "intake" || role === "worker") return role;
  throw new InvalidArgumentError("It must be all, intake or worker.");
}

/** Takes up the configuration again when its file changes and at SIGHUP; one that is wrong leaves the old one in force. */
async function reloadOnChange(app: App, flags: ConfigFlags, loaded: LoadedConfig, log: Logger): Promise<Disposable> {
  const { file, text } = loaded;
  const { watchFile } = await import("../config/watch.ts");
  const lane = createLane();
  const reload = (): void => void lane.run(async () => await reloadOnce(app, flags, log));
  process.on("SIGHUP", reload);
  const watched = [...(file === undefined ? [] : [{ file, text }]), ...(await codeOf(loaded))];
  const watching = watched.map((one) => watchFile(one.file, one.text, reload));
  return {
    [Symbol.dispose]() {
      process.off("SIGHUP", reload);
      for (const one of watching) one[Symbol.dispose]();
    },
  };
}

interface WatchedFile {
  readonly file: string;
  /** What it held when it was read. */
  readonly text: string;
}

/** The file of the configuration's code, as it is now. */
async function codeOf({ config: { code }, baseDir }: LoadedConfig): Promise<readonly WatchedFile[]> {
  if (code === undefined) return [];
  const file = resolve(baseDir, code);
  return [{ file, text: await readFile(file, "utf8").catch(() => "") }];
}

async function reloadOnce(app: App, flags: ConfigFlags, log: Logger): Promise<void> {
  try {
    const next = await configOf(flags);
    for (const warning of next.warnings) log.warn({ warning }, "The configuration has a warning.");
    const sections = await app.reload(next);
    log.info({ config: next.file }, "The changed configuration is in force.");
    if (sections.length > 0) log.warn({ sections }, "Some changes of the configuration wait for a restart.");
  } catch (error) {
    const facts = error instanceof AppError ? { reason: error.message, hint: error.hint } : { err: error };
    log.error(facts, "The changed configuration is not taken up; the old one stays in force.");
  }
}
