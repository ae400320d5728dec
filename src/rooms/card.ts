import { z } from "zod";
import { Card } from "../core/card.ts";
import { limits } from "../core/limits.ts";
import { Fault } from "./answer.ts";
import type { Fields } from "./body.ts";

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
