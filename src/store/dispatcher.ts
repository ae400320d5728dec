import type { HandledAlert } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { createAlarm, race } from "../core/wait.ts";
import type { Handler, PendingAlert, Worker } from "./contract.ts";
import { endUnderway } from "./drain.ts";
import { createSharing } from "./sharing.ts";

/** Where a dispatcher takes alerts from. */
export interface Source {
  /** Whether other processes take from it, too. */
  readonly isShared: boolean;
  /** Claims at most `count` alerts that are due, in the order of acceptance. */
  claim(count: number): Promise<readonly PendingAlert[]>;
  /** The alert is handled. */
  complete(alertId: string): Promise<void>;
  /** Handling failed: it is to be claimed again later, or given up after limits.handlingTriesMax. */
  release(alertId: string, error: unknown): Promise<void>;
  find(alertId: string): Promise<HandledAlert | undefined>;
}

/** Hands alerts out, each to one handler at a time, and knows which have ended. */
export interface Dispatcher {
  readonly work: (handler: Handler) => Worker;
  /** There may be something to claim. */
  readonly wake: () => void;
  readonly outcome: (alertId: string) => Promise<HandledAlert | undefined>;
  /** Something of an alert has ended that was not handled here. */
  readonly settled: (alertId: string) => void;
  /** Ids of the alerts that are being handled. */
  readonly underway: () => readonly string[];
}

/**
 * One loop claims as many alerts as there is room for and starts their handlers in the order of acceptance; a backlog is
 * drained as fast as handlers end. It looks again when woken, and every limits.queuePollMs.
 */
export function createDispatcher(source: Source, log: Logger): Dispatcher {
  const giveBack = giverBack(source, log);
  const underway = new Map<string, Promise<void>>();
  const alarm = createAlarm();
  const abandoned = new AbortController();
  const outcomes = createOutcomes(source);
  const sharing = createSharing(source.isShared);
  const stopping = new AbortController();

  const handle = async (handler: Handler, pending: PendingAlert): Promise<void> => {
    const { id } = pending.alert;
    try {
      await handler(pending, abandoned.signal);
      await source.complete(id);
    } catch (error) {
      await giveBack(id, error, abandoned.signal.aborted);
    }
    const wasFull = underway.size >= limits.alertsInFlightMax;
    underway.delete(id);
    outcomes.ended(id);
    if (wasFull) alarm.wake();
  };

  const claim = async (handler: Handler): Promise<number> => {
    const room = Math.min(limits.alertsInFlightMax - underway.size, sharing.claimMax);
    if (room <= 0) return 0;
    const claimed = await source.claim(room);
    sharing.took(claimed.length);
    for (const pending of claimed) {
      if (!underway.has(pending.alert.id)) underway.set(pending.alert.id, handle(handler, pending));
    }
    return claimed.length;
  };

  const loop = async (handler: Handler): Promise<void> => {
    let isAway = false;
    for (;;) {
      // What was accepted before the stop is claimed once more, as far as there is room.
      const isLast = stopping.signal.aborted;
      let count = 0;
      try {
        count = await claim(handler);
        isAway = false;
      } catch (error) {
        if (!isAway) log.error({ err: error }, "The queue cannot be read; trying again.");
        isAway = true;
      }
      if (isLast) return;
      if (count === 0) await alarm.wait(limits.queuePollMs);
      await sharing.leave(underway.size, stopping.signal);
    }
  };

  return {
    wake: alarm.wake,
    underway: () => [...underway.keys()],
    outcome: outcomes.of,
    settled: outcomes.ended,
    work(handler) {
      const running = loop(handler);
      return {
        async drain(deadline) {
          stopping.abort();
          alarm.wake();
          await running;
          await endUnderway(underway, deadline, abandoned);
          outcomes.stop();
        },
      };
    },
  };
}

/** Gives an alert back whose handling failed, or was ended by the stop. */
function giverBack(source: Source, log: Logger) {
  return async (id: string, error: unknown, isStopped: boolean): Promise<void> => {
    if (!isStopped) log.error({ err: error, alertId: id }, "An alert could not be handled; it is tried again.");
    await source
      .release(id, error)
      .catch((reason: unknown) => log.error({ err: reason, alertId: id }, "An alert could not be released."));
  };
}

/** Lets callers wait for the end of an alert's handling. */
function createOutcomes(source: Pick<Source, "find">) {
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  let hasStopped = false;
  return {
    ended: (alertId: string): void => waiting.get(alertId)?.resolve(),
    stop(): void {
      hasStopped = true;
      for (const one of waiting.values()) one.resolve();
    },
    async of(this: void, alertId: string): Promise<HandledAlert | undefined> {
      for (;;) {
        const ended = waiting.get(alertId) ?? Promise.withResolvers<void>();
        waiting.set(alertId, ended);
        const found = await source.find(alertId);
        const isOver = found === undefined || found.state === "handled" || hasStopped;
        // Another process may be the one that handles it: looked at again from time to time.
        if (!isOver) await race(ended.promise, AbortSignal.timeout(limits.queuePollMs)).catch(() => undefined);
        waiting.delete(alertId);
        if (isOver) return found;
      }
    },
  };
}
