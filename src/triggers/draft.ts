import type { AlertInput, AlertStatus, Severity } from "../core/alert.ts";
import { limits } from "../core/limits.ts";
import { cutText, wellFormed } from "../core/text.ts";
import { numberOf } from "./loose.ts";
import { timeOf } from "./time.ts";

/** An alert as a source puts it together, nothing of it measured yet. */
export interface Draft {
  /** Not empty. */
  readonly rule: string;
  /** Undefined: the payload tells that it is, not whether it begins or goes on; its window knows. */
  readonly status: AlertStatus | undefined;
  /** Something that happens and is over: no payload will ever end it. */
  readonly once?: true | undefined;
  readonly severity?: Severity | undefined;
  readonly entity?: string | undefined;
  readonly metric?: string | undefined;
  readonly tags?: Readonly<Record<string, unknown>>;
  readonly value?: unknown;
  readonly message?: string | undefined;
  /** The first of these that is an http(s) address. */
  readonly ruleLink?: string | readonly string[] | undefined;
  readonly link?: string | readonly string[] | undefined;
  /** ISO 8601 in its looser forms, or Unix seconds or milliseconds. */
  readonly time?: unknown;
  /** Anything else; objects inside become NAME_INNER. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly channels?: AlertInput["channels"];
  readonly portals?: AlertInput["portals"];
}

const nameCharsMax = 200;
const tagCharsMax = 1000;
const fieldDepthMax = 3;

/**
 * The draft within the limits of AlertInput: too long a text is cut with an ellipsis, a link that is no web address, a time
 * that cannot be read and empty tags are left out. An alert of an outside system is never lost for such a thing.
 */
export function fit(draft: Draft): AlertInput {
  const ruleLink = webLinkOf(draft.ruleLink);
  const link = webLinkOf(draft.link);
  const time = timeOf(draft.time);
  const value = valueOf(draft.value);
  return {
    severity: draft.severity ?? "undefined",
    rule: fitText(draft.rule, nameCharsMax) || "unnamed",
    entity: fitText(draft.entity ?? "", nameCharsMax),
    metric: fitText(draft.metric ?? "", nameCharsMax),
    tags: tagsOf(draft.tags ?? {}),
    message: fitText(draft.message ?? "", limits.alertTextCharsMax),
    fields: fieldsOf(draft.fields ?? {}),
    ...(draft.status === undefined ? {} : { status: draft.status }),
    ...(draft.once === undefined ? {} : { once: draft.once }),
    ...(value === undefined ? {} : { value }),
    ...(ruleLink === undefined ? {} : { ruleLink }),
    ...(link === undefined ? {} : { link }),
    ...(time === undefined ? {} : { time }),
    ...(draft.channels === undefined ? {} : { channels: draft.channels }),
    ...(draft.portals === undefined ? {} : { portals: draft.portals }),
  };
}

function fitText(text: string, charsMax: number): string {
  return cutText(wellFormed(text.trim()), charsMax);
}

function webLinkOf(candidates: string | readonly string[] | undefined): string | undefined {
  const list = typeof candidates === "string" ? [candidates] : (candidates ?? []);
  return list.find((candidate) => {
    const protocol = candidate.length > limits.urlCharsMax ? undefined : URL.parse(candidate)?.protocol;
    return protocol === "http:" || protocol === "https:";
  });
}

/** A number stays one, also when it came as text; anything else that can be shown is text. */
function valueOf(value: unknown): number | string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return numberOf(value) ?? fitText(value, nameCharsMax);
}

function tagsOf(tags: Readonly<Record<string, unknown>>): AlertInput["tags"] {
  const entries = Object.entries(tags).flatMap(([name, value]): [string, string][] => {
    const text = isScalar(value) ? String(value) : "";
    return isUsableName(name) && text !== "" ? [[fitText(name, nameCharsMax), fitText(text, tagCharsMax)]] : [];
  });
  return Object.fromEntries(entries.slice(0, limits.alertTagsMax));
}

function fieldsOf(fields: Readonly<Record<string, unknown>>): AlertInput["fields"] {
  return Object.fromEntries(flatten(fields, "", 1).slice(0, limits.alertFieldsMax));
}

type Field = readonly [name: string, value: string | number | boolean];

/** Placeholders have names of letters, digits and `_`: `entity.label` is `entity_label`. */
function flatten(map: object, prefix: string, depth: number): readonly Field[] {
  return Object.entries(map).flatMap(([key, value]): readonly Field[] => {
    const name = fitText(prefix + key.replace(/[^\p{L}\p{N}_]+/gu, "_"), nameCharsMax);
    if (!isUsableName(key) || value === null || value === undefined || value === "") return [];
    if (typeof value === "string") return [[name, fitText(value, limits.alertTextCharsMax)]];
    if (typeof value === "number") return [[name, Number.isFinite(value) ? value : String(value)]];
    if (typeof value === "boolean") return [[name, value]];
    if (Array.isArray(value)) {
      const text = value.filter(isScalar).map(String).join(", ");
      return text === "" ? [] : [[name, fitText(text, limits.alertTextCharsMax)]];
    }
    return typeof value === "object" && depth < fieldDepthMax ? flatten(value, `${name}_`, depth + 1) : [];
  });
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isUsableName(name: string): boolean {
  return name !== "" && name !== "__proto__";
}
