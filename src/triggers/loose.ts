import { z } from "zod";
import { wellFormed } from "../core/text.ts";

/*
 * Values as outside systems write them: a number where a text is usual, null where nothing is. What cannot be read as what
 * it should be is a mistake that names its field.
 */

/** Text, a number or a truth value, as text; empty when it is null or missing. */
export const LooseText = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: "must be a text" })
  .optional()
  .transform((value) => (value === null || value === undefined ? "" : wellFormed(String(value)).trim()));

/** The same, and something must be there. */
export const SomeText = LooseText.refine((text) => text !== "", "is missing");

/** A number, also when it is written as text; undefined when it is null, missing or empty. */
export const LooseNumber = z
  .union([z.number(), z.string(), z.null()], { error: "must be a number" })
  .optional()
  .transform((value) => (typeof value === "string" ? numberOf(value) : (value ?? undefined)));

/** An object's entries; none when it is null or missing. */
export const LooseMap = z
  .record(z.string(), z.unknown(), { error: "must be an object" })
  .nullish()
  .transform((map) => map ?? {});

/** A list's members; none when it is null or missing. */
export const LooseList = z
  .array(z.unknown(), { error: "must be a list" })
  .nullish()
  .transform((list) => list ?? []);

/** A section that may be null or missing: it then has only what its own schema makes of nothing. */
export function looseSection<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess((value) => value ?? {}, z.object(shape, { error: "must be an object" }));
}

/** A decimal number written as text, or undefined. */
export function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  const number = trimmed === "" ? Number.NaN : Number(trimmed);
  return Number.isFinite(number) ? number : undefined;
}
