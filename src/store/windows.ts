import type { Alert } from "../core/alert.ts";
import { alertKey } from "../core/alert.ts";
import { limits } from "../core/limits.ts";
import type { Delayed, Window } from "../core/window.ts";
import type { Decide, Decision, PlannedAlert, WindowBook } from "./contract.ts";
import type { Database, Query } from "./database.ts";
import { windowOf } from "./window-rows.ts";
import type { AsJson } from "./window-rows.ts";

/*
 * The windows of the database. Whoever changes one holds the lock of its row until the commit: alerts of one key are let in
 * one after the other, on all machines, and a delayed message is either said or dropped, never both.
 */

/** An alert as it came, and who decides about it; without `decide` it has no window. */
export interface Arrival {
  readonly planned: PlannedAlert;
  readonly decide: Decide | undefined;
}

interface WindowRow {
  readonly key: string;
  readonly body: AsJson<Window> | null;
}

/** Locks the windows of all keys in their order, so that two commits never wait for each other; makes those that are missing. */
const lock = `
insert into chartbell.alert_window as own (key, heard_at)
select key, now() from unnest($1::text[]) as input (key) order by key
on conflict (key) do update set key = excluded.key
returning own.key, own.body`;

const write = `
update chartbell.alert_window
set is_open = input.is_open, opened_at = input.opened_at, heard_at = input.heard_at, due_at = input.due_at,
  body = input.body::json
from unnest($1::text[], $2::boolean[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[])
  as input (key, is_open, opened_at, heard_at, due_at, body)
where alert_window.key = input.key`;

const drop = `
update chartbell.delivery set ended_at = now(), text_ended_at = now(), outcome = 'silent', text = '""'
where id = any($1::uuid[]) and ended_at is null and waiting_since is null`;

/** The channel's backlog may be held by its rate limit: it is not made due. */
const sayDelayed = `
with put as (
  update chartbell.delivery set waiting_since = now()
  where id = any($1::uuid[]) and ended_at is null and waiting_since is null
  returning channel
), backlogs as (
  insert into chartbell.backlog (channel, due_at) select distinct channel, now() from put on conflict (channel) do nothing
)
select channel from put`;

const dueDelayed = `
select key, body from chartbell.alert_window where due_at <= $1 order by due_at limit $2 for update skip locked`;

const silent = `
select key, body from chartbell.alert_window where is_open and heard_at < $1
order by heard_at limit $2 for update skip locked`;

const listOpen = `
select key, body from chartbell.alert_window where is_open order by opened_at desc limit $1`;

/** The windows of these alerts, locked until the transaction ends. */
export async function lockWindows(arrivals: readonly Arrival[], query: Query): Promise<Map<string, Window>> {
  const keys = new Set(arrivals.flatMap(({ planned, decide }) => (decide === undefined ? [] : keyOf(planned.alert))));
  if (keys.size === 0) return new Map();
  return windowsOf(await query<WindowRow>(lock, [[...keys]]));
}

/** What became of alerts, and the windows as they are then. */
interface Decided {
  readonly alerts: readonly PlannedAlert[];
  readonly changed: ReadonlyMap<string, Window>;
}

/** Lets the alerts into their windows, those of one window in order. */
export async function decideAll(arrivals: readonly Arrival[], windows: ReadonlyMap<string, Window>): Promise<Decided> {
  const decided = new Map<string, PlannedAlert>();
  const changed = new Map<string, Window>();
  const letIn = async (key: string, own: readonly Arrival[]): Promise<void> => {
    for (const { planned, decide } of own) {
      if (decide === undefined) continue;
      const decision = await decide(planned.alert, changed.get(key) ?? windows.get(key));
      decided.set(planned.alert.id, decision);
      if (decision.window !== undefined) changed.set(key, decision.window);
    }
  };
  const byKey = Map.groupBy(arrivals, ({ planned }) => keyOf(planned.alert)[0] ?? planned.alert.id);
  await Promise.all([...byKey].map(async ([key, own]) => await letIn(key, own)));
  return { alerts: arrivals.map(({ planned }) => decided.get(planned.alert.id) ?? planned), changed };
}

/** Ends the deliveries that the decisions drop; some may have been planned by the same commit. */
export async function dropDelayed(decisions: readonly PlannedAlert[], query: Query): Promise<void> {
  const dropped = decisions.flatMap((one) => ("dropped" in one ? (one as Decision).dropped : []));
  if (dropped.length > 0) await query(drop, [dropped]);
}

/** None for what happens once. */
function keyOf(alert: Alert): readonly string[] {
  return alert.once === true ? [] : [alertKey(alert)];
}

function windowsOf(rows: readonly WindowRow[]): Map<string, Window> {
  return new Map(rows.flatMap(({ key, body }) => (body === null ? [] : [[key, windowOf(body)]])));
}

export async function writeWindows(windows: ReadonlyMap<string, Window>, query: Query): Promise<void> {
  if (windows.size === 0) return;
  const all = [...windows.values()];
  await query(write, [
    [...windows.keys()],
    all.map(({ status }) => status !== "CANCEL"),
    all.map(({ openedAt }) => openedAt.toISOString()),
    all.map(({ heardAt }) => heardAt.toISOString()),
    all.map(({ delayed }) => firstDue(delayed)?.toISOString() ?? null),
    all.map((window) => JSON.stringify(window)),
  ]);
}

function firstDue(delayed: readonly Delayed[]): Date | undefined {
  return delayed.map(({ dueAt }) => dueAt).toSorted((a, b) => a.getTime() - b.getTime())[0];
}

export interface WindowBookDeps {
  /** Keeps alerts whose windows are locked by this transaction. */
  readonly place: (arrivals: readonly Arrival[], query: Query) => Promise<readonly PlannedAlert[]>;
  /** Something was put into a backlog, or accepted. */
  readonly released: () => void;
  readonly accepted: () => void;
}

export function createWindowBook(database: Database, { place, released, accepted }: WindowBookDeps): WindowBook {
  return {
    async open(limit) {
      return [...windowsOf(await database.query<WindowRow>(listOpen, [limit])).values()];
    },
    async release(now) {
      const count = await releaseDue(database, now);
      if (count > 0) released();
      return count;
    },
    async endSilent(before, cancel, decide) {
      const placed = await database.transaction(async (query) => {
        const rows = await query<WindowRow>(silent, [before, limits.windowsBatch]);
        const alerts = [...windowsOf(rows).values()].map(cancel);
        return await place(
          alerts.map((alert) => ({ planned: { alert, deliveries: [] }, decide })),
          query,
        );
      });
      if (placed.length > 0) accepted();
      return placed;
    },
  };
}

async function releaseDue(database: Database, now: Date): Promise<number> {
  return await database.transaction(async (query) => {
    const windows = windowsOf(await query<WindowRow>(dueDelayed, [now, limits.windowsBatch]));
    const due = [...windows.values()].flatMap(({ delayed }) => delayed.filter(({ dueAt }) => dueAt <= now));
    if (due.length === 0) return 0;
    const later = new Map(
      [...windows].map(([key, window]): [string, Window] => [
        key,
        { ...window, delayed: window.delayed.filter(({ dueAt }) => dueAt > now) },
      ]),
    );
    await writeWindows(later, query);
    return (await query(sayDelayed, [due.map(({ deliveryId }) => deliveryId)])).length;
  });
}
