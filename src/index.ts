import type { z } from "zod";
import { startApp } from "./app.ts";
import type { App } from "./app.ts";
import { loadConfig, parseConfig } from "./config/load.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { Hooks } from "./core/code.ts";
import type { HandledAlert } from "./core/delivery.ts";
import { AppError } from "./core/errors.ts";
import { createLog } from "./core/log.ts";
import type { LogLevel } from "./core/log.ts";
import type { Accepted } from "./store/contract.ts";
import { triggers } from "./triggers/index.ts";
import type { NativeAlert } from "./triggers/index.ts";

/* Chartbell in another program: the same service that `chartbell serve` runs. */

export type { Alert, AlertStatus, Severity } from "./core/alert.ts";
export type { ChannelFacts, Extra, Hooks, Recipient } from "./core/code.ts";
export type { DeliveryRecord, HandledAlert } from "./core/delivery.ts";
export type { Accepted } from "./store/contract.ts";
export { AppError } from "./core/errors.ts";
export { escapeHtml } from "./core/text.ts";

/** An alert as `POST /api/alerts` takes it. */
export type AlertInput = z.input<typeof NativeAlert>;

export interface ChartbellOptions {
  /**
   * The configuration as chartbell.yaml has it, secrets as `env:NAME` or `file:PATH`; or the path of such a file. Default:
   * chartbell.yaml in the folder, if it is there.
   */
  readonly config?: string | Readonly<Record<string, unknown>>;
  /** Functions that decide; they go before those of the configuration's `code`. */
  readonly hooks?: Hooks;
  /** Where `env:NAME` looks; default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from where no file was named; default: the working folder. */
  readonly folder?: string;
  /** Lines of JSON on standard error; default: warn. */
  readonly log?: LogLevel;
}

export interface Chartbell extends AsyncDisposable {
  /** Its address on this machine. Throws usage before it was started. */
  readonly url: string;
  /** Opens the database and listens; rejects with an AppError for what the operator has to mend. */
  start(): Promise<void>;
  /**
   * Keeps alerts and answers; they are handled afterwards. Under the same idempotency key they are kept once. Rejects as
   * `POST /api/alerts` refuses, with an AppError.
   */
  accept(alerts: AlertInput | readonly AlertInput[], idempotencyKey?: string): Promise<readonly Accepted[]>;
  /** What became of an alert, once everything of it has ended; undefined for an id that is not known. */
  outcome(id: string): Promise<HandledAlert | undefined>;
  /** Finishes what is underway, at most some 20 s of it, and ends; the rest waits for the next start. */
  stop(): Promise<void>;
}

/** A Chartbell that is not started yet. */
export function createChartbell(options: ChartbellOptions = {}): Chartbell {
  let running: Promise<App> | undefined;
  let app: App | undefined;
  const started = (): App => {
    if (app !== undefined) return app;
    throw new AppError("usage", "This Chartbell is not started.", { hint: "Await start() before the first call." });
  };
  const stop = async (): Promise<void> => {
    const ending = await running?.catch(() => undefined);
    [running, app] = [undefined, undefined];
    await ending?.[Symbol.asyncDispose]();
  };
  return {
    get url() {
      return started().localUrl;
    },
    async start() {
      running ??= startApp(
        load(options),
        { mode: "serve", ...(options.hooks === undefined ? {} : { hooks: options.hooks }) },
        createLog({ level: options.log ?? "warn", pretty: false }),
      );
      try {
        app = await running;
      } catch (error) {
        running = undefined;
        throw error;
      }
    },
    accept: async (alerts, idempotencyKey) =>
      await started().pipeline.accept(
        triggers.native.read(Array.isArray(alerts) ? { alerts } : alerts),
        idempotencyKey,
      ),
    outcome: async (id) => await started().pipeline.outcome(id),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function load({ config, env = process.env, folder = process.cwd() }: ChartbellOptions): LoadedConfig {
  const options = { flags: {}, env, cwd: folder };
  if (config === undefined || typeof config === "string") return loadConfig({ ...options, file: config });
  // JSON is YAML: a configuration in code is read, checked and resolved as one in a file.
  return parseConfig(JSON.stringify(config), { ...options, file: undefined });
}
