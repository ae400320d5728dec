import { z } from "zod";
import { AlertInput } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import { Name } from "../core/name.ts";

/*
 * ATSD's buttons of a notification (rule-engine/notifications of axibase/atsd): Test posts a hello and, with a Test Portal
 * chosen, its picture after it; Send Screenshot posts the picture alone.
 */

const params = z
  .record(z.string().min(1).max(200), z.string().max(1000))
  .default({})
  .describe("Values of the portal's placeholders; `entity` and `metric` are those of the message.");

/** Body of `POST /api/channels/NAME/test`. */
export const TestWish = z.strictObject({
  text: z.string().min(1).max(limits.alertTextCharsMax).default("Hello from Chartbell").describe("What is said."),
  portal: Name.optional().describe("A portal to photograph; its picture follows the text."),
  params,
});
export type TestWish = z.infer<typeof TestWish>;

/** Body of `POST /api/channels/NAME/send-screenshot`. */
export const ScreenshotWish = z.strictObject({
  portal: Name.default("test").describe("The portal to photograph; default: the built-in test portal."),
  params,
});
export type ScreenshotWish = z.infer<typeof ScreenshotWish>;

/** One message to one channel, whatever the routes say. */
export interface ChannelTest {
  readonly input: AlertInput;
  readonly plan: Plan;
}

/** A text, and the picture of a portal where one is named. */
export function helloTo(channel: string, { text, portal, params }: TestWish): ChannelTest {
  const portals = portal === undefined ? [] : [portal];
  return { input: inputOf("test", text, params), plan: { channel, portals, text: "${message}" } };
}

/** The picture of a portal alone. */
export function screenshotTo(channel: string, { portal, params }: ScreenshotWish): ChannelTest {
  return { input: inputOf("test_screenshot", "", params), plan: { channel, portals: [portal], text: "" } };
}

function inputOf(rule: string, message: string, { entity, metric, ...fields }: TestWish["params"]): AlertInput {
  return AlertInput.parse({ status: "OPEN", rule, message, entity, metric, fields });
}
