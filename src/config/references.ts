import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { Secret } from "../core/secret.ts";
import type { Problem } from "./problems.ts";

const reference = /^(?:env:(?<env>[A-Za-z_]\w*)|file:(?<file>\S.*))$/u;

interface ReferenceContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start: the configuration file's folder. */
  readonly baseDir: string;
  /** Told of variables that are not set, which are problems otherwise. */
  readonly onMissingEnv?: ((name: string) => void) | undefined;
}

type Path = readonly (string | number)[];

/**
 * A copy of the tree in which every string `env:NAME` or `file:PATH` is a Secret with that value. A reference that leads
 * nowhere is a problem at its path.
 */
export function resolveReferences(
  tree: unknown,
  context: ReferenceContext,
  problems: Problem[],
  path: Path = [],
): unknown {
  if (Array.isArray(tree))
    return tree.map((item, index) => resolveReferences(item, context, problems, [...path, index]));
  if (typeof tree === "object" && tree !== null) {
    const entries = Object.entries(tree);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, resolveReferences(item, context, problems, [...path, key])]),
    );
  }
  const groups = typeof tree === "string" ? reference.exec(tree)?.groups : undefined;
  if (groups === undefined) return tree;
  const outcome =
    groups["env"] === undefined ? fromFile(groups["file"] ?? "", context) : fromEnvironment(groups["env"], context);
  if (outcome instanceof Secret) return outcome;
  problems.push({ path, message: outcome.problem });
  // A stand-in, so that a missing secret is reported once and the other checks go on.
  return new Secret("");
}

interface Missing {
  readonly problem: string;
}

function fromEnvironment(name: string, { env, onMissingEnv }: ReferenceContext): Secret | Missing {
  const value = env[name]?.trim();
  if (value !== undefined && value !== "") return new Secret(value);
  if (onMissingEnv !== undefined) {
    onMissingEnv(name);
    return new Secret(`the value of ${name}`);
  }
  return { problem: `environment variable ${name} is ${value === undefined ? "not set" : "empty"}` };
}

function fromFile(name: string, { baseDir }: ReferenceContext): Secret | Missing {
  const path = resolve(baseDir, name);
  try {
    if (statSync(path).size > limits.secretBytesMax) {
      return { problem: `file ${path} is larger than ${limits.secretBytesMax} bytes: not a secret` };
    }
    const value = readFileSync(path, "utf8").trim();
    return value === "" ? { problem: `file ${path} is empty` } : new Secret(value);
  } catch (error) {
    return { problem: `file ${path} cannot be read (${systemCodeOf(error) ?? "unknown reason"})` };
  }
}
