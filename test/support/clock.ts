import type { Clock } from "../../src/core/clock.ts";

/** A clock that shows this moment now, and goes on from there. */
export function clockFrom(moment: string): Clock {
  const startMs = performance.now();
  return {
    now: () => new Date(Date.parse(moment) + Math.floor(performance.now() - startMs)),
    monotonicMs: () => performance.now(),
  };
}

/** A clock that stands still until it is let go. */
export function heldClock(moment: string): Clock & { readonly go: () => void } {
  let clock: Clock = { now: () => new Date(moment), monotonicMs: () => performance.now() };
  return { now: () => clock.now(), monotonicMs: () => clock.monotonicMs(), go: () => void (clock = clockFrom(moment)) };
}
