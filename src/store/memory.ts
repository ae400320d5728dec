import type { DeliveryRecord, HandledAlert } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { Accepted, Store } from "./contract.ts";

/**
 * A store that lives as long as the process and keeps the last limits.alertsKeptMax alerts: what was accepted and not yet
 * delivered is lost when the process is killed.
 */
export function createMemoryStore(): Store {
  const alerts = new Map<string, HandledAlert>();
  const keys = new Map<string, readonly string[]>();
  const update = (id: string, change: (one: HandledAlert) => HandledAlert): void => {
    const current = alerts.get(id);
    if (current !== undefined) alerts.set(id, change(current));
  };
  return {
    async accept(incoming, idempotencyKey) {
      const seen = idempotencyKey === undefined ? undefined : keys.get(idempotencyKey);
      if (seen !== undefined) return seen.map((id): Accepted => ({ id, duplicate: true }));
      for (const alert of incoming) alerts.set(alert.id, { alert, state: "accepted", deliveries: [] });
      const ids = incoming.map(({ id }) => id);
      if (idempotencyKey !== undefined) keys.set(idempotencyKey, ids);
      forgetOldest(alerts);
      forgetOldest(keys);
      return ids.map((id): Accepted => ({ id, duplicate: false }));
    },
    async record(id, delivery: DeliveryRecord) {
      update(id, (one) => ({ ...one, deliveries: [...one.deliveries, delivery] }));
    },
    async complete(id) {
      update(id, (one) => ({ ...one, state: "handled" }));
    },
    async find(id) {
      return alerts.get(id);
    },
    async [Symbol.asyncDispose]() {},
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= limits.alertsKeptMax) return;
    map.delete(key);
  }
}
