import type { z } from "zod";
import { AppError } from "./errors.ts";
import { cutText } from "./text.ts";

const fieldCharsMax = 300;

/** One mistake in what a caller sent. */
export interface FieldProblem {
  /** `alerts[0].severity` */
  readonly field: string;
  readonly message: string;
}

/** The input as its schema gives it, or an AppError `request_invalid` that names every field that is wrong. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const checked = checkInput(schema, input);
  if (checked.ok) return checked.data;
  throw invalidInput(checked.problems);
}

export type Checked<Data> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** The input as its schema gives it, or every mistake in it; `path` is where the input stands in what was sent. */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  path: readonly PropertyKey[] = [],
): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, data: parsed.data };
  return { ok: false, problems: parsed.error.issues.flatMap((issue) => fieldProblems(issue, path)) };
}

/** The error for input with mistakes; it says the first one and carries all. */
export function invalidInput(problems: readonly FieldProblem[]): AppError {
  const first = problems[0];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new AppError("request_invalid", `${first?.field ?? "body"}: ${first?.message ?? "is invalid"}${more}.`, {
    details: { problems },
  });
}

function fieldProblems(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): FieldProblem[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ field: fieldOf([...path, key]), message: "unknown field" }));
  }
  return [{ field: fieldOf(path), message: issue.message.replace(/\.$/u, "") }];
}

/** A key of the caller's may be of any length. */
function fieldOf(path: readonly PropertyKey[]): string {
  return cutText(formatPath(path) || "body", fieldCharsMax);
}

/** `routes[0].channels[1]`, as people write it; empty for the root. */
export function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return text.replace(/^\./u, "");
}
