import type { z } from "zod";
import { AppError } from "./errors.ts";

/** One mistake in what a caller sent. */
export interface FieldProblem {
  /** `alerts[0].severity` */
  readonly field: string;
  readonly message: string;
}

/** The input as its schema gives it, or an AppError `request_invalid` that names every field that is wrong. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(fieldProblems);
  const first = problems[0];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  throw new AppError("request_invalid", `${first?.field ?? "body"}: ${first?.message ?? "is invalid"}${more}.`, {
    details: { problems },
  });
}

function fieldProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), message: "unknown field" }));
  }
  return [{ field: fieldOf(issue.path), message: issue.message.replace(/\.$/u, "") }];
}

function fieldOf(path: readonly PropertyKey[]): string {
  return formatPath(path) || "body";
}

/** `routes[0].channels[1]`, as people write it; empty for the root. */
export function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return text.replace(/^\./u, "");
}
