import { AppError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { createLog } from "../core/log.ts";

/** The only place with argv, exit codes and the terminal: what people see goes to standard error, results to standard output. */

/** A line of progress for people; nothing when standard error is not a terminal. */
export function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
}

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Columns as wide as their widest cell; the last one ends where its text does. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_cell, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Warnings of the configuration, on standard error. */
export function warn(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`warning: ${line}\n`);
}

/** The log of a long-running command: readable on a terminal, JSON otherwise. */
export function serviceLog(): Logger {
  return createLog({ level: logLevel(), pretty: process.stderr.isTTY });
}

/** The log of a short command: silent, since it prints its own results, unless CHARTBELL_LOG_LEVEL asks for more. */
export function commandLog(): Logger {
  const level = process.env["CHARTBELL_LOG_LEVEL"] === undefined ? "silent" : logLevel();
  return createLog({ level, pretty: process.stderr.isTTY });
}

function logLevel(): "debug" | "info" | "warn" | "error" {
  const wanted = process.env["CHARTBELL_LOG_LEVEL"];
  return wanted === "debug" || wanted === "warn" || wanted === "error" ? wanted : "info";
}

/** Prints an error and its next step, and returns the exit code of its class. */
export function reportError(error: unknown): number {
  if (error instanceof AppError) {
    process.stderr.write(`chartbell: ${error.message}\n  → ${error.hint}\n`);
    return error.exitCode;
  }
  process.stderr.write(`chartbell: an unexpected fault: ${messageOf(error)}\n`);
  if (process.env["CHARTBELL_LOG_LEVEL"] === "debug" && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  return 1;
}

/** Aborts at the first SIGINT or SIGTERM; the second ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new AppError("cancelled", "Interrupted."));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** `640 ms`, `1.9 s`, `48 kB`: numbers as people read them. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 * 1024
      ? `${Math.round(bytes / 1024)} kB`
      : `${(bytes / 1048576).toFixed(1)} MB`;
}
