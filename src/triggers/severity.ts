import type { Severity } from "../core/alert.ts";

/** Words that people and tools use for how bad it is, in lower case. */
const words: Readonly<Record<string, Severity>> = {
  fatal: "fatal",
  emergency: "fatal",
  emerg: "fatal",
  panic: "fatal",
  disaster: "fatal",
  critical: "critical",
  crit: "critical",
  page: "critical",
  alert: "critical",
  error: "major",
  err: "major",
  major: "major",
  high: "major",
  severe: "major",
  minor: "minor",
  average: "minor",
  medium: "minor",
  warning: "warning",
  warn: "warning",
  low: "warning",
  info: "normal",
  information: "normal",
  informational: "normal",
  notice: "normal",
  debug: "normal",
  normal: "normal",
  ok: "normal",
  good: "normal",
  success: "normal",
  none: "normal",
  unknown: "unknown",
};

/** ATSD's severity for a free word; `undefined` for one that is not known, as ATSD calls it. */
export function severityOf(word: string): Severity {
  return lookUp(words, word) ?? "undefined";
}

/** The entry of a table whose names are in lower case, for a word from outside. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  const name = word.trim().toLowerCase();
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
