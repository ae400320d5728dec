import type { Alert } from "../core/alert.ts";
import type { DeliveryRecord, HandledAlert, Plan, ShotRecord, StepRecord } from "../core/delivery.ts";
import type { PendingAlert, PendingDelivery, PlannedAlert, StepProgress } from "./contract.ts";

/** Rows of the database and what they mean. */

export interface AlertRow {
  readonly id: string;
  readonly body: AlertBody;
  readonly completed_at: Date | null;
}

/** An alert as JSON has it. */
type AlertBody = Omit<Alert, "time" | "acceptedAt"> & { readonly time: string; readonly acceptedAt: string };

export interface DeliveryRow {
  readonly id: string;
  readonly alert_id: string;
  readonly plan: Plan;
  readonly text: string | null;
  readonly ended_at: Date | null;
}

export interface StepRow {
  readonly delivery_id: string;
  readonly position: number;
  readonly attempts: number;
  readonly unknown_attempts: number;
  readonly record: StepRecord | null;
  readonly shot: ShotRecord | null;
}

export function alertOf({ body }: Pick<AlertRow, "body">): Alert {
  return { ...body, time: new Date(body.time), acceptedAt: new Date(body.acceptedAt) };
}

/** The columns of `accept`, one array each. */
export function acceptColumns(planned: readonly PlannedAlert[], keyOf: (alert: Alert) => string): readonly unknown[] {
  const alerts = planned.map(({ alert }) => alert);
  const deliveries = planned.flatMap(({ alert, deliveries }) =>
    deliveries.map(({ id, plan }, position) => ({ id, plan, position, alert })),
  );
  return [
    alerts.map(({ id }) => id),
    alerts.map((alert) => JSON.stringify(alert)),
    alerts.map(({ acceptedAt }) => acceptedAt.toISOString()),
    deliveries.map(({ id }) => id),
    deliveries.map(({ alert }) => alert.id),
    deliveries.map(({ position }) => position),
    deliveries.map(({ plan }) => plan.channel),
    deliveries.map(({ plan }) => JSON.stringify(plan)),
    deliveries.map(({ alert }) => keyOf(alert)),
  ];
}

/** The columns that alerts are looked up by, one array each; a NUL, which no text of the database can hold, becomes U+FFFD. */
export function lookupColumns(planned: readonly PlannedAlert[]): readonly unknown[] {
  const alerts = planned.map(({ alert }) => alert);
  return [alerts.map(({ status }) => status), alerts.map(({ rule }) => rule.replaceAll("\0", "\ufffd"))];
}

/** An alert to be handled, with those of its deliveries that have not ended. */
export function pendingOf(row: AlertRow, deliveries: readonly DeliveryRow[], steps: readonly StepRow[]): PendingAlert {
  const open = deliveries.filter(({ alert_id, ended_at }) => alert_id === row.id && ended_at === null);
  return {
    alert: alertOf(row),
    deliveries: open.map(({ id, plan }): PendingDelivery => {
      const own = steps.filter(({ delivery_id }) => delivery_id === id);
      return { id, plan, steps: new Map(own.map((step) => [step.position, progressOf(step)])) };
    }),
  };
}

function progressOf({ record, shot, attempts, unknown_attempts }: StepRow): StepProgress {
  return { record: record ?? undefined, shot: shot ?? undefined, attempts, unknownAttempts: unknown_attempts };
}

/** An alert with those of its deliveries that have ended and had something to say; the rows are in order. */
export function handledOf(row: AlertRow, deliveries: readonly DeliveryRow[], steps: readonly StepRow[]): HandledAlert {
  const records = deliveries.flatMap(({ id, plan, text, ended_at }): DeliveryRecord[] => {
    const own = steps.filter(({ delivery_id }) => delivery_id === id);
    if (ended_at === null || own.length === 0) return [];
    return [
      {
        id,
        channel: plan.channel,
        text: text ?? "",
        steps: own.flatMap(({ record }) => record ?? []),
        shots: own.flatMap(({ shot }) => shot ?? []),
      },
    ];
  });
  return { alert: alertOf(row), state: row.completed_at === null ? "accepted" : "handled", deliveries: records };
}
