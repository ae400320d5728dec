import type { z } from "zod";
import { checkInput } from "../core/input.ts";
import type { ReadAlert, Reading, Rejection } from "./contract.ts";

/** Reads each member of a list by itself: those that are wrong are named, the others are alerts. */
export function readEach<Schema extends z.ZodType>(
  members: readonly unknown[],
  path: readonly PropertyKey[],
  schema: Schema,
  read: (member: z.output<Schema>) => ReadAlert,
): Reading {
  const alerts: ReadAlert[] = [];
  const rejected: Rejection[] = [];
  for (const [index, member] of members.entries()) {
    const checked = checkInput(schema, member, [...path, index]);
    if (checked.ok) alerts.push(read(checked.data));
    else rejected.push(...checked.problems.map((problem) => ({ index, ...problem })));
  }
  return { alerts, rejected };
}

/** A payload that is about one thing. */
export function one(alert: ReadAlert): Reading {
  return { alerts: [alert], rejected: [] };
}

/** A payload that is right and tells nothing. */
export const nothing: Reading = { alerts: [], rejected: [] };
