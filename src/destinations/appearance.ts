import { z } from "zod";
import { severities, Severity } from "../core/alert.ts";
import { colors } from "../core/message.ts";
import { Template } from "../core/template.ts";
import { TimeZone } from "../core/timezone.ts";

const text = Template.optional();

/** Option fields that every kind of channel has: whether it is used, how its messages look and sound, what a crash does to them. */
export const appearance = {
  enabled: z.boolean().default(true).describe("false: nothing is sent, and that is recorded."),
  color: z
    .enum(["auto", ...colors])
    .default("auto")
    .describe("auto: by severity and status; or a fixed colour."),
  notify: z
    .union([z.literal("auto"), z.boolean(), z.array(Severity).max(severities.length)])
    .default("auto")
    .describe("Sound and mobile push. auto: by status; or a list of severities, `normal` for what is over."),
  onUnknown: z
    .enum(["resend", "mark"])
    .default("resend")
    .describe("A message whose outcome a crash left unknown: send it again (it may stand twice), or only record it."),
  portalLinks: z
    .boolean()
    .default(false)
    .describe("Whether a text whose pictures follow ends with links to their portals."),
  timezone: TimeZone.default("UTC").describe("IANA time zone of the times in texts, as in `${alert_open_time}`."),
  texts: z
    .strictObject({
      open: text.describe("For OPEN."),
      repeat: text.describe("For REPEAT."),
      cancel: text.describe("For CANCEL."),
    })
    .prefault({})
    .describe("Texts of this channel's own, whatever the routes say; not for schedules."),
};

/** Option fields of the kinds that speak HipChat's API. */
export const hipchatAppearance = {
  ...appearance,
  from: z.string().max(500).default("Chartbell").describe("Sender's label; cut at 64 characters (15 with API v1)."),
  messageFormat: z.enum(["html", "text"]).default("html").describe("HipChat's message_format."),
};
