import { z } from "zod";
import { withoutControls } from "./clean-text.ts";
import { limits } from "./limits.ts";

/*
 * Cards of notifications: the JSON schema that HipChat's own plug-ins carried (jenkinsci/hipchat-plugin, schema/card.json),
 * and what its web client made of it. Keys that are not in it are ignored, as Grafana sends a `date`; an empty text counts
 * as none, as tools send one for a value they do not have.
 */

const text = (charsMax: number) => z.string().transform(withoutControls).pipe(z.string().min(1).max(charsMax));
const optionalText = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .transform((value) => (value === "" ? undefined : withoutControls(value)))
    .optional();
/** Numbers come as text from tools that paste their JSON together. */
const pixels = z
  .union([z.number(), z.string().regex(/^\d{1,5}$/u)])
  .transform(Number)
  .optional();

const urlText = optionalText(limits.urlCharsMax);
const Icon = z
  .union([z.string().max(limits.urlCharsMax), z.object({ url: z.string().max(limits.urlCharsMax), "url@2x": urlText })])
  .transform((icon) => (typeof icon === "string" ? icon : icon.url))
  .optional();

const Description = z.union([
  optionalText(1000),
  z.object({ format: z.enum(["html", "text"]), value: z.string().min(1).max(1000) }),
]);

const Attribute = z.object({
  label: optionalText(50),
  value: z.object({
    label: text(1000),
    url: urlText,
    style: z
      .enum(["lozenge", "lozenge-success", "lozenge-error", "lozenge-current", "lozenge-complete", "lozenge-moved"])
      .optional(),
    icon: Icon,
  }),
});

export const Card = z.object({
  style: z.enum(["file", "image", "application", "link", "media"]),
  id: text(200),
  title: text(500),
  description: Description.optional(),
  format: z.enum(["compact", "medium"]).optional(),
  url: urlText,
  icon: Icon,
  thumbnail: z.object({ url: text(limits.urlCharsMax), "url@2x": urlText, width: pixels, height: pixels }).optional(),
  activity: z.object({ html: text(4000), icon: Icon }).optional(),
  attributes: z.array(Attribute).max(limits.cardAttributesMax).optional(),
});
export type Card = z.infer<typeof Card>;
