import { resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { within } from "../core/wait.ts";
import type { CheckResult } from "../destinations/contract.ts";

/**
 * Opens the database as `serve` does, with the schema brought up to date, and closes it again. A folder that a running
 * Chartbell has is no failure: that one is asked whether it is ready.
 */
export async function checkDatabase(loaded: LoadedConfig, log: Logger, signal: AbortSignal): Promise<CheckResult> {
  const { openServedStore } = await import("../app.ts");
  const { dataDir, url } = loaded.config.store;
  const which = url === undefined ? `Private PostgreSQL in ${resolve(loaded.baseDir, dataDir)}` : "Server of store.url";
  try {
    await using store = await openServedStore(loaded, log);
    const { unhandled } = await store.stats(within(limits.databaseConnectMs, signal));
    return { subject: "open", ok: true, detail: `${which}, up to date; alerts left to handle: ${unhandled}.` };
  } catch (error) {
    if (error instanceof AppError && error.code === "store_in_use") {
      return await askOwner(`${which} is in use by process ${String(error.details["pid"])}`, loaded, signal);
    }
    const hint = error instanceof AppError ? ` ${error.hint}` : "";
    return { subject: "open", ok: false, detail: `${messageOf(error)}${hint}` };
  }
}

/** What the running Chartbell says of itself. One that listens elsewhere (`serve --listen`) cannot be asked. */
async function askOwner(owner: string, { config }: LoadedConfig, signal: AbortSignal): Promise<CheckResult> {
  const { servedUrl } = await import("../config/schema.ts");
  const address = `${servedUrl(config)}/readyz`;
  const result = (ok: boolean, said: string): CheckResult => ({ subject: "in use", ok, detail: `${owner}${said}` });
  const answer = await fetch(address, { redirect: "error", signal: within(limits.readyAnswerMs, signal) }).catch(
    () => undefined,
  );
  await answer?.body?.cancel();
  if (answer === undefined) return result(true, `, which is fine; nothing answers at ${address}.`);
  if (answer.status === 200) return result(true, ", which is ready.");
  return result(answer.status !== 503, `, and ${address} answers ${answer.status}.`);
}
