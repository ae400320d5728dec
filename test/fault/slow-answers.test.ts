import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { faultTestMs, runFault } from "../support/fault-run.ts";

/* A room that answers late, or byte by byte. */

test(
  "answers that come late or drip in within the time limit are answers: nothing is sent twice",
  async () => {
    const result = await runFault(async ({ proxy, progress }) => {
      await proxy.set({ kind: "delay", ms: 300 });
      await progress(8, 3);
      await proxy.set({ kind: "drip", everyMs: 5 });
      await progress(8, 3);
    });
    expect(result.breaches).toEqual([]);
    expect(result).toMatchObject({ failed: 0, unknown: 0, repeated: 0 });
    expect(result.recoveryMs).toBeLessThan(limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);

test(
  "an answer that drips beyond the time limit is none: its message is an unknown outcome",
  async () => {
    const result = await runFault(async ({ proxy, progress }) => {
      await proxy.set({ kind: "drip", everyMs: 1000 });
      await progress(8, 1);
    });
    expect(result.breaches).toEqual([]);
    expect(result).toMatchObject({ failed: 0, unknown: 1 });
    expect(result.repeated).toBeLessThanOrEqual(1);
    expect(result.recoveryMs).toBeLessThan(limits.deliveryTryMs + limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);
