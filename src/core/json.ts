import { AppError } from "./errors.ts";
import { limits } from "./limits.ts";

/** The value of a JSON text from outside. `what` names it: `The body`. Throws body_invalid, also for what `jsonProblem` finds. */
export function parseJson(text: string, what: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof SyntaxError ? cause.message : "unreadable";
    throw new AppError("body_invalid", `${what} is not JSON: ${where.slice(0, 200)}.`, { cause });
  }
  const problem = jsonProblem(text, limits.jsonDepthMax);
  if (problem !== undefined) throw new AppError("body_invalid", `${what} ${problem}.`);
  return parsed;
}

/**
 * What is wrong with a JSON text that JSON.parse takes: a key that stands twice in one object (each reader would choose
 * another of its values), or nesting deeper than `depthMax`. The text must be valid JSON.
 */
export function jsonProblem(text: string, depthMax: number): string | undefined {
  /** The keys of each open object; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : undefined);
      if (open.length > depthMax) return `is nested deeper than ${depthMax} levels`;
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isFollowedByColon(text, end)) {
        const key = String(JSON.parse(text.slice(at, end)));
        if (keys.has(key)) return `has the key ${JSON.stringify(key.slice(0, 100))} twice in one object`;
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` is over, its closing quote included. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, start: number): boolean {
  const gap = /[^\s]/gu;
  gap.lastIndex = start;
  return gap.exec(text)?.[0] === ":";
}
