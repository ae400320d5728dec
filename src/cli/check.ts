import type { Command } from "commander";
import type { App } from "../app.ts";
import type { LoadedConfig } from "../config/load.ts";
import { AppError, messageOf } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { CheckResult } from "../destinations/contract.ts";
import { checkDatabase } from "./check-database.ts";
import { configOf, start, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { commandLog, interruptSignal, print, printJson, progress, warn } from "./terminal.ts";

interface Check extends CheckResult {
  /** `config`, `database`, `tls`, `browser`, `pictures` or `channel NAME`. */
  readonly part: string;
}

/** `chartbell check`: whether everything that the configuration names would work, without sending anything to people. */
export function check(program: Command): void {
  withConfig(program.command("check"))
    .description("check configuration, database, browser, storage and every channel's tokens, without posting anything")
    .option("--json", "print the results as JSON")
    .addHelpText("after", "\nExamples:\n  chartbell check\n  chartbell check --config /etc/chartbell.yaml --json")
    .action(async (flags: ConfigFlags & { readonly json?: boolean }) => {
      const signal = interruptSignal();
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      const log = commandLog();
      await using app = await start(loaded, "command", log);
      const file = loaded.file ?? "no chartbell.yaml; the built-in defaults";
      const checks: Check[] = [{ part: "config", subject: "file", ok: true, detail: `Valid: ${file}.` }];
      progress("database …");
      checks.push({ part: "database", ...(await checkDatabase(loaded, log, signal)) });
      if (loaded.config.server.tls !== undefined) checks.push(await checkTls(loaded));
      progress("browser …");
      checks.push(await checkBrowser(app, signal));
      if (app.probePictures !== undefined) {
        progress("pictures …");
        checks.push(await checkPictures(app.probePictures));
      }
      for (const [name, { destination }] of app.settings.current.channels) {
        progress(`channel ${name} …`);
        const results = await destination.check(signal);
        checks.push(...results.map((result) => ({ part: `channel ${name}`, ...result })));
      }
      if (flags.json === true) printJson(checks);
      else print(checks.map(line).join("\n"));
      refuseFailures(checks);
    });
}

async function checkTls(loaded: LoadedConfig): Promise<Check> {
  const check = { part: "tls", subject: "certificate" };
  const { certificateOptions } = await import("../app.ts");
  const { describeCertificate, readCertificate } = await import("../tls/certificates.ts");
  try {
    const { names, validUntil } = describeCertificate(await readCertificate(certificateOptions(loaded), new Date()));
    const ok = Date.parse(validUntil) > Date.now();
    return { ...check, ok, detail: `${names || "No names"}, ${ok ? "until" : "ended on"} ${validUntil.slice(0, 10)}.` };
  } catch (error) {
    return { ...check, ok: false, detail: sayError(error) };
  }
}

async function checkBrowser(app: App, signal: AbortSignal): Promise<Check> {
  try {
    const { executable, version, sandbox } = await app.driver.probe(signal);
    const detail = `${version} at ${executable}, sandbox ${sandbox ? "on" : "off"}.`;
    return { part: "browser", subject: "start", ok: true, detail };
  } catch (error) {
    return { part: "browser", subject: "start", ok: false, detail: sayError(error) };
  }
}

async function checkPictures(probe: () => Promise<void>): Promise<Check> {
  const check = { part: "pictures", subject: "s3" };
  try {
    await probe();
    return { ...check, ok: true, detail: "An object was written, read and deleted." };
  } catch (error) {
    return { ...check, ok: false, detail: sayError(error) };
  }
}

function sayError(error: unknown): string {
  return error instanceof AppError ? `${error.message} ${error.hint}` : messageOf(error);
}

function line({ part, subject, ok, detail }: Check): string {
  return `${ok ? "ok    " : "FAILED"}  ${part}: ${subject}: ${detail}`;
}

function refuseFailures(checks: readonly Check[]): void {
  const failed = checks.filter(({ ok }) => !ok);
  if (failed.length === 0) return;
  const parts = [...new Set(failed.map(({ part }) => part))].join(", ");
  const count = failed.length === 1 ? "1 check" : `${failed.length} checks`;
  throw new AppError(codeOf(failed), `${count} failed: ${parts}.`, {
    hint: "Mend what the lines above name, then check again.",
  });
}

/** What is to be set up on this machine is the class of the whole only when no channel failed. */
function codeOf(failed: readonly Check[]): ErrorCode {
  if (failed.some(({ part }) => part.startsWith("channel "))) return "delivery_rejected";
  if (failed.some(({ part }) => part === "database")) return "store_unstartable";
  if (failed.some(({ part }) => part === "tls")) return "certificate_unusable";
  return failed.some(({ part }) => part === "pictures") ? "pictures_refused" : "browser_unstartable";
}
