import { alertKey, importanceOf } from "../core/alert.ts";
import { backoffMs } from "../core/backoff.ts";
import { foldedRecord } from "../core/delivery.ts";
import type { DeliveryRecord, DeliveryState, HandledAlert, ShotRecord, StepRecord } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import { createLane } from "../core/lane.ts";
import type { Logger } from "../core/log.ts";
import { createBacklogWorker } from "./backlog-worker.ts";
import type { BacklogSource, BacklogWorker, LeasedBacklog } from "./backlog-worker.ts";
import type {
  Accepted,
  AttemptEnd,
  AttemptHistory,
  BacklogHandler,
  Decide,
  Handler,
  Hold,
  PendingAlert,
  PendingDelivery,
  PlannedAlert,
  PlannedDelivery,
  StepName,
  StepProgress,
  Store,
  StoreStats,
  Turn,
  WaitingDelivery,
  Worker,
} from "./contract.ts";
import { createDispatcher } from "./dispatcher.ts";
import type { Dispatcher, Source } from "./dispatcher.ts";
import { asOneWorker } from "./drain.ts";
import { createMemoryWindows } from "./memory-windows.ts";
import type { MemoryWindows } from "./memory-windows.ts";
import { shownRecord } from "./records.ts";
import { schedulesInMemory } from "./schedules.ts";
import { statsOf } from "./stats.ts";

interface StepState {
  attempts: number;
  unknownAttempts: number;
  record: StepRecord | undefined;
  shot: ShotRecord | undefined;
}

interface DeliveryEntry extends PlannedDelivery {
  readonly alert: AlertEntry["alert"];
  readonly key: string;
  readonly steps: Map<number, StepState>;
  hasSaidText: boolean;
  waits: boolean;
  isDelayed: boolean;
  text: string | undefined;
}

interface AlertEntry extends PlannedAlert {
  readonly deliveries: readonly DeliveryEntry[];
  tries: number;
  dueMs: number;
  state: "waiting" | "claimed" | "handled";
}

interface BacklogEntry {
  dueMs: number;
  failures: number;
  isLeased: boolean;
}

/**
 * A store that lives as long as the process and keeps the last limits.alertsKeptMax alerts: for commands that send what
 * they were told and end. A message that a server refuses again and again ends as failed here, for nobody comes back to it.
 */
export function createMemoryStore(log: Logger): Store {
  return new MemoryStore(log);
}

class MemoryStore implements Store {
  readonly desk = undefined;
  readonly history = undefined;
  readonly pictures = undefined;
  readonly schedules = schedulesInMemory();
  readonly #turns = createLane();
  readonly #windows = createMemoryWindows();
  readonly windows = this.#windows.book(
    (ids) => this.#release(ids),
    async (planned, decide) => await this.#turns.run(async () => await this.#keep(planned(), decide)),
  );
  readonly #alerts = new Map<string, AlertEntry>();
  readonly #keys = new Map<string, readonly string[]>();
  readonly #backlogs = new Map<string, BacklogEntry>();
  readonly #dispatcher: Dispatcher;
  readonly #emptying: BacklogWorker;

  constructor(log: Logger) {
    this.#dispatcher = createDispatcher(sourceOf(this.#alerts), log);
    this.#emptying = createBacklogWorker(
      backlogSource(this.#backlogs, () => this.#deliveries()),
      log,
    );
  }

  async accept(
    planned: readonly PlannedAlert[],
    idempotencyKey: string | undefined,
    decide?: Decide,
  ): Promise<readonly Accepted[]> {
    const seen = idempotencyKey === undefined ? undefined : this.#keys.get(idempotencyKey);
    if (seen !== undefined) return seen.map((id): Accepted => ({ id, duplicate: true }));
    const ids = planned.map(({ alert }) => alert.id);
    if (idempotencyKey !== undefined) this.#keys.set(idempotencyKey, ids);
    forgetOldest(this.#keys, () => true);
    await this.#turns.run(async () => await this.#keep(planned, decide));
    return ids.map((id): Accepted => ({ id, duplicate: false }));
  }

  /** One after the other: an alert waits for those before it in its window. */
  async #keep(planned: readonly PlannedAlert[], decide: Decide | undefined): Promise<readonly PlannedAlert[]> {
    const decided: Awaited<ReturnType<MemoryWindows["enter"]>>[] = [];
    for (const one of planned) decided.push(await this.#windows.enter(one, decide));
    for (const one of decided) this.#alerts.set(one.alert.id, entryOf(one));
    for (const id of decided.flatMap(({ dropped }) => dropped)) this.#end(id, "");
    forgetOldest(this.#alerts, (entry) => stateOfAlert(entry) === "handled");
    this.#dispatcher.wake();
    return decided;
  }

  /** Puts what was delayed into the backlogs of its channels. */
  #release(ids: readonly string[]): void {
    for (const id of ids) {
      const delivery = this.#delivery(id);
      if (delivery === undefined) continue;
      delivery.waits = true;
      const { channel } = delivery.plan;
      if (!this.#backlogs.has(channel)) this.#backlogs.set(channel, { dueMs: 0, failures: 0, isLeased: false });
    }
    this.#emptying.wake();
  }

  work(handler: Handler, backlogHandler: BacklogHandler): Worker {
    return asOneWorker([this.#dispatcher.work(handler), this.#emptying.work(backlogHandler)]);
  }

  async beginAttempt({ deliveryId, position }: StepName): Promise<Turn> {
    const own = this.#delivery(deliveryId);
    const step = this.#step(deliveryId, position);
    if (own === undefined || own.text !== undefined || step.record !== undefined) return "ended";
    if (this.#backlogs.has(own.plan.channel) && !own.waits) {
      own.waits = true;
      return "waits";
    }
    if (!own.waits && earlierOf(own, this.#deliveries()).some(isAhead)) return "behind";
    step.attempts++;
    return "begun";
  }

  async endAttempt({ deliveryId, position }: StepName, { kind }: AttemptEnd): Promise<AttemptHistory> {
    const step = this.#step(deliveryId, position);
    if (kind === "free") step.attempts--;
    if (kind === "unknown") step.unknownAttempts++;
    return { attempts: step.attempts, channelWorks: true };
  }

  async hold(deliveryId: string, { waitMs }: Hold): Promise<void> {
    const delivery = this.#delivery(deliveryId);
    if (delivery === undefined) return;
    delivery.waits = true;
    const { channel } = delivery.plan;
    const backlog = this.#backlogs.get(channel) ?? { dueMs: 0, failures: 1, isLeased: false };
    backlog.dueMs = Math.max(backlog.dueMs, performance.now() + waitMs);
    this.#backlogs.set(channel, backlog);
    this.#emptying.wake();
  }

  async endStep(
    { deliveryId, position }: StepName,
    record: StepRecord,
    shot: ShotRecord | undefined,
    folded: readonly string[] = [],
  ): Promise<void> {
    Object.assign(this.#step(deliveryId, position), { record, shot });
    const delivery = this.#delivery(deliveryId);
    if (delivery !== undefined && position === 0) delivery.hasSaidText = true;
    for (const id of folded) {
      this.#step(id, 0).record = foldedRecord("text", deliveryId);
      await this.endDelivery(id, "");
    }
  }

  async endDelivery(deliveryId: string, text: string): Promise<void> {
    this.#end(deliveryId, text);
  }

  #end(deliveryId: string, text: string): void {
    const delivery = this.#delivery(deliveryId);
    if (delivery === undefined) return;
    Object.assign(delivery, { text, hasSaidText: true });
    this.#dispatcher.settled(delivery.alert.id);
  }

  async find(alertId: string): Promise<HandledAlert | undefined> {
    return handledOf(this.#alerts.get(alertId));
  }

  async outcome(alertId: string): Promise<HandledAlert | undefined> {
    return await this.#dispatcher.outcome(alertId);
  }

  async ping(): Promise<void> {
    // It is always there.
  }

  async stats(): Promise<StoreStats> {
    const unhandled = [...this.#alerts.values()].filter(({ state }) => state !== "handled");
    const waiting = this.#deliveries().filter(({ waits, text }) => waits && text === undefined);
    return statsOf(
      unhandled.map(({ alert }) => alert.acceptedAt),
      waiting.map(({ plan }) => plan.channel),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open.
  }

  #deliveries(): readonly DeliveryEntry[] {
    return [...this.#alerts.values()].flatMap(({ deliveries }) => deliveries);
  }

  #delivery(id: string): DeliveryEntry | undefined {
    return this.#deliveries().find((one) => one.id === id);
  }

  #step(deliveryId: string, position: number): StepState {
    const steps = this.#delivery(deliveryId)?.steps ?? new Map<number, StepState>();
    const step = steps.get(position) ?? { attempts: 0, unknownAttempts: 0, record: undefined, shot: undefined };
    steps.set(position, step);
    return step;
  }
}

function entryOf({ alert, deliveries }: PlannedAlert): AlertEntry {
  const key = alertKey(alert);
  const entries = deliveries.map((one): DeliveryEntry => ({
    ...one,
    alert,
    key,
    steps: new Map(),
    hasSaidText: false,
    waits: false,
    isDelayed: one.delayedUntil !== undefined,
    text: undefined,
  }));
  return { alert, deliveries: entries, tries: 0, dueMs: 0, state: "waiting" };
}

/** Of the same key in the same channel, accepted before; `all` is in the order of acceptance. */
function earlierOf(own: DeliveryEntry, all: readonly DeliveryEntry[]): readonly DeliveryEntry[] {
  const isSame = (other: DeliveryEntry): boolean => other.key === own.key && other.plan.channel === own.plan.channel;
  return all.slice(0, all.indexOf(own)).filter(isSame);
}

/** Whether a later one must wait for it. */
function isAhead({ hasSaidText, isDelayed, waits }: DeliveryEntry): boolean {
  return !hasSaidText && !(isDelayed && !waits);
}

function sourceOf(alerts: ReadonlyMap<string, AlertEntry>): Source {
  return {
    isShared: false,
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

function backlogSource(backlogs: Map<string, BacklogEntry>, all: () => readonly DeliveryEntry[]): BacklogSource {
  const waitingIn = (channel: string): readonly DeliveryEntry[] =>
    all().filter(({ plan, waits, text }) => plan.channel === channel && waits && text === undefined);
  const lease = (channel: string, backlog: BacklogEntry): LeasedBacklog => ({
    channel,
    failures: backlog.failures,
    next: async () => nextOf(waitingIn(channel), all()),
    async release(hold: Hold | undefined) {
      backlog.isLeased = false;
      backlog.dueMs = performance.now() + (hold?.waitMs ?? limits.turnPollMs);
      if (hold !== undefined) backlog.failures++;
      else if (waitingIn(channel).length === 0) backlogs.delete(channel);
    },
  });
  return {
    async lease(count) {
      const free = [...backlogs].filter(([, { isLeased, dueMs }]) => !isLeased && dueMs <= performance.now());
      return free.slice(0, count).map(([channel, backlog]) => {
        backlog.isLeased = true;
        return lease(channel, backlog);
      });
    },
    async dueInMs() {
      const due = [...backlogs.values()].filter(({ isLeased }) => !isLeased).map(({ dueMs }) => dueMs);
      return due.length === 0 ? undefined : Math.min(...due) - performance.now();
    },
  };
}

/** As the statement `next` of the database has it. */
function nextOf(waiting: readonly DeliveryEntry[], all: readonly DeliveryEntry[]): readonly WaitingDelivery[] {
  const texts = waiting.filter((one) => {
    const isNewest = !waiting.some((other) => !other.hasSaidText && earlierOf(other, all).includes(one));
    const isBehind = earlierOf(one, all).some((other) => isAhead(other) && !other.waits);
    return !one.hasSaidText && isNewest && !isBehind;
  });
  const byImportance = texts.toSorted((a, b) => importanceOf(b.alert) - importanceOf(a.alert));
  const pictures = waiting.filter(({ hasSaidText }) => hasSaidText);
  return [...byImportance, ...pictures].slice(0, limits.backlogBatch).map((one) => {
    const earlier = earlierOf(one, all).filter(
      ({ waits, text, hasSaidText }) => waits && text === undefined && !hasSaidText,
    );
    const later = all.findLast((other) => earlierOf(other, all).includes(one));
    return {
      ...pendingDeliveryOf(one),
      alert: one.alert,
      dueSince: one.alert.acceptedAt,
      earlier: {
        deliveryIds: earlier.map(({ id }) => id),
        statuses: earlier.map(({ alert }) => alert.status),
        since: earlier[0]?.alert.acceptedAt,
      },
      supersededBy: one.hasSaidText ? later?.id : undefined,
    };
  });
}

function pendingOf({ alert, deliveries }: AlertEntry): PendingAlert {
  const open = deliveries.filter(({ text, waits, isDelayed }) => text === undefined && !waits && !isDelayed);
  return { alert, deliveries: open.map(pendingDeliveryOf) };
}

function pendingDeliveryOf({ id, plan, steps }: DeliveryEntry): PendingDelivery {
  return {
    id,
    plan,
    steps: new Map([...steps].map(([position, step]): [number, StepProgress] => [position, { ...step }])),
  };
}

function stateOfAlert({ state, deliveries }: AlertEntry): HandledAlert["state"] {
  return state === "handled" && deliveries.every(({ text }) => text !== undefined) ? "handled" : "accepted";
}

function handledOf(found: AlertEntry | undefined): HandledAlert | undefined {
  if (found === undefined) return undefined;
  const deliveries = found.deliveries.map((delivery): DeliveryRecord => {
    const inOrder = [...delivery.steps].toSorted(([a], [b]) => a - b).map(([, step]) => step);
    const records = inOrder.flatMap(({ record, unknownAttempts }) => shownRecord(record, unknownAttempts));
    const shots = inOrder.flatMap(({ shot }) => shot ?? []);
    const { id, plan, text = "" } = delivery;
    return { id, channel: plan.channel, state: stateOfDelivery(delivery, records), text, steps: records, shots };
  });
  return { alert: found.alert, state: stateOfAlert(found), deliveries };
}

function stateOfDelivery({ text, waits }: DeliveryEntry, records: readonly StepRecord[]): DeliveryState {
  if (text === undefined) return waits ? "waiting" : "open";
  if (records.length === 0) return "silent";
  const has = (status: StepRecord["status"]): boolean => records.some((record) => record.status === status);
  if (has("failed")) return "failed";
  if (has("unknown")) return "unknown";
  return records.every(({ status }) => status === "folded") ? "folded" : "delivered";
}

function forgetOldest<Item>(map: Map<string, Item>, mayGo: (item: Item) => boolean): void {
  for (const [key, item] of map) {
    if (map.size <= limits.alertsKeptMax) return;
    if (mayGo(item)) map.delete(key);
  }
}
