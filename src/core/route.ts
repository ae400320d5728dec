import { z } from "zod";
import { Match } from "./match.ts";
import { Name } from "./name.ts";
import { Template } from "./template.ts";

const StatusTexts = (picture: boolean) =>
  z
    .strictObject({
      text: Template.optional().describe("Text with ${placeholders}; default: ATSD's recommended text."),
      picture: z.boolean().default(picture).describe("Whether the portals are photographed for this status."),
      send: z.boolean().default(true).describe("false sends nothing for this status."),
    })
    .prefault({});

/** Which alerts go to which channels, with which portals and texts. */
export const Route = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("Name for people: in the log and in what `chartbell route` explains."),
  match: Match.prefault({}).describe("All of these must match; none: every alert. See [routes](routes.md)."),
  stop: z.boolean().default(false).describe("Whether no later route is looked at once this one matched."),
  default: z.boolean().default(false).describe("Whether it is for alerts that no other route matched."),
  channels: z.array(Name).max(50).describe("Names of channels."),
  portals: z.array(Name).max(10).default([]).describe("Names of portals to photograph."),
  open: StatusTexts(true).describe("For OPEN."),
  repeat: StatusTexts(true).describe("For REPEAT."),
  cancel: StatusTexts(false).describe("For CANCEL."),
});
export type Route = z.infer<typeof Route>;
