import type { Alert } from "../core/alert.ts";
import type { AlertSummary, Failure, HandledAlert, Plan, ShotRecord, StepRecord } from "../core/delivery.ts";

/*
 * What is remembered of alerts. A caller may rely on this: when `accept` resolves, the alerts are kept as well as this store
 * keeps anything, and a worker will be handed each of them until its handling ends well; the same idempotency key yields
 * the same ids and hands the alerts out once. What was written of a step is written when its call resolves. Every call
 * throws store_unavailable when the database stays away for longer than limits.databaseRetryMs.
 */

export interface Accepted {
  readonly id: string;
  /** True when the idempotency key was seen before: nothing new happens. */
  readonly duplicate: boolean;
}

/** One message to one channel that an alert is to lead to. */
export interface PlannedDelivery {
  readonly id: string;
  readonly plan: Plan;
}

export interface PlannedAlert {
  readonly alert: Alert;
  readonly deliveries: readonly PlannedDelivery[];
}

/** How far a step had come when its alert was handed out. */
export interface StepProgress {
  /** What became of it; undefined when it has not ended: its last attempt failed, or nobody knows how that went. */
  readonly record: StepRecord | undefined;
  readonly shot: ShotRecord | undefined;
  readonly attempts: number;
  /** Attempts without an answer; above 0 and no record: the policy of the channel decides. */
  readonly unknownAttempts: number;
}

export interface PendingDelivery extends PlannedDelivery {
  /** By position; empty when nothing of it was ever sent. */
  readonly steps: ReadonlyMap<number, StepProgress>;
}

/** An alert that was handed out to be handled. */
export interface PendingAlert {
  readonly alert: Alert;
  /** Those that have not ended. */
  readonly deliveries: readonly PendingDelivery[];
}

/** Handles one alert; rejecting hands it out again later. The signal aborts when the worker may not go on. */
export type Handler = (pending: PendingAlert, signal: AbortSignal) => Promise<void>;

export interface Worker {
  /** Takes nothing more, waits for what is underway until the signal aborts, then lets go of the rest. */
  drain(deadline: AbortSignal): Promise<void>;
}

/** Names one step of one delivery. */
export interface StepName {
  readonly deliveryId: string;
  /** 0 is the text, then the pictures in the order of the plan's portals. */
  readonly position: number;
  readonly kind: StepRecord["kind"];
}

export interface Store extends AsyncDisposable {
  accept(planned: readonly PlannedAlert[], idempotencyKey: string | undefined): Promise<readonly Accepted[]>;
  /** Hands out every alert that is not handled, in the order of acceptance, at most limits.alertsInFlightMax at a time. */
  work(handler: Handler): Worker;
  /**
   * Marks a step as being sent. False, and nothing is marked, while an earlier alert of the same key has not said its text
   * in the same channel: the caller waits and asks again.
   */
  beginAttempt(name: StepName): Promise<boolean>;
  /** The attempt ended without success, and another may follow. */
  endAttempt(name: StepName, failure: Failure): Promise<void>;
  /** The step has ended; with status `delivered` this is its receipt. */
  endStep(name: StepName, record: StepRecord, shot: ShotRecord | undefined): Promise<void>;
  /** Nothing more will be sent of this delivery. One without any step is not shown by `find`: there was nothing to say. */
  endDelivery(deliveryId: string, text: string): Promise<void>;
  /** An alert and those of its deliveries that have ended. */
  find(alertId: string): Promise<HandledAlert | undefined>;
  /** What became of an alert, once it is handled; undefined for an unknown id, as it stands when the worker has stopped. */
  outcome(alertId: string): Promise<HandledAlert | undefined>;
}

/** Which alerts a list shows; all of what is given must hold. */
export interface HistoryFilter {
  readonly status?: Alert["status"] | undefined;
  /** Exact, or with `*` and `?`. */
  readonly rule?: string | undefined;
  /** Of one of its deliveries. */
  readonly channel?: string | undefined;
  readonly state?: HandledAlert["state"] | undefined;
}

export interface HistoryPage {
  readonly alerts: readonly AlertSummary[];
  /** The cursor of the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export interface History {
  /** At most `limit` alerts, newest first, of those accepted before the cursor; undefined: from the newest on. */
  list(filter: HistoryFilter, before: string | undefined, limit: number): Promise<HistoryPage>;
}
