import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { formatPath } from "../core/input.ts";
import { nearest } from "../core/nearest.ts";
import { Config } from "./schema.ts";

/** One mistake in a configuration. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Zod's issues in our words: one problem per mistake, unknown keys with the nearest known one. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, issue.path));
}

function problemsOfIssue(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // The member that got furthest is the one that was meant.
    const deepest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    const isFlat = depth(deepest) === 0;
    if (!isFlat) return deepest.flatMap((inner) => problemsOfIssue(inner, [...path, ...inner.path]));
    const meanings = new Set(issue.errors.flat().map((inner) => inner.message));
    return [{ path, message: [...meanings].join(", or ") }];
  }
  if (issue.code === "invalid_union") return [{ path, message: unknownKind(issue) }];
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path, message }));
  return [{ path, message: issue.message }];
}

/** How far a member of a union got before it found the first of its mistakes; unions may be members of unions. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + depthWithin(issue)));
}

function depthWithin(issue: z.core.$ZodIssue): number {
  if (issue.code === "invalid_union") return Math.max(0, ...issue.errors.map(depth));
  return issue.code === "unrecognized_keys" ? 1 : 0;
}

function unknownKind(issue: z.core.$ZodIssueInvalidUnion): string {
  const options: unknown = "options" in issue ? issue.options : undefined;
  return Array.isArray(options) ? `must be one of ${options.join(", ")}` : "is not of a known kind";
}

function unknownKey(path: readonly PropertyKey[], key: string): Problem {
  const known = knownKeysAt(path);
  const near = nearest(key, known);
  const hint = near === undefined ? `known keys: ${known.join(", ")}` : `did you mean \`${near}\`?`;
  return { path: [...path, key], message: `unknown key; ${hint}` };
}

type JsonSchema = z.core.JSONSchema.JSONSchema;

let configSchema: JsonSchema | undefined;

/** The keys that the schema knows at a path, read from its JSON Schema. */
function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  configSchema ??= z.toJSONSchema(Config, { io: "input", unrepresentable: "any", reused: "inline" });
  let level: readonly JsonSchema[] = [configSchema];
  for (const step of path) level = level.flatMap((schema) => childrenOf(schema, step));
  return [...new Set(level.flatMap(variantsOf).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function childrenOf(schema: JsonSchema, step: PropertyKey): readonly JsonSchema[] {
  return variantsOf(schema).flatMap((variant) => {
    const { properties, additionalProperties, items } = variant;
    const name = String(step);
    const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const child = own ?? (typeof step === "number" ? items : additionalProperties);
    return typeof child === "object" && !Array.isArray(child) ? [child] : [];
  });
}

function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...parts.flatMap((part) => (typeof part === "object" ? variantsOf(part) : []))];
}

/** Where a problem is, in words for people. */
export function placeOf(path: readonly PropertyKey[]): string {
  return formatPath(path) || "(top level)";
}

/** All problems of a configuration as one error; `where` tells the line of a path. */
export function configError(
  file: string,
  problems: readonly Problem[],
  where: (path: readonly PropertyKey[]) => string,
): AppError {
  const lines = problems.map((problem) => `  ${where(problem.path)}${placeOf(problem.path)}: ${problem.message}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new AppError("config_invalid", `${file} has ${count}:\n${lines.join("\n")}`, {
    details: { problems: problems.map(({ path, message }) => ({ path: placeOf(path), message })) },
  });
}

/** A problem for each name that is none of the known ones. */
export function unknownNames(
  names: readonly string[],
  known: readonly string[],
  what: string,
  path: readonly PropertyKey[],
): Problem[] {
  return names.flatMap((name, index) => {
    if (known.includes(name)) return [];
    const near = nearest(name, known);
    const hint = near === undefined ? `configured: ${known.join(", ") || "none"}` : `did you mean \`${near}\`?`;
    return [{ path: [...path, index], message: `there is no ${what} \`${name}\`; ${hint}` }];
  });
}
