import type { StepRecord } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { DeliveryDesk, DeliveryFilter, ListedDelivery } from "./contract.ts";
import { persisting } from "./database.ts";
import type { Database } from "./database.ts";
import { alertOf, isUuid, stateOf } from "./rows.ts";
import type { AlertRow, DeliveryRow, StepRow } from "./rows.ts";
import { stepsOfDeliveries } from "./statements.ts";

/** Sequence of the alert and position of the delivery within it. */
const cursor = /^(?<sequence>\d{1,18})\.(?<position>\d{1,9})$/u;

const list = `
select delivery.id, delivery.sequence, delivery.position, delivery.plan, delivery.waiting_since, delivery.ended_at,
  delivery.outcome, alert.body
from chartbell.delivery join chartbell.alert on alert.id = delivery.alert_id
where ($1::text is null or delivery.channel = $1)
  and ($2::text is null or $2 = case
    when delivery.ended_at is not null then delivery.outcome
    when delivery.waiting_since is not null then 'waiting' else 'open' end)
  and ($3::bigint is null or (delivery.sequence, delivery.position) < ($3, $4::int))
order by delivery.sequence desc, delivery.position desc limit $5`;

/** The attempt that failed last, of deliveries that have not ended. */
const lastFailures = `
select distinct on (delivery_id) delivery_id, failure from chartbell.attempt
where delivery_id = any($1::uuid[]) and failure is not null order by delivery_id, id desc`;

const reopen = `
with chosen as (
  select id, channel from chartbell.delivery
  where outcome in ('failed', 'unknown') and ($1::uuid[] is null or id = any($1)) and ($2::text is null or channel = $2)
    and ($3::text is null or outcome = $3)
  order by sequence limit $4 for update skip locked
), steps as (
  update chartbell.step set status = 'waiting', record = null, ended_at = null, attempts = 0, unknown_attempts = 0
  from chosen where step.delivery_id = chosen.id and step.status in ('failed', 'unknown')
  returning step.delivery_id, step.position
), deliveries as (
  update chartbell.delivery
  set ended_at = null, outcome = null, waiting_since = now(), retried_at = now(), text_ended_at = case
    when exists (select from steps where delivery_id = delivery.id and position = 0) then null
    else delivery.text_ended_at end
  from chosen where delivery.id = chosen.id
), backlogs as (
  insert into chartbell.backlog (channel, due_at) select distinct channel, now() from chosen
  on conflict (channel) do update set due_at = least(backlog.due_at, excluded.due_at)
)
select id from chosen`;

interface ListRow
  extends Pick<DeliveryRow, "id" | "plan" | "waiting_since" | "ended_at" | "outcome">, Pick<AlertRow, "body"> {
  readonly sequence: string;
  readonly position: number;
}

type FailureRow = Pick<StepRow, "delivery_id"> & { readonly failure: StepRecord["failure"] };

/** The deliveries of the database; `retried` is called when something was put into a backlog. */
export function createDesk(database: Database, retried: () => void): DeliveryDesk {
  return {
    async list({ channel, state }, { limit, before }) {
      const groups = cursor.exec(before ?? "")?.groups;
      const from = [groups?.["sequence"] ?? null, groups?.["position"] ?? null];
      const rows = await database.query<ListRow>(list, [channel ?? null, state ?? null, ...from, limit]);
      const ids = rows.map(({ id }) => id);
      const [steps, failures] = await Promise.all([
        database.query<StepRow>(stepsOfDeliveries, [ids]),
        database.query<FailureRow>(lastFailures, [ids]),
      ]);
      const items = rows.map((row) => listed(row, steps, failures));
      const last = rows.at(-1);
      const mayFollow = last !== undefined && rows.length === limit;
      return mayFollow ? { items, next: `${last.sequence}.${last.position}` } : { items };
    },
    async retry(which) {
      const {
        ids,
        channel = null,
        state = null,
      } = isFilter(which) ? { ids: null, ...which } : { ids: which.filter((id) => isUuid(id)) };
      const found = await persisting(
        limits.databaseRetryMs.accept,
        async () => await database.query<{ id: string }>(reopen, [ids, channel, state, limits.retryMax]),
      );
      retried();
      return found.map(({ id }) => id);
    },
  };
}

function isFilter(which: readonly string[] | DeliveryFilter): which is DeliveryFilter {
  return !Array.isArray(which);
}

function listed(row: ListRow, steps: readonly StepRow[], failures: readonly FailureRow[]): ListedDelivery {
  const own = steps.filter(({ delivery_id }) => delivery_id === row.id);
  const failed = own.find(({ record }) => record?.failure !== undefined)?.record?.failure;
  const isOver = row.ended_at !== null;
  return {
    id: row.id,
    alert: alertOf(row),
    channel: row.plan.channel,
    state: stateOf(row),
    endedAt: row.ended_at ?? undefined,
    attempts: own.reduce((sum, { attempts }) => sum + attempts, 0),
    failure: isOver ? failed : failures.find(({ delivery_id }) => delivery_id === row.id)?.failure,
  };
}
