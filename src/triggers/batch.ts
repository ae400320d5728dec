import type { z } from "zod";
import { checkInput, formatPath } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import type { ReadAlert, Reading, Rejection } from "./contract.ts";

/** Reads each member of a list by itself: those that are wrong are named, the others are alerts. */
export function readEach<Schema extends z.ZodType>(
  members: readonly unknown[],
  path: readonly PropertyKey[],
  schema: Schema,
  read: (member: z.output<Schema>) => ReadAlert,
): Reading {
  const { within, beyond } = bounded(members, path);
  const alerts: ReadAlert[] = [];
  const rejected: Rejection[] = [];
  for (const [index, member] of within.entries()) {
    const checked = checkInput(schema, member, [...path, index]);
    if (checked.ok) alerts.push(read(checked.data));
    else rejected.push(...checked.problems.map((problem) => ({ index, ...problem })));
  }
  return { alerts, rejected: [...rejected, ...beyond] };
}

/** The members that are read, at most limits.hookAlertsMax; that there were more is told once. */
export function bounded(
  members: readonly unknown[],
  path: readonly PropertyKey[],
): { readonly within: readonly unknown[]; readonly beyond: readonly Rejection[] } {
  const index = limits.hookAlertsMax;
  const message = `has ${members.length} members; the first ${index} are read`;
  const beyond = members.length > index ? [{ index, field: formatPath(path) || "body", message }] : [];
  return { within: members.slice(0, index), beyond };
}

/** A payload that is about one thing. */
export function one(alert: ReadAlert): Reading {
  return { alerts: [alert], rejected: [] };
}

/** A payload that is right and tells nothing. */
export const nothing: Reading = { alerts: [], rejected: [] };
