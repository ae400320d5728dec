import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { race } from "../core/wait.ts";
import type { Worker } from "./contract.ts";

/**
 * Waits for what is underway until the deadline aborts, then abandons the rest and gives it limits.letGoMs to say so. A database
 * that is away must not hold the end up: what it did not hear is released by the next start.
 */
export async function endUnderway(
  underway: ReadonlyMap<string, Promise<void>>,
  deadline: AbortSignal,
  abandoned: AbortController,
): Promise<void> {
  await race(Promise.all(underway.values()), deadline).catch(() => undefined);
  abandoned.abort(new AppError("shutting_down", "Chartbell has stopped."));
  const letGo = AbortSignal.timeout(limits.letGoMs);
  await race(Promise.all(underway.values()), letGo).catch(() => undefined);
}

/** Workers that are drained side by side, by one deadline. */
export function asOneWorker(workers: readonly Worker[]): Worker {
  return { drain: async (deadline) => void (await Promise.all(workers.map((one) => one.drain(deadline)))) };
}
