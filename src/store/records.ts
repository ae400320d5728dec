import type { StepRecord } from "../core/delivery.ts";

/** The record of a step as it is shown: with every unknown outcome that was counted of it, however it ended. None before it has ended. */
export function shownRecord(record: StepRecord | null | undefined, unknownAttempts: number): readonly StepRecord[] {
  if (record === null || record === undefined) return [];
  const most = Math.max(record.unknownAttempts ?? 0, unknownAttempts);
  return [most === 0 ? record : { ...record, unknownAttempts: most }];
}
