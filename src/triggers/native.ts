import { z } from "zod";
import { AlertInput } from "../core/alert.ts";
import { limits } from "../core/limits.ts";
import { parseInput } from "../core/input.ts";
import type { Trigger } from "./contract.ts";

const Batch = z.strictObject({
  alerts: z.array(AlertInput).min(1).max(limits.alertsPerRequestMax),
});

/** Chartbell's own form: one alert, or `{"alerts": [...]}`. */
export const native: Trigger = {
  read(body) {
    const isBatch = typeof body === "object" && body !== null && "alerts" in body;
    return isBatch ? parseInput(Batch, body).alerts : [parseInput(AlertInput, body)];
  },
};
