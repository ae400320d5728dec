import { alertKey } from "../core/alert.ts";
import { backoffMs } from "../core/backoff.ts";
import type { DeliveryRecord, HandledAlert, ShotRecord, StepRecord } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import type { Accepted, PendingAlert, PlannedAlert, PlannedDelivery, StepProgress, Store } from "./contract.ts";
import { createDispatcher } from "./dispatcher.ts";
import type { Source } from "./dispatcher.ts";
import { schedulesInMemory } from "./schedules.ts";

interface StepState {
  attempts: number;
  record: StepRecord | undefined;
  shot: ShotRecord | undefined;
}

interface DeliveryState extends PlannedDelivery {
  readonly key: string;
  readonly steps: Map<number, StepState>;
  hasSaidText: boolean;
  text: string | undefined;
}

interface AlertState extends PlannedAlert {
  readonly deliveries: readonly DeliveryState[];
  tries: number;
  dueMs: number;
  state: "waiting" | "claimed" | "handled";
}

/**
 * A store that lives as long as the process and keeps the last limits.alertsKeptMax alerts: for commands that send what
 * they were told and end.
 */
export function createMemoryStore(log: Logger): Store {
  const alerts = new Map<string, AlertState>();
  const keys = new Map<string, readonly string[]>();
  const deliveryOf = (id: string): DeliveryState | undefined =>
    [...alerts.values()].flatMap(({ deliveries }) => deliveries).find((one) => one.id === id);
  const stepOf = (deliveryId: string, position: number): StepState => {
    const steps = deliveryOf(deliveryId)?.steps ?? new Map<number, StepState>();
    const step = steps.get(position) ?? { attempts: 0, record: undefined, shot: undefined };
    steps.set(position, step);
    return step;
  };
  const dispatcher = createDispatcher(sourceOf(alerts), log);
  return {
    async accept(planned, idempotencyKey) {
      const seen = idempotencyKey === undefined ? undefined : keys.get(idempotencyKey);
      if (seen !== undefined) return seen.map((id): Accepted => ({ id, duplicate: true }));
      for (const one of planned) alerts.set(one.alert.id, stateOf(one));
      const ids = planned.map(({ alert }) => alert.id);
      if (idempotencyKey !== undefined) keys.set(idempotencyKey, ids);
      forgetOldest(alerts, ({ state }) => state === "handled");
      forgetOldest(keys, () => true);
      dispatcher.wake();
      return ids.map((id): Accepted => ({ id, duplicate: false }));
    },
    work: dispatcher.work,
    async beginAttempt({ deliveryId, position }) {
      const own = deliveryOf(deliveryId);
      for (const other of [...alerts.values()].flatMap(({ deliveries }) => deliveries)) {
        if (other === own) break;
        const isSame = other.key === own?.key && other.plan.channel === own.plan.channel;
        if (isSame && !other.hasSaidText) return false;
      }
      stepOf(deliveryId, position).attempts++;
      return true;
    },
    async endAttempt({ deliveryId, position }, { code }) {
      if (code === "delivery_limited") stepOf(deliveryId, position).attempts--;
    },
    async endStep({ deliveryId, position }, record, shot) {
      Object.assign(stepOf(deliveryId, position), { record, shot });
      const delivery = deliveryOf(deliveryId);
      if (delivery !== undefined && position === 0) delivery.hasSaidText = true;
    },
    async endDelivery(deliveryId, text) {
      const delivery = deliveryOf(deliveryId);
      if (delivery !== undefined) Object.assign(delivery, { text, hasSaidText: true });
    },
    find: async (id) => handledOf(alerts.get(id)),
    outcome: dispatcher.outcome,
    schedules: schedulesInMemory(),
    async [Symbol.asyncDispose]() {},
  };
}

function stateOf({ alert, deliveries }: PlannedAlert): AlertState {
  const key = alertKey(alert);
  const states = deliveries.map((one) => ({ ...one, key, steps: new Map(), hasSaidText: false, text: undefined }));
  return { alert, deliveries: states, tries: 0, dueMs: 0, state: "waiting" };
}

function sourceOf(alerts: ReadonlyMap<string, AlertState>): Source {
  return {
    async claim(count) {
      const due = [...alerts.values()].filter(({ state, dueMs }) => state === "waiting" && dueMs <= performance.now());
      const claimed = due.slice(0, count);
      for (const one of claimed) one.state = "claimed";
      return claimed.map(pendingOf);
    },
    async complete(id) {
      const one = alerts.get(id);
      if (one !== undefined) one.state = "handled";
    },
    async release(id) {
      const one = alerts.get(id);
      if (one === undefined) return;
      one.tries++;
      one.state = one.tries > limits.handlingTriesMax ? "handled" : "waiting";
      one.dueMs = performance.now() + backoffMs(one.tries, limits.handlingBackoff, Math.random, undefined);
    },
    find: async (id) => handledOf(alerts.get(id)),
  };
}

function pendingOf({ alert, deliveries }: AlertState): PendingAlert {
  const open = deliveries.filter(({ text }) => text === undefined);
  return {
    alert,
    deliveries: open.map(({ id, plan, steps }) => ({
      id,
      plan,
      steps: new Map(
        [...steps].map(([position, step]): [number, StepProgress] => [position, { ...step, unknownAttempts: 0 }]),
      ),
    })),
  };
}

function handledOf(found: AlertState | undefined): HandledAlert | undefined {
  if (found === undefined) return undefined;
  const deliveries = found.deliveries.flatMap(({ id, plan, text, steps }): DeliveryRecord[] => {
    if (text === undefined || steps.size === 0) return [];
    const inOrder = [...steps].toSorted(([a], [b]) => a - b).map(([, step]) => step);
    const records = inOrder.flatMap(({ record }) => (record === undefined ? [] : [record]));
    const shots = inOrder.flatMap(({ shot }) => (shot === undefined ? [] : [shot]));
    return [{ id, channel: plan.channel, text, steps: records, shots }];
  });
  return { alert: found.alert, state: found.state === "handled" ? "handled" : "accepted", deliveries };
}

function forgetOldest<Item>(map: Map<string, Item>, mayGo: (item: Item) => boolean): void {
  for (const [key, item] of map) {
    if (map.size <= limits.alertsKeptMax) return;
    if (mayGo(item)) map.delete(key);
  }
}
