import { limits } from "../../core/limits.ts";
import { compilePattern as compile } from "../../core/pattern.ts";
import type { PatternResult } from "../../core/pattern.ts";

export type { Pattern } from "../../core/pattern.ts";

const bounds = {
  charsMax: limits.webhookPatternCharsMax,
  statesMax: limits.webhookPatternStatesMax,
  textCharsMax: limits.webhookMatchedCharsMax,
};

/** A webhook's pattern. Whoever registers a webhook chooses it, and every message of the room is looked at: it is bounded. */
export function compilePattern(source: string): PatternResult {
  return compile(source, bounds);
}
