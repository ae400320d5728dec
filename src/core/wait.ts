import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "./errors.ts";

/** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error;
  }
}

/** A signal that aborts with the outer one or after `ms`. */
export function within(ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Math.ceil(ms)))]);
}

/**
 * The promise, or the signal's reason if that comes first. A resource that arrives after the abort is handed to
 * `disposeLate`, so that nothing is left behind by a race.
 */
export async function race<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  disposeLate?: (late: Value) => unknown,
): Promise<Value> {
  const abandon = (): void => {
    promise.then((late) => disposeLate?.(late)).catch(() => undefined);
  };
  if (signal.aborted) {
    abandon();
    throw reasonOf(signal);
  }
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(reasonOf(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } catch (error) {
    if (signal.aborted) abandon();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    aborted.promise.catch(() => undefined);
  }
}

/** Why a signal aborted, as an Error: its own reason, or `cancelled`. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new AppError("cancelled", "The work was cancelled.");
}

/** Whether an error is a time limit of ours running out (AbortSignal.timeout rejects with a TimeoutError). */
export function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** Something that can be called in: `wait` ends at `wake`, after `ms`, or at once when `wake` came before it. */
export interface Alarm {
  readonly wake: () => void;
  readonly wait: (ms: number) => Promise<void>;
}

export function createAlarm(): Alarm {
  let isWoken = false;
  let ring: (() => void) | undefined;
  return {
    wake() {
      isWoken = true;
      ring?.();
    },
    async wait(ms) {
      if (!isWoken) {
        const rung = new AbortController();
        ring = () => rung.abort();
        await delay(ms, undefined, { signal: rung.signal }).catch(() => undefined);
        ring = undefined;
      }
      isWoken = false;
    },
  };
}
