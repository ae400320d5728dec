import { describe, expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { compilePattern } from "../../../src/rooms/webhooks/pattern.ts";

/** As long as a text that is looked at. */
const long = `${"a".repeat(limits.webhookMatchedCharsMax - 1)}!`;

const matches = (pattern: string, text: string): boolean => {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.matches(text);
};

describe("patterns", () => {
  test.each([
    ["", "anything", true],
    ["^/[eE][cC][hH][oO]", "/Echo x", true],
    ["^/[eE][cC][hH][oO]", "say /echo", false],
    ["deploy(ed)?", "it was deployed", true],
    [String.raw`\bCPU\b.*\d+%`, "the CPU is at 97%", true],
    ["(?i)cpu", "CPU", true],
    ["^b", "a\nb", false],
    ["(?m)^b", "a\nb", true],
    ["é+", "caféé", true],
  ])("%s in %j is %s", (pattern, text, isFound) => {
    expect(matches(pattern, text)).toBe(isFound);
  });
  test.each(["(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){25}", "(a?){50}b"])(
    "%s, which stops other engines, is done with a long message soon",
    (pattern) => {
      // A back-tracking engine needs longer than the universe has; the test's own time limit is the measure.
      expect(matches(pattern, long)).toBe(pattern === "(.*a){25}");
    },
  );
  test.each(["(", "(?=a)", String.raw`(a)\1`, "x".repeat(251), "(a?){90}b", "((x{90}){90}){9}"])(
    "%s is refused with a reason",
    (pattern) => {
      expect(compilePattern(pattern)).toEqual({ ok: false, problem: expect.any(String) });
    },
  );
  test("are looked for in the beginning of a long text only", () => {
    expect(matches("!", long)).toBe(true);
    expect(matches("!", `a${long}`)).toBe(false);
  });
});
