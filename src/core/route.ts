import { z } from "zod";
import { AlertStatus, severities, Severity } from "./alert.ts";
import { Name } from "./name.ts";
import { Template } from "./template.ts";

const Pattern = z.string().min(1).max(500);
const Patterns = z.union([Pattern.transform((one) => [one]), z.array(Pattern).min(1).max(100)]);
const oneOrMore = <Item extends z.ZodType<string>>(item: Item) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1).max(100)]);

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
  match: z
    .strictObject({
      rule: Patterns.optional().describe("Rule, exact or with * and ?; one or a list."),
      entity: Patterns.optional().describe("Entity, exact or with * and ?; one or a list."),
      metric: Patterns.optional().describe("Metric, exact or with * and ?; one or a list."),
      severity: oneOrMore(Severity)
        .optional()
        .describe(`One or a list of ${severities.join(", ")}.`),
      status: oneOrMore(AlertStatus).optional().describe("One or a list of OPEN, REPEAT, CANCEL."),
      tags: z.record(z.string(), Patterns).optional().describe("Tag values, exact or with * and ?."),
    })
    .prefault({})
    .describe("All of these must match; none: every alert."),
  channels: z.array(Name).max(50).describe("Names of channels."),
  portals: z.array(Name).max(10).default([]).describe("Names of portals to photograph."),
  open: StatusTexts(true).describe("For OPEN."),
  repeat: StatusTexts(true).describe("For REPEAT."),
  cancel: StatusTexts(false).describe("For CANCEL."),
});
export type Route = z.infer<typeof Route>;
