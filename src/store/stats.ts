import { race } from "../core/wait.ts";
import type { StoreStats } from "./contract.ts";
import type { Query } from "./database.ts";

/** What readiness and metrics ask of a store: one statement each, given up when the signal aborts. */

export async function ping(query: Query, signal: AbortSignal): Promise<void> {
  await race(query("select 1", []), signal);
}

const statsStatement = `
with unhandled as (
  select count(*)::int as count, min(accepted_at) as oldest from chartbell.alert where completed_at is null
), waiting as (
  select channel, count(*) as count from chartbell.delivery
  where waiting_since is not null and ended_at is null
  group by channel
)
select count as unhandled, oldest, (select coalesce(json_object_agg(channel, count), '{}') from waiting) as waiting
from unhandled`;

interface StatsRow {
  readonly unhandled: number;
  readonly oldest: Date | null;
  readonly waiting: Readonly<Record<string, number>>;
}

export async function stats(query: Query, signal: AbortSignal): Promise<StoreStats> {
  const [row] = await race(query<StatsRow>(statsStatement, []), signal);
  return {
    unhandled: row?.unhandled ?? 0,
    oldestUnhandledAt: row?.oldest ?? undefined,
    waiting: new Map(Object.entries(row?.waiting ?? {})),
  };
}

/** The same of what is in memory: when each alert that is not handled was accepted, and the channel of each that waits. */
export function statsOf(unhandled: readonly Date[], waitingFor: readonly string[]): StoreStats {
  const waiting = new Map<string, number>();
  for (const channel of waitingFor) waiting.set(channel, (waiting.get(channel) ?? 0) + 1);
  const [oldest] = unhandled.toSorted((a, b) => a.getTime() - b.getTime());
  return { unhandled: unhandled.length, oldestUnhandledAt: oldest, waiting };
}
