import { nameOf } from "../../core/room.ts";
import type { Message } from "../../core/room.ts";

const groupedWithinMs = 5 * 60 * 1000;

/**
 * Whether a message is of the same person as the one before it and not much later: a page need not repeat its head then.
 * One that rings always has a head, which shows that it rang.
 */
export function continuesLast(last: Message | undefined, next: Message): boolean {
  if (last === undefined || next.notify || nameOf(last) !== nameOf(next)) return false;
  if (last.kind === "topic" || next.kind === "topic" || next.parentId !== undefined) return false;
  const sinceMs = next.at.getTime() - last.at.getTime();
  return sinceMs >= 0 && sinceMs < groupedWithinMs;
}
