import { z } from "zod";
import { limits } from "../core/limits.ts";
import { Fault } from "./answer.ts";
import type { Fields } from "./body.ts";
import { withoutControls } from "./clean-text.ts";

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

const Card = z.object({
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

/** What a refused card should have been, as HipChat tells it: nothing, or the whole schema. */
const expectedType = [
  { type: "null" },
  z.toJSONSchema(Card, { io: "input", unrepresentable: "any", reused: "inline" }),
];

/** `card` of a notification: none when absent or null. Throws HipChat's 400. */
export function readCard(fields: Fields): Card | undefined {
  const value = fields["card"] ?? undefined;
  if (value === undefined || value === "") return undefined;
  const { success, data, error } = Card.safeParse(value);
  if (!success) {
    const [issue] = error.issues;
    const where = ["card", ...(issue?.path ?? [])].map(String).join(".");
    throw refusedCard(`Value for field '${where}' is not valid: ${issue?.message ?? "unknown"}`);
  }
  if (JSON.stringify(data).length > limits.cardCharsMax) {
    throw refusedCard(`Value for field 'card' is longer than ${limits.cardCharsMax} characters`);
  }
  return data;
}

function refusedCard(message: string): Fault {
  return new Fault(400, message, { field: "card", validation: "type", expected_type: expectedType });
}

/**
 * Whether a client draws the card instead of the message: HipChat's web client wanted a description for a link and an
 * address for a picture.
 */
export function isDrawable(card: Card): boolean {
  if (card.style === "link") return card.description !== undefined;
  return card.style !== "image" || card.url !== undefined;
}
