import { limits } from "../core/limits.ts";
import type { KnownSchedule, ScheduleMemory, ScheduleRun } from "./contract.ts";
import { persisting } from "./database.ts";
import type { Database } from "./database.ts";

/** What is remembered of schedules: in the database, and in a store that lives as long as its process. */

interface ScheduleRow {
  readonly name: string;
  readonly known_since: Date;
  readonly last_due_at: Date | null;
  readonly last_run_at: Date | null;
  readonly last_alert_id: string | null;
}

const know = `
with gone as (
  delete from chartbell.schedule where name <> all($1::text[])
)
insert into chartbell.schedule as schedule (name, times, known_since)
select name, times, $3 from unnest($1::text[], $2::text[]) as input (name, times)
order by name
on conflict (name) do update set times = excluded.times, known_since = excluded.known_since
where schedule.times <> excluded.times`;

const ran = `
update chartbell.schedule
set last_due_at = coalesce($2, last_due_at), last_run_at = $3, last_alert_id = $4
where name = $1 and ($2::timestamptz is null or last_due_at is null or last_due_at < $2)`;

export function scheduleRows({ query }: Database): ScheduleMemory {
  const keep = async (text: string, values: readonly unknown[]): Promise<void> =>
    void (await persisting(limits.databaseRetryMs.receipt, async () => await query(text, values)));
  return {
    async know(times, now) {
      await keep(know, [[...times.keys()], [...times.values()], now]);
    },
    async known() {
      const rows = await query<ScheduleRow>("select * from chartbell.schedule");
      return new Map(rows.map((row) => [row.name, knownOf(row)]));
    },
    async ran(name, { dueAt, at, alertId }) {
      await keep(ran, [name, dueAt ?? null, at, alertId]);
    },
  };
}

function knownOf({ known_since, last_due_at, last_run_at, last_alert_id }: ScheduleRow): KnownSchedule {
  const hasRun = last_run_at !== null && last_alert_id !== null;
  return {
    since: known_since,
    lastDueAt: last_due_at ?? undefined,
    lastRun: hasRun ? { at: last_run_at, alertId: last_alert_id } : undefined,
  };
}

export function schedulesInMemory(): ScheduleMemory {
  let all: ReadonlyMap<string, KnownSchedule & { readonly times: string }> = new Map();
  return {
    async know(times, now) {
      all = new Map(
        [...times].map(([name, wanted]) => {
          const before = all.get(name);
          if (before?.times === wanted) return [name, before];
          return [name, { lastDueAt: before?.lastDueAt, lastRun: before?.lastRun, times: wanted, since: now }];
        }),
      );
    },
    known: async () => all,
    async ran(name, { dueAt, at, alertId }: ScheduleRun) {
      const before = all.get(name);
      if (before === undefined) return;
      const { lastDueAt } = before;
      if (dueAt !== undefined && lastDueAt !== undefined && lastDueAt >= dueAt) return;
      all = new Map([...all, [name, { ...before, lastDueAt: dueAt ?? lastDueAt, lastRun: { at, alertId } }]]);
    },
  };
}
