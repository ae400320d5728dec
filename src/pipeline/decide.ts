import { randomUUID } from "node:crypto";
import type { Alert } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { enterWindow } from "../core/window.ts";
import type { Delayed, Told, Window } from "../core/window.ts";
import type { Decision, PlannedDelivery } from "../store/contract.ts";

/**
 * What an alert is and where it goes, once its window is known; `plansOf` says where alerts go. A channel in which the
 * window's OPEN still waits for its delay hears nothing before that: a CANCEL drops the OPEN, and is not said there either.
 */
export async function decide(
  alert: Alert,
  told: Told,
  before: Window | undefined,
  plansOf: (alert: Alert) => Promise<readonly Plan[]>,
): Promise<Decision> {
  if (alert.once === true) {
    const plans = (await plansOf(alert)).map(({ delayMs: _delay, ...plan }) => plan);
    return { alert, deliveries: plans.map((plan) => planned(alert, plan)), window: undefined, dropped: [] };
  }
  const { alert: entered, window } = enterWindow(alert, told, before);
  const delayed = before?.delayed ?? [];
  const waiting = new Set(delayed.map(({ channel }) => channel));
  const plans = (await plansOf(entered)).filter(({ channel }) => !waiting.has(channel));
  const deliveries = plans.map((plan) => planned(entered, plan));
  const isOver = window.status === "CANCEL";
  return {
    alert: entered,
    deliveries,
    window: isOver ? window : { ...window, delayed: [...window.delayed, ...deliveries.flatMap(delayedOf)] },
    dropped: isOver ? delayed.map(({ deliveryId }) => deliveryId) : [],
  };
}

function planned({ acceptedAt }: Alert, plan: Plan): PlannedDelivery {
  const { delayMs } = plan;
  const id = randomUUID();
  return delayMs === undefined ? { id, plan } : { id, plan, delayedUntil: new Date(acceptedAt.getTime() + delayMs) };
}

function delayedOf({ id, plan, delayedUntil }: PlannedDelivery): readonly Delayed[] {
  return delayedUntil === undefined ? [] : [{ deliveryId: id, channel: plan.channel, dueAt: delayedUntil }];
}
