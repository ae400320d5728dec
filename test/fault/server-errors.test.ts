import { expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { faultTestMs, runFault } from "../support/fault-run.ts";
import { until } from "../support/service.ts";

/* A room whose server fails: every request for a while, then every other. */

test(
  "errors of the server lose nothing, however many there are",
  async () => {
    const errors = [500, 502, 503, 504];
    let failures = 0;
    const result = await runFault(async ({ room, progress }) => {
      let isBroken = true;
      room.reply = (response) => {
        isBroken = failures < 4 || !isBroken;
        // A server that fails has not taken the message.
        if (isBroken) room.received.pop();
        response.writeHead(isBroken ? (errors[failures++ % 4] ?? 500) : 204).end();
      };
      await until("it failed six times", async () => failures >= 6);
      await progress(4);
      room.reply = (response) => void response.writeHead(204).end();
    });
    expect(result.breaches).toEqual([]);
    expect(result).toMatchObject({ failed: 0, unknown: 0, repeated: 0 });
    expect(result.folded).toBeGreaterThan(0);
    expect(result.recoveryMs).toBeLessThan(limits.deliveryBackoff.capMs);
  },
  faultTestMs,
);
