import { RE2JS } from "re2js";
import { messageOf } from "./errors.ts";

/** Whether a pattern is found in a text; the time it takes grows with the characters looked at and no faster. */
export type Pattern = (text: string) => boolean;

export type PatternResult =
  | { readonly ok: true; readonly matches: Pattern }
  | { readonly ok: false; readonly problem: string };

/** The time that a look takes is at most the product of the states and of the characters looked at. */
export interface PatternBounds {
  readonly charsMax: number;
  readonly statesMax: number;
  /** Only so many characters of a text are looked at. */
  readonly textCharsMax: number;
}

/**
 * A regular expression, found anywhere in a text; the empty one is found in all. The engine is RE2's: no look-around and no
 * back-references, but no text that it would take for ever, either.
 */
export function compilePattern(source: string, { charsMax, statesMax, textCharsMax }: PatternBounds): PatternResult {
  if (source.length > charsMax) return { ok: false, problem: `is longer than ${charsMax} characters` };
  try {
    const pattern = RE2JS.compile(source);
    if (pattern.programSize() > statesMax) {
      return { ok: false, problem: "repeats too much; use smaller numbers in braces" };
    }
    return { ok: true, matches: (text) => pattern.test(text.slice(0, textCharsMax)) };
  } catch (error) {
    return { ok: false, problem: `is no regular expression of RE2's syntax (${messageOf(error)})` };
  }
}
