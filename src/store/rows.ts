import type { Alert } from "../core/alert.ts";
import { alertKey, importanceOf } from "../core/alert.ts";
import type { DeliveryRecord, DeliveryState, HandledAlert, Plan, ShotRecord, StepRecord } from "../core/delivery.ts";
import type { AlertWindow } from "../core/window.ts";
import type { PendingAlert, PendingDelivery, PlannedAlert, StepProgress } from "./contract.ts";
import { shownRecord } from "./records.ts";
import { alertWindowOf } from "./window-rows.ts";
import type { AsJson } from "./window-rows.ts";

/** Rows of the database and what they mean. */

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** Whether a text can be an id; the database refuses others as a fault of the statement. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

export interface AlertRow {
  readonly id: string;
  readonly body: AlertBody;
  readonly completed_at: Date | null;
}

/** An alert as JSON has it. */
type AlertBody = Omit<Alert, "time" | "acceptedAt" | "window"> & {
  readonly time: string;
  readonly acceptedAt: string;
  readonly window?: AsJson<AlertWindow>;
};

export interface DeliveryRow {
  readonly id: string;
  readonly alert_id: string;
  readonly plan: Plan;
  readonly text: string | null;
  readonly waiting_since: Date | null;
  readonly delayed_until: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: DeliveryState | null;
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
  const { time, acceptedAt, window, ...rest } = body;
  const alert = { ...rest, time: new Date(time), acceptedAt: new Date(acceptedAt) };
  return window === undefined ? alert : { ...alert, window: alertWindowOf(window) };
}

/** The columns of `accept`, one array each. */
export function acceptColumns(planned: readonly PlannedAlert[]): readonly unknown[] {
  const alerts = planned.map(({ alert }) => alert);
  const deliveries = planned.flatMap(({ alert, deliveries }) =>
    deliveries.map(({ id, plan, delayedUntil }, position) => ({ id, plan, delayedUntil, position, alert })),
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
    deliveries.map(({ alert }) => alertKey(alert)),
    deliveries.map(({ alert }) => alert.status),
    deliveries.map(({ alert }) => importanceOf(alert)),
    deliveries.map(({ delayedUntil }) => delayedUntil?.toISOString() ?? null),
  ];
}

/** The columns that alerts are looked up by, one array each; a NUL, which no text of the database can hold, becomes U+FFFD. */
export function lookupColumns(planned: readonly PlannedAlert[]): readonly unknown[] {
  const alerts = planned.map(({ alert }) => alert);
  return [alerts.map(({ status }) => status), alerts.map(({ rule }) => rule.replaceAll("\0", "\ufffd"))];
}

/** An alert to be handled, with those of its deliveries that have neither ended nor wait for their channel or their time. */
export function pendingOf(row: AlertRow, deliveries: readonly DeliveryRow[], steps: readonly StepRow[]): PendingAlert {
  const open = deliveries.filter(
    ({ alert_id, ended_at, waiting_since, delayed_until }) =>
      alert_id === row.id && ended_at === null && waiting_since === null && delayed_until === null,
  );
  return { alert: alertOf(row), deliveries: open.map((delivery) => pendingDeliveryOf(delivery, steps)) };
}

/** A delivery with how far its steps have come. */
export function pendingDeliveryOf(
  { id, plan }: Pick<DeliveryRow, "id" | "plan">,
  steps: readonly StepRow[],
): PendingDelivery {
  const own = steps.filter(({ delivery_id }) => delivery_id === id);
  return { id, plan, steps: new Map(own.map((step) => [step.position, progressOf(step)])) };
}

function progressOf({ record, shot, attempts, unknown_attempts }: StepRow): StepProgress {
  return { record: record ?? undefined, shot: shot ?? undefined, attempts, unknownAttempts: unknown_attempts };
}

/** An alert and what became of its deliveries; the rows are in order. It is handled when all of them have ended. */
export function handledOf(row: AlertRow, deliveries: readonly DeliveryRow[], steps: readonly StepRow[]): HandledAlert {
  const records = deliveries.map((delivery): DeliveryRecord => {
    const own = steps.filter(({ delivery_id }) => delivery_id === delivery.id);
    return {
      id: delivery.id,
      channel: delivery.plan.channel,
      state: stateOf(delivery),
      text: delivery.text ?? "",
      steps: own.flatMap(({ record, unknown_attempts }) => shownRecord(record, unknown_attempts)),
      shots: own.flatMap(({ shot }) => shot ?? []),
    };
  });
  const isHandled = row.completed_at !== null && deliveries.every(({ ended_at }) => ended_at !== null);
  return { alert: alertOf(row), state: isHandled ? "handled" : "accepted", deliveries: records };
}

/** Before it has ended, a delivery is open or waits; afterwards its outcome is its state. */
export function stateOf({
  ended_at,
  waiting_since,
  outcome,
}: Pick<DeliveryRow, "ended_at" | "waiting_since" | "outcome">): DeliveryState {
  if (ended_at !== null) return outcome ?? "delivered";
  return waiting_since === null ? "open" : "waiting";
}
