import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Query } from "./database.ts";

/** Refuses new alerts while too much is left to do. */
export interface Bound {
  /** Throws overloaded while limits.deliveriesOpenMax deliveries of all processes have not ended. */
  check(): void;
}

const open = "select count(*)::int as count from chartbell.delivery where ended_at is null";

/** What is left to do is counted beside the acceptance, at most once in limits.boundLookMs: accepting waits for no count. */
export function createBound(query: Query): Bound {
  let count = 0;
  let lookedMs = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    const [row] = await query<{ count: number }>(open, []);
    count = row?.count ?? 0;
  };
  return {
    check() {
      const nowMs = performance.now();
      if (nowMs - lookedMs > limits.boundLookMs) {
        lookedMs = nowMs;
        // A database that is away is for the acceptance itself to tell.
        look().catch(() => undefined);
      }
      if (count < limits.deliveriesOpenMax) return;
      throw new AppError("overloaded", `${count} messages wait to be delivered; no more alerts are accepted now.`, {
        hint: "See what their channels say (chartbell deliveries --state waiting); send the alert again later.",
        retryAfterMs: limits.overloadedRetryMs,
      });
    },
  };
}
