import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { faultTestMs, runFault } from "../support/fault-run.ts";

/* A room behind a connection that is there and dumb: what vanished is found out by the time limit of a try. */

test.each(["request", "answer"] as const)(
  "when the %s vanishes, its message is an unknown outcome and nothing is lost",
  async (vanishes) => {
    const result = await runFault(async ({ proxy, progress }) => {
      await proxy.set({ kind: "half-open", vanishes });
      await proxy.met(1);
      await progress(20);
    });
    expect(result.breaches).toEqual([]);
    expect(result).toMatchObject({ failed: 0, unknown: 1 });
    expect(result.repeated).toBeLessThanOrEqual(vanishes === "answer" ? 1 : 0);
    expect(result.folded).toBeGreaterThan(0);
    // The one try that was under way ends by its time limit.
    expect(result.recoveryMs).toBeLessThan(limits.deliveryTryMs + limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);
