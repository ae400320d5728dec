import type { DeliverySummary, ShotRecord, StepRecord } from "../core/delivery.ts";
import type { History } from "./contract.ts";
import type { Query } from "./database.ts";
import { alertOf } from "./rows.ts";
import type { AlertRow } from "./rows.ts";

/** Lists of what was accepted and how far it is. */

interface ListedAlertRow extends AlertRow {
  readonly sequence: string;
}

interface ListedDeliveryRow {
  readonly id: string;
  readonly alert_id: string;
  readonly channel: string;
  readonly has_ended: boolean;
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
          state: row.completed_at === null ? "accepted" : "handled",
          deliveries: deliveries[index] ?? [],
        })),
        next: rows.length > limit ? shown.at(-1)?.sequence : undefined,
      };
    },
  };
}

/** Of each alert, in their order. */
async function summariesOf(
  alerts: readonly AlertRow[],
  query: Query,
): Promise<readonly (readonly DeliverySummary[])[]> {
  const deliveries = await query<ListedDeliveryRow>(listDeliveries, [alerts.map(({ id }) => id)]);
  const rows = await query<ListedStepRow>(listSteps, [deliveries.map(({ id }) => id)]);
  return alerts.map(({ id: alertId }) =>
    deliveries
      .filter(({ alert_id }) => alert_id === alertId)
      .map(({ id, channel, has_ended }) => {
        const own = rows.filter(({ delivery_id }) => delivery_id === id);
        const steps = own.map(({ kind, status, attempts }) => ({ kind, status, attempts }));
        return { id, channel, hasEnded: has_ended, steps, shots: own.flatMap(({ shot }) => shot ?? []) };
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
select id, sequence, body, completed_at from chartbell.alert
where ($1::bigint is null or sequence < $1)
  and ($2::text is null or status = $2)
  and ($3::text is null or rule like $3)
  and ($4::text is null or exists (
    select from chartbell.delivery where delivery.alert_id = alert.id and delivery.channel = $4
  ))
  and ($5::boolean is null or (completed_at is not null) = $5)
order by sequence desc limit $6`;

const listDeliveries = `
select id, alert_id, channel, ended_at is not null as has_ended from chartbell.delivery
where alert_id = any($1::uuid[]) order by alert_id, position`;

const listSteps = `
select delivery_id, kind, status, attempts, shot from chartbell.step
where delivery_id = any($1::uuid[]) order by delivery_id, position`;
