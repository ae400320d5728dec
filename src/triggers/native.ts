import { z } from "zod";
import { AlertInput } from "../core/alert.ts";
import { limits } from "../core/limits.ts";
import { parseInput } from "../core/input.ts";
import type { Trigger } from "./contract.ts";

const version = z
  .literal(1, "must be 1, the version of alerts that this Chartbell reads")
  .optional()
  .describe("Version of this form; default 1.");

/** One alert, as a request's body. */
export const NativeAlert = AlertInput.safeExtend({ schema: version });

/** Several alerts: all are taken, or none. */
export const NativeBatch = z.strictObject({
  schema: version,
  alerts: z.array(AlertInput).min(1).max(limits.alertsPerRequestMax).describe("The alerts, in their order."),
});

/** Chartbell's own form: one alert, or `{"alerts": [...]}`. */
export const native: Trigger = {
  read(body) {
    const isBatch = typeof body === "object" && body !== null && "alerts" in body;
    if (isBatch) return parseInput(NativeBatch, body).alerts;
    const { schema: _version, ...alert } = parseInput(NativeAlert, body);
    return [alert];
  },
};
