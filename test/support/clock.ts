import type { Clock } from "../../src/core/clock.ts";

/** A clock that shows this moment now, and goes on from there. */
export function clockFrom(moment: string): Clock {
  const startMs = performance.now();
  return {
    now: () => new Date(Date.parse(moment) + Math.floor(performance.now() - startMs)),
    monotonicMs: () => performance.now(),
  };
}
