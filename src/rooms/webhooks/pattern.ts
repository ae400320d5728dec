import { RE2JS } from "re2js";
import { limits } from "../../core/limits.ts";
import { messageOf } from "../../core/errors.ts";

/** Tests the first `webhookMatchedCharsMax` characters of a text; the time it takes grows with their number and no faster. */
export type Pattern = (text: string) => boolean;

export type PatternResult =
  | { readonly ok: true; readonly matches: Pattern }
  | { readonly ok: false; readonly problem: string };

/**
 * A webhook's pattern, found anywhere in the text; the empty one is found in all. Whoever registers a webhook chooses it,
 * so that the engine is RE2's: no look-around and no back-references, but no text that it would take for ever, either.
 */
export function compilePattern(source: string): PatternResult {
  if (source.length > limits.webhookPatternCharsMax) {
    return { ok: false, problem: `is longer than ${limits.webhookPatternCharsMax} characters` };
  }
  try {
    const pattern = RE2JS.compile(source);
    if (pattern.programSize() > limits.webhookPatternStatesMax) {
      return { ok: false, problem: "repeats too much; use smaller numbers in braces" };
    }
    return { ok: true, matches: (text) => pattern.test(text.slice(0, limits.webhookMatchedCharsMax)) };
  } catch (error) {
    return { ok: false, problem: `is no regular expression of RE2's syntax (${messageOf(error)})` };
  }
}
