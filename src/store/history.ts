import type { DeliveryState, DeliverySummary, ShotRecord, StepRecord } from "../core/delivery.ts";
import type { History } from "./contract.ts";
import type { Query } from "./database.ts";
import { alertOf, stateOf } from "./rows.ts";
import type { AlertRow } from "./rows.ts";

/** Lists of what was accepted and how far it is. */

interface ListedAlertRow extends Omit<AlertRow, "completed_at"> {
  readonly sequence: string;
  readonly is_handled: boolean;
}

interface ListedDeliveryRow {
  readonly id: string;
  readonly alert_id: string;
  readonly channel: string;
  readonly waiting_since: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: DeliveryState | null;
}

interface ListedStepRow {
  readonly delivery_id: string;
  readonly kind: StepRecord["kind"];
  readonly status: string;
  readonly attempts: number;
  readonly shot: ShotRecord | null;
}

export function createHistory(query: Query): History {
  return {
    async list({ status, rule, channel, state }, before, limit) {
      const pattern = rule === undefined ? undefined : likePattern(rule);
      const isHandled = state === undefined ? undefined : state === "handled";
      const values = [before, status, pattern, channel, isHandled, limit + 1].map((value) => value ?? null);
      const rows = await query<ListedAlertRow>(listAlerts, values);
      const shown = rows.slice(0, limit);
      const deliveries = await summariesOf(shown, query);
      return {
        alerts: shown.map((row, index) => ({
          alert: alertOf(row),
          state: row.is_handled ? "handled" : "accepted",
          deliveries: deliveries[index] ?? [],
        })),
        next: rows.length > limit ? shown.at(-1)?.sequence : undefined,
      };
    },
  };
}

/** Of each alert, in their order. */
async function summariesOf(
  alerts: readonly ListedAlertRow[],
  query: Query,
): Promise<readonly (readonly DeliverySummary[])[]> {
  const deliveries = await query<ListedDeliveryRow>(listDeliveries, [alerts.map(({ id }) => id)]);
  const rows = await query<ListedStepRow>(listSteps, [deliveries.map(({ id }) => id)]);
  return alerts.map(({ id: alertId }) =>
    deliveries
      .filter(({ alert_id }) => alert_id === alertId)
      .map((delivery) => {
        const { id, channel } = delivery;
        const own = rows.filter(({ delivery_id }) => delivery_id === id);
        const steps = own.map(({ kind, status, attempts }) => ({ kind, status, attempts }));
        return { id, channel, state: stateOf(delivery), steps, shots: own.flatMap(({ shot }) => shot ?? []) };
      }),
  );
}

/** A glob as LIKE has it. */
function likePattern(glob: string): string {
  return glob
    .replaceAll("\0", "\ufffd")
    .replace(/[\\%_]/gu, "\\$&")
    .replaceAll("*", "%")
    .replaceAll("?", "_");
}

const listAlerts = `
with listed as (
  select id, sequence, body, status, rule, completed_at is not null and not exists (
    select from chartbell.delivery where delivery.alert_id = alert.id and delivery.ended_at is null
  ) as is_handled
  from chartbell.alert
)
select id, sequence, body, is_handled from listed
where ($1::bigint is null or sequence < $1)
  and ($2::text is null or status = $2)
  and ($3::text is null or rule like $3)
  and ($4::text is null or exists (
    select from chartbell.delivery where delivery.alert_id = listed.id and delivery.channel = $4
  ))
  and ($5::boolean is null or is_handled = $5)
order by sequence desc limit $6`;

const listDeliveries = `
select id, alert_id, channel, waiting_since, ended_at, outcome from chartbell.delivery
where alert_id = any($1::uuid[]) order by alert_id, position`;

const listSteps = `
select delivery_id, kind, status, attempts, shot from chartbell.step
where delivery_id = any($1::uuid[]) order by delivery_id, position`;
