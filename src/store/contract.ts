import type { Alert } from "../core/alert.ts";
import type { DeliveryRecord, HandledAlert } from "../core/delivery.ts";

/*
 * What is remembered of alerts. A caller may rely on this: when `accept` resolves, the alerts are kept as well as this store
 * keeps anything; the same idempotency key yields the same ids and hands the alerts out once.
 */

export interface Accepted {
  readonly id: string;
  /** True when the idempotency key was seen before: nothing new happens. */
  readonly duplicate: boolean;
}

export interface Store extends AsyncDisposable {
  accept(alerts: readonly Alert[], idempotencyKey: string | undefined): Promise<readonly Accepted[]>;
  record(alertId: string, delivery: DeliveryRecord): Promise<void>;
  complete(alertId: string): Promise<void>;
  find(alertId: string): Promise<HandledAlert | undefined>;
}
