import { z } from "zod";
import { Match } from "./match.ts";
import { Name } from "./name.ts";
import { Duration } from "./quantity.ts";
import { Template } from "./template.ts";

const statusTexts = (picture: boolean) => ({
  text: Template.optional().describe("Text with ${placeholders}; default: ATSD's recommended text."),
  details: z.boolean().default(false).describe("Whether a table of the alert's details follows the text."),
  picture: z.boolean().default(picture).describe("Whether the portals are photographed for this status."),
  send: z.boolean().default(true).describe("false sends nothing for this status."),
});

const OpenTexts = z.strictObject({
  ...statusTexts(true),
  delay: Duration.optional().describe("Said only if it is still open after this time: 30s, 2m. Default: said at once."),
});

/** Which REPEATs of a window are said. */
export const RepeatPolicy = z.union([z.enum(["all", "none"]), z.int().min(1).max(100_000), Duration]);
export type RepeatPolicy = z.infer<typeof RepeatPolicy>;

const RepeatTexts = z.strictObject({
  ...statusTexts(true),
  every: RepeatPolicy.default("all").describe(
    "Which are said. all; none; a number N: every Nth; a time such as 10m: one in that time.",
  ),
});

const CancelTexts = z.strictObject({
  ...statusTexts(false),
  unopened: z.boolean().default(false).describe("true: said also where nothing is known to be open."),
});

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
  open: OpenTexts.prefault({}).describe("For OPEN."),
  repeat: RepeatTexts.prefault({}).describe("For REPEAT."),
  cancel: CancelTexts.prefault({}).describe("For CANCEL."),
});
export type Route = z.infer<typeof Route>;
