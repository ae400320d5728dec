import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { createAlarm } from "../core/wait.ts";
import type { Backlog, BacklogHandler, Hold, Worker } from "./contract.ts";
import { endUnderway } from "./drain.ts";

/** A backlog in the hands of this process. */
export interface LeasedBacklog extends Backlog {
  /** Gives it back; without a hold it ends if nothing waits in it any more. */
  release(hold: Hold | undefined): Promise<void>;
}

/** Where backlogs are taken from. */
export interface BacklogSource {
  /** At most `count` whose channel may be tried again and that are in nobody's hands. */
  lease(count: number): Promise<readonly LeasedBacklog[]>;
  /** Milliseconds until the next may be; undefined when there is none. */
  dueInMs(): Promise<number | undefined>;
}

export interface BacklogWorker {
  readonly work: (handler: BacklogHandler) => Worker;
  /** There may be a new backlog. */
  readonly wake: () => void;
  /** Channels whose backlogs are being emptied. */
  readonly inHand: () => readonly string[];
}

/** Somebody else may be about to take what is due. */
const dueMsMin = 20;

/** Leases backlogs when their channels may be tried again, and hands each to a handler of its own. */
export function createBacklogWorker(source: BacklogSource, log: Logger): BacklogWorker {
  const underway = new Map<string, Promise<void>>();
  const alarm = createAlarm();
  const abandoned = new AbortController();
  const stopping = new AbortController();

  const empty = async (backlog: LeasedBacklog, handler: BacklogHandler): Promise<void> => {
    const { channel } = backlog;
    // What is left when the process stops is for the next one.
    const next: Backlog["next"] = async () => (stopping.signal.aborted ? [] : await backlog.next());
    try {
      const hold = await handler({ channel, failures: backlog.failures, next }, abandoned.signal);
      await backlog.release(hold);
    } catch (error) {
      if (!abandoned.signal.aborted)
        log.error({ err: error, channel }, "A backlog could not be emptied; trying again.");
      await backlog
        .release(stopping.signal.aborted ? undefined : faultHold)
        .catch((reason: unknown) => log.error({ err: reason, channel }, "A backlog could not be given back."));
    }
    underway.delete(channel);
    alarm.wake();
  };

  const leaseSome = async (handler: BacklogHandler): Promise<number> => {
    const room = limits.backlogsInHandMax - underway.size;
    for (const backlog of room > 0 ? await source.lease(room) : []) {
      underway.set(backlog.channel, empty(backlog, handler));
    }
    const dueMs = await source.dueInMs();
    return Math.min(limits.queuePollMs, Math.max(dueMsMin, dueMs ?? limits.queuePollMs));
  };

  const loop = async (handler: BacklogHandler): Promise<void> => {
    while (!stopping.signal.aborted) {
      // An unreadable queue is told of by those who hand out alerts.
      const waitMs = await leaseSome(handler).catch(() => limits.queuePollMs);
      if (!stopping.signal.aborted) await alarm.wait(waitMs);
    }
  };

  return {
    wake: alarm.wake,
    inHand: () => [...underway.keys()],
    work(handler) {
      const running = loop(handler);
      return {
        async drain(deadline) {
          stopping.abort();
          alarm.wake();
          await running;
          await endUnderway(underway, deadline, abandoned);
        },
      };
    },
  };
}

const faultHold: Hold = {
  waitMs: limits.queuePollMs,
  failure: { code: "internal", message: "An unexpected fault inside Chartbell; its log says which." },
};
