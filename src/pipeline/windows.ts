import type { Clock } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { wait } from "../core/wait.ts";
import type { WindowBook } from "../store/contract.ts";

export interface WindowKeeperDeps {
  readonly windows: Pick<WindowBook, "release">;
  /** Ends windows that nothing was heard of for too long; how many. */
  readonly endSilent: () => Promise<number>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Says what is delayed when its time has come, and ends windows in silence, until the signal aborts. Every process does
 * so; each message and each window is taken by one of them.
 */
export async function keepWindows(deps: WindowKeeperDeps, signal: AbortSignal): Promise<void> {
  const { windows, endSilent, clock, log } = deps;
  let isAway = false;
  let silenceDueMs = clock.monotonicMs();
  while (!signal.aborted) {
    let count = 0;
    try {
      count = await windows.release(clock.now());
      if (clock.monotonicMs() >= silenceDueMs) {
        const ended = await endSilent();
        if (ended < limits.windowsBatch) silenceDueMs = clock.monotonicMs() + limits.silencePollMs;
      }
      isAway = false;
    } catch (error) {
      if (!isAway && !signal.aborted) log.error({ err: error }, "The windows cannot be looked at; trying again.");
      isAway = true;
    }
    if (count < limits.windowsBatch) await wait(limits.windowPollMs, signal).catch(() => undefined);
  }
}
