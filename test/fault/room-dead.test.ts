import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { faultTestMs, runFault } from "../support/fault-run.ts";

/* A room whose port is closed, and opens again. Five minutes of it: `npm run test:kill -- --dead 300`. */

test(
  "dead for a while, the room gets the newest state of each alert once it is back, and nothing twice",
  async () => {
    const result = await runFault(async ({ proxy, progress }) => {
      await proxy.set({ kind: "refuse" });
      await progress(60);
    });
    expect(result.breaches).toEqual([]);
    expect(result.failed).toBe(0);
    // Only what was on its way in the moment of the death is in doubt.
    expect(result.unknown).toBeLessThanOrEqual(1);
    expect(result.repeated).toBeLessThanOrEqual(result.unknown);
    expect(result.folded).toBeGreaterThan(40);
    expect(result.recoveryMs).toBeLessThan(limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);
