import { z } from "zod";
import { colors } from "../core/message.ts";

/** Option fields that every kind of channel has: whether it is used, how its messages look and sound, what a crash does to them. */
export const appearance = {
  enabled: z.boolean().default(true).describe("false: nothing is sent, and that is recorded."),
  color: z
    .enum(["auto", ...colors])
    .default("auto")
    .describe("auto: by severity and status; or a fixed colour."),
  notify: z
    .union([z.literal("auto"), z.boolean()])
    .default("auto")
    .describe("Sound and mobile push. auto: by status."),
  onUnknown: z
    .enum(["resend", "mark"])
    .default("resend")
    .describe("A message whose outcome a crash left unknown: send it again (it may stand twice), or only record it."),
};

/** Option fields of the kinds that speak HipChat's API. */
export const hipchatAppearance = {
  ...appearance,
  from: z.string().max(500).default("Chartbell").describe("Sender's label; cut at 64 characters (15 with API v1)."),
  messageFormat: z.enum(["html", "text"]).default("html").describe("HipChat's message_format."),
};
