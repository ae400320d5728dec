import { severityOf } from "../../triggers/index.ts";
import { exactly } from "./imported.ts";
import type { PlainMap } from "./imported.ts";

/* Alertmanager's matchers (`match`, `match_re`, `matchers`) as conditions of a route. */

export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** A condition for each field, or why there is none. */
export type Condition = { readonly block: PlainMap } | { readonly problem: string };

const matcher =
  /(?<label>[a-zA-Z_:][\w:]*)\s*(?<operator>=~|!~|!=|=)\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^",{}\s]*))\s*(?:,|$)/uy;

/** The matchers of `{a="b", c=~"d"}` or one of them; undefined for what is none. */
export function parseMatchers(text: string): readonly Matcher[] | undefined {
  const inside = text.trim().replace(/^\{(?<inside>.*)\}$/su, "$<inside>");
  const found: Matcher[] = [];
  for (let at = 0; at < inside.length; at = matcher.lastIndex) {
    matcher.lastIndex = at + (/^\s*/u.exec(inside.slice(at))?.[0].length ?? 0);
    if (matcher.lastIndex >= inside.length) break;
    const groups = matcher.exec(inside)?.groups;
    const operator = groups?.["operator"];
    if (operator !== "=" && operator !== "!=" && operator !== "=~" && operator !== "!~") return undefined;
    const value = groups?.["quoted"]?.replace(/\\(?<escaped>.)/gu, "$<escaped>") ?? groups?.["bare"] ?? "";
    found.push({ label: groups?.["label"] ?? "", operator, value });
  }
  return found;
}

/** What the alert has in the place of a label: the names that the source `alertmanager` gives. */
export function conditionOf({ label, operator, value }: Matcher): Condition {
  const isRegex = operator.endsWith("~");
  if (label === "severity") return severityCondition(value, isRegex);
  const pattern = isRegex ? regexPattern(value) : exactly(value);
  if (label === "alertname") return { block: { rule: pattern } };
  if (label === "instance") return { block: { entity: pattern } };
  return { block: { tags: { [label]: pattern } } };
}

const words = /^[\w./:@-]+(?:\|[\w./:@-]+)*$/u;

/** Alertmanager's expressions hold for the whole text. */
function regexPattern(source: string): PlainMap[string] {
  if (source === ".*") return "*";
  if (source === ".+") return "?*";
  if (words.test(source) && !source.includes(".")) return source.includes("|") ? source.split("|") : source;
  return { regex: `^(?:${source})$` };
}

function severityCondition(value: string, isRegex: boolean): Condition {
  if (isRegex && !words.test(value)) return { problem: `severity=~"${value}" is no list of words` };
  const severities = [...new Set((isRegex ? value.split("|") : [value]).map(severityOf))];
  return { block: { severity: severities.length === 1 ? severities[0] : severities } };
}

/** Both conditions as one block; undefined when they are about the same thing and differ. */
export function both(first: PlainMap, second: PlainMap): PlainMap | undefined {
  const tags = joined(asMap(first["tags"]), asMap(second["tags"]));
  const { tags: _first, ...restOfFirst } = first;
  const { tags: _second, ...restOfSecond } = second;
  const rest = joined(restOfFirst, restOfSecond);
  if (tags === undefined || rest === undefined) return undefined;
  return { ...rest, ...(Object.keys(tags).length === 0 ? {} : { tags }) };
}

function joined(first: PlainMap, second: PlainMap): PlainMap | undefined {
  const differs = Object.keys(second).some(
    (key) => first[key] !== undefined && JSON.stringify(first[key]) !== JSON.stringify(second[key]),
  );
  return differs ? undefined : { ...first, ...second };
}

function asMap(value: PlainMap[string]): PlainMap {
  return typeof value === "object" && !isList(value) ? value : {};
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value);
}
