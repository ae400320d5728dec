import { limits } from "../core/limits.ts";
import { wait } from "../core/wait.ts";

/** How a process leaves others their part of a queue. */
export interface Sharing {
  /** How many to take at a time. */
  readonly claimMax: number;
  /** So many were taken just now. */
  took(count: number): void;
  /** Lets the others go first for a moment; `inHand`: how many are being handled. Ends early when the signal aborts. */
  leave(inHand: number, signal: AbortSignal): Promise<void>;
}

/**
 * Each takes a few at a time; who took something last, or has more in hand, looks later than the others. When nothing was
 * taken lately nobody waits. Who has the queue to itself gathers what comes for a moment, and takes that at once: a look at
 * the queue costs as much as the handling of an alert.
 */
export function createSharing(isShared: boolean): Sharing {
  const { claimMax, turnMs, turnsMax, inHandMs, waitMsMax, forgetMs, gatherMs } = limits.sharing;
  let turns = 0;
  let tookAtMs = -Infinity;
  return {
    claimMax: isShared ? claimMax : Infinity,
    took(count) {
      turns = count > 0 ? turnsMax : Math.max(0, turns - 1);
      if (count > 0) tookAtMs = performance.now();
    },
    async leave(inHand, signal) {
      const quietMs = performance.now() - tookAtMs;
      if (quietMs > (isShared ? forgetMs : gatherMs)) return;
      const waitMs = isShared ? Math.min(waitMsMax, turns * turnMs + inHand * inHandMs) : gatherMs - quietMs;
      await wait(waitMs, signal).catch(() => undefined);
    },
  };
}
