import type { Alert, AlertStatus } from "../core/alert.ts";
import type {
  AlertSummary,
  DeliveryState,
  Failure,
  HandledAlert,
  Plan,
  ShotRecord,
  StepRecord,
} from "../core/delivery.ts";
import type { Window } from "../core/window.ts";
import type { PictureStore } from "./pictures/contract.ts";

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
  /** It is not handed out, but put into its channel's backlog at this time, unless its window drops it. */
  readonly delayedUntil?: Date;
}

export interface PlannedAlert {
  readonly alert: Alert;
  readonly deliveries: readonly PlannedDelivery[];
}

/** What an alert turned out to be once its window was known. */
export interface Decision extends PlannedAlert {
  /** The window after it; undefined for an alert that has none. */
  readonly window: Window | undefined;
  /** Delayed deliveries of earlier alerts that are never to be said: they end as silent. */
  readonly dropped: readonly string[];
}

/**
 * Decides what an alert leads to, its window as the alerts before it left it. It is called while the window is locked, and
 * again when the transaction is made again; the last call is the one that counts.
 */
export type Decide = (alert: Alert, window: Window | undefined) => Promise<Decision>;

/** Windows of all processes on this store. */
export interface WindowBook {
  /** Those that are open, the ones that opened last first, at most `limit`. */
  open(limit: number): Promise<readonly Window[]>;
  /** Puts what was delayed until `now` into its channels' backlogs, of at most limits.windowsBatch windows; how many deliveries. */
  release(now: Date): Promise<number>;
  /**
   * Ends windows of which nothing was heard since `before`, at most limits.windowsBatch: `cancel` makes the alert of each,
   * which is accepted with the end. Each window is ended by one process.
   */
  endSilent(before: Date, cancel: (window: Window) => Alert, decide: Decide): Promise<readonly PlannedAlert[]>;
}

/** How far a step had come when it was handed out. */
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
  /** Those that have neither ended nor wait for their channel. */
  readonly deliveries: readonly PendingDelivery[];
}

/** A delivery that waited for its channel, and what is to be said with it. */
export interface WaitingDelivery extends PendingDelivery {
  readonly alert: Alert;
  /** When it was accepted, or when a person last asked for it to be sent again: its age counts from here. */
  readonly dueSince: Date;
  /** Earlier states of the same alert that wait as well, oldest first: they are said with this one. */
  readonly earlier: Earlier;
  /** A later state of the same alert in the same channel, said or waiting; only told when the text is said. */
  readonly supersededBy: string | undefined;
}

export interface Earlier {
  readonly deliveryIds: readonly string[];
  readonly statuses: readonly AlertStatus[];
  /** When the oldest of them was accepted. */
  readonly since: Date | undefined;
}

/** What waits for one channel, in the hands of the one worker that empties it. */
export interface Backlog {
  readonly channel: string;
  /** How often in a row the channel could not take what was sent to it. */
  readonly failures: number;
  /**
   * The most important of what waits, at most limits.backlogBatch: texts before pictures, severe before harmless, the one
   * that waits longest first. Of each alert only the newest state. Empty when nothing waits, or only what must come after
   * something that is on its way.
   */
  next(): Promise<readonly WaitingDelivery[]>;
}

/** Handles one alert: each of its deliveries has ended then, or waits for its channel. Rejecting hands it out again later. The signal aborts when the worker may not go on. */
export type Handler = (pending: PendingAlert, signal: AbortSignal) => Promise<void>;

/**
 * Says what waits for a channel until the backlog is empty or the channel takes no more. Returns how long to leave the
 * channel alone, milliseconds, or undefined when nothing is left that could be said now.
 */
export type BacklogHandler = (backlog: Backlog, signal: AbortSignal) => Promise<Hold | undefined>;

/** Why a channel takes nothing for the moment. */
export interface Hold {
  readonly waitMs: number;
  readonly failure: Failure;
}

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

/** What is remembered of a schedule, by all processes that share the store. */
export interface KnownSchedule {
  /** Since when its times count: since it was first known with these times. */
  readonly since: Date;
  /** The last due time whose run was accepted. */
  readonly lastDueAt: Date | undefined;
  /** The last run, also one that was asked for. */
  readonly lastRun: { readonly at: Date; readonly alertId: string } | undefined;
}

export interface ScheduleRun {
  /** The time that was due; undefined for a run that was asked for. */
  readonly dueAt: Date | undefined;
  readonly at: Date;
  readonly alertId: string;
}

export interface ScheduleMemory {
  /**
   * Makes these the known schedules: `times` by name. One that is new, or whose times are others than before, counts from
   * `now`; one that is not named is forgotten.
   */
  know(times: ReadonlyMap<string, string>, now: Date): Promise<void>;
  known(): Promise<ReadonlyMap<string, KnownSchedule>>;
  /** Remembers a run, unless one of the same or a later due time is remembered; nothing for a schedule that is not known. */
  ran(name: string, run: ScheduleRun): Promise<void>;
}

/** What there is left to do, of all processes on this store. */
export interface StoreStats {
  /** Alerts whose handling has not ended; one that only waits for a channel is not among them. */
  readonly unhandled: number;
  /** When the oldest of them was accepted; undefined when there is none. */
  readonly oldestUnhandledAt: Date | undefined;
  /** Deliveries in the backlog of each channel; channels without any are left out. */
  readonly waiting: ReadonlyMap<string, number>;
}

/**
 * Whether a step may be sent now. `begun`: it is marked as being sent. `behind`: an earlier alert of the same key has not
 * said its text in the same channel; ask again. `waits`: its channel has a backlog and the delivery is in it now. `ended`:
 * somebody else has ended it.
 */
export type Turn = "begun" | "behind" | "waits" | "ended";

export interface AttemptEnd {
  readonly failure: Failure;
  /** `free`: a rate limit, which counts as no attempt. `unknown`: sent, but not answered. */
  readonly kind: "failed" | "free" | "unknown";
}

/** What is known of a step after an attempt that failed. */
export interface AttemptHistory {
  readonly attempts: number;
  /** Whether the channel took something else since this step was first tried: then the fault is in the message. */
  readonly channelWorks: boolean;
}

/** Which deliveries are meant; nothing given means all. */
export interface DeliveryFilter {
  readonly state?: DeliveryState | undefined;
  readonly channel?: string | undefined;
}

export interface DeliveryPage {
  /** At most this many, newest first. */
  readonly limit: number;
  /** Only those before this one: a `next` of an earlier answer. */
  readonly before?: string;
}

/** A delivery as a list shows it. */
export interface ListedDelivery {
  readonly id: string;
  readonly alert: Alert;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly endedAt: Date | undefined;
  readonly attempts: number;
  /** Why it, or the last attempt of it, failed. */
  readonly failure: Failure | undefined;
}

/** What a store that outlives its process also knows: every delivery, and how to send dead letters again. */
export interface DeliveryDesk {
  /** `next` is there when older ones may follow. */
  list(filter: DeliveryFilter, page: DeliveryPage): Promise<{ items: readonly ListedDelivery[]; next?: string }>;
  /**
   * Puts failed and unknown deliveries back into their channels' backlogs: those of these ids, or all that the filter means
   * (at most limits.retryMax at a time). What has a receipt is not sent again. Returns the ids of those it found.
   */
  retry(which: readonly string[] | DeliveryFilter): Promise<readonly string[]>;
}

/** Which alerts a list shows; all of what is given must hold. */
export interface HistoryFilter {
  readonly status?: AlertStatus | undefined;
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

export interface Store extends AsyncDisposable {
  readonly schedules: ScheduleMemory;
  readonly desk: DeliveryDesk | undefined;
  readonly history: History | undefined;
  readonly pictures: PictureStore | undefined;
  readonly windows: WindowBook;
  /**
   * Throws overloaded, with nothing kept, while too many messages wait. With `decide`, each alert goes through its window
   * first, in order, and what `decide` returns is kept in its place; without, the alerts are kept as they are.
   */
  accept(
    planned: readonly PlannedAlert[],
    idempotencyKey: string | undefined,
    decide?: Decide,
  ): Promise<readonly Accepted[]>;
  /**
   * Hands out every alert that is not handled, in the order of acceptance, at most limits.alertsInFlightMax at a time; and
   * every backlog whose channel may be tried again, each to one worker of all processes.
   */
  work(handler: Handler, backlogHandler: BacklogHandler): Worker;
  beginAttempt(name: StepName): Promise<Turn>;
  /** The attempt ended without success, and another may follow. */
  endAttempt(name: StepName, end: AttemptEnd): Promise<AttemptHistory>;
  /** Puts a delivery into its channel's backlog, and leaves the channel alone for a while. */
  hold(deliveryId: string, hold: Hold): Promise<void>;
  /**
   * The step has ended; with status `delivered` this is its receipt. The deliveries that were said with it end as folded
   * in the same moment.
   */
  endStep(name: StepName, record: StepRecord, shot: ShotRecord | undefined, folded?: readonly string[]): Promise<void>;
  /** Nothing more will be sent of this delivery. One without any step is not shown by `find`: there was nothing to say. */
  endDelivery(deliveryId: string, text: string): Promise<void>;
  /** An alert and those of its deliveries that have ended. */
  find(alertId: string): Promise<HandledAlert | undefined>;
  /** What became of an alert, once it is handled; undefined for an unknown id, as it stands when the worker has stopped. */
  outcome(alertId: string): Promise<HandledAlert | undefined>;
  /** Resolves when the store answers; asks once, without waiting for a database to come back. */
  ping(signal: AbortSignal): Promise<void>;
  /** Asks once, as `ping` does. */
  stats(signal: AbortSignal): Promise<StoreStats>;
}
