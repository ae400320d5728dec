import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { faultTestMs, runFault } from "../support/fault-run.ts";

/* Connections to the room that are reset: in the middle of a request, before its answer, within its answer. */

test(
  "reset within requests, which never arrive, nothing is lost and nothing stands in the room twice",
  async () => {
    const result = await runFault(async ({ proxy, progress }) => {
      for (const afterBytes of [1, 100, 300]) {
        await proxy.set({ kind: "reset-request", afterBytes });
        await proxy.met(1);
        await progress(8);
      }
    });
    expect(result.breaches).toEqual([]);
    expect(result).toMatchObject({ failed: 0, repeated: 0 });
    expect(result.unknown).toBeGreaterThanOrEqual(3);
    expect(result.folded).toBeGreaterThan(0);
    expect(result.recoveryMs).toBeLessThan(limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);

test(
  "reset before and within answers, whatever came twice was an unknown outcome",
  async () => {
    const result = await runFault(async ({ proxy, progress }) => {
      for (const afterBytes of [0, 12]) {
        await proxy.set({ kind: "reset-answer", afterBytes });
        await proxy.met(1);
        await progress(8);
      }
    });
    expect(result.breaches).toEqual([]);
    expect(result.failed).toBe(0);
    expect(result.unknown).toBeGreaterThanOrEqual(2);
    expect(result.repeated).toBeLessThanOrEqual(result.unknown);
    expect(result.recoveryMs).toBeLessThan(limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);
