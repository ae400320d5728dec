import { messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { foldedRecord } from "../core/delivery.ts";
import type { HandledAlert, StepRecord } from "../core/delivery.ts";
import { wait } from "../core/wait.ts";
import { createAcceptance, wakeChannel } from "./accept.ts";
import { createBacklogWorker } from "./backlog-worker.ts";
import { createBacklogs } from "./backlogs.ts";
import type { Backlogs } from "./backlogs.ts";
import type { AttemptHistory, History, PendingAlert, Store, Turn } from "./contract.ts";
import { isAway, persisting } from "./database.ts";
import type { Database, Query } from "./database.ts";
import { createBound } from "./bound.ts";
import { createDesk } from "./desk.ts";
import { createDispatcher } from "./dispatcher.ts";
import type { Dispatcher, Source } from "./dispatcher.ts";
import { asOneWorker } from "./drain.ts";
import { createGroupCommit } from "./group-commit.ts";
import { createHistory } from "./history.ts";
import type { PictureStore } from "./pictures/contract.ts";
import type { Queue } from "./queue.ts";
import { handledOf, isUuid, pendingOf } from "./rows.ts";
import type { AlertRow, DeliveryRow, StepRow } from "./rows.ts";
import { scheduleRows } from "./schedules.ts";
import * as sql from "./statements.ts";
import { ping, stats } from "./stats.ts";
import { createWindowBook } from "./windows.ts";

export interface DurableStore extends Store {
  readonly history: History;
  readonly pictures: PictureStore;
}

/** The store on PostgreSQL. The database is migrated and stays open; disposing the store stops what it started. */
export function createDurableStore(
  database: Database,
  queue: Queue,
  pictures: PictureStore,
  log: Logger,
): DurableStore {
  const dispatcher: Dispatcher = createDispatcher(
    sourceOf(database, queue, () => dispatcher.underway()),
    log,
  );
  const backlogs = createBacklogs(database);
  const emptying = createBacklogWorker(backlogs, log);
  // Where there are others, all hear of what is accepted over NOTIFY.
  const listening = queue.isExclusive ? undefined : database.listen(wakeChannel, dispatcher.wake);
  const acceptance = createAcceptance(database, queue);
  // Others hear of it no sooner than this process: by NOTIFY, all at the same time.
  const hear = (): void => {
    if (queue.isExclusive) dispatcher.wake();
  };
  const bound = createBound(database.query);
  const stopped = new AbortController();
  const beating = beat(dispatcher.underway, emptying.inHand, queue, backlogs, log, stopped.signal);
  const keep = async <Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> =>
    await persisting(limits.databaseRetryMs.receipt, async () => await database.query<Row>(text, values));
  return {
    desk: createDesk(database, emptying.wake),
    history: createHistory(database.query),
    pictures,
    windows: createWindowBook(database, { place: acceptance.place, released: emptying.wake, accepted: hear }),
    async accept(planned, idempotencyKey, decide) {
      bound.check();
      const accepted = await acceptance.accept(planned, idempotencyKey, decide);
      hear();
      return accepted;
    },
    work(handler, backlogHandler) {
      return asOneWorker([dispatcher.work(handler), emptying.work(backlogHandler)]);
    },
    async beginAttempt({ deliveryId, position, kind }) {
      const [row] = await keep<{ turn: Turn }>(sql.beginAttempt, [deliveryId, position, kind, backlogs.holder]);
      return row?.turn ?? "ended";
    },
    async endAttempt({ deliveryId, position }, { failure, kind }) {
      const [row] = await keep<HistoryRow>(sql.endAttempt, [deliveryId, position, JSON.stringify(failure), kind]);
      return { attempts: row?.attempts ?? 0, channelWorks: row?.channel_works ?? false } satisfies AttemptHistory;
    },
    async hold(deliveryId, hold) {
      await backlogs.hold(deliveryId, hold);
      emptying.wake();
    },
    async endStep({ deliveryId, position, kind }, record, shot, folded = []) {
      const { status, failure } = record;
      const words = [record, shot, failure].map((part) => (part === undefined ? null : JSON.stringify(part)));
      const withIt = JSON.stringify(foldedRecord("text", deliveryId));
      await keep(sql.endStep, [deliveryId, position, kind, status, ...words, folded, withIt]);
    },
    async endDelivery(deliveryId, text) {
      const [row] = await keep<{ alert_id: string }>(sql.endDelivery, [deliveryId, JSON.stringify(text)]);
      if (row !== undefined) dispatcher.settled(row.alert_id);
    },
    find: async (alertId) => await find(database.query, alertId),
    outcome: dispatcher.outcome,
    ping: async (signal) => await ping(database.query, signal),
    stats: async (signal) => await stats(database.query, signal),
    schedules: scheduleRows(database),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await beating;
      await listening?.[Symbol.asyncDispose]();
    },
  };
}

interface HistoryRow {
  readonly attempts: number;
  readonly channel_works: boolean;
}

function sourceOf(database: Database, queue: Queue, underway: () => readonly string[]): Source {
  const retryCounts = new Map<string, number>();
  // After an error nobody knows which claims were committed: those that are in no hand are released.
  let isDoubtful = false;
  const persist = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await persisting(limits.databaseRetryMs.receipt, work);
    } catch (error) {
      isDoubtful = true;
      throw error;
    }
  };
  const complete = createGroupCommit<string>({
    commit: async (ids) =>
      await persist(
        async () =>
          await database.transaction(async (query) => {
            await Promise.all([
              query("update chartbell.alert set completed_at = now() where id = any($1::uuid[])", [ids]),
              queue.complete(ids, query),
            ]);
          }),
      ),
    max: limits.requestsPerCommitMax,
    isCommon: isAway,
    pauseMs: limits.sharing.gatherMs,
  });
  return {
    isShared: !queue.isExclusive,
    async claim(count) {
      if (isDoubtful) await queue.recover(underway());
      isDoubtful = true;
      const claims = await queue.claim(count);
      const ids = claims.map(({ id }) => id);
      const isResumed = claims.some(({ retryCount }) => retryCount > 0);
      const pending = ids.length === 0 ? [] : await load(database.query, ids, isResumed);
      isDoubtful = false;
      for (const { id, retryCount } of claims) retryCounts.set(id, retryCount);
      return pending;
    },
    async complete(id) {
      await complete(id);
      retryCounts.delete(id);
    },
    async release(id, error) {
      const retryCount = retryCounts.get(id) ?? 0;
      const isOver = await persist(async () => await queue.release({ id, retryCount }, error));
      retryCounts.delete(id);
      if (isOver) await persist(async () => await giveUp(database, id));
    },
    find: async (id) => await find(database.query, id),
  };
}

/** What was being sent when its process ended is an unknown outcome from now on. */
async function load(query: Query, ids: readonly string[], isResumed: boolean): Promise<readonly PendingAlert[]> {
  if (isResumed) await query(sql.markUnknown, [ids]);
  const [alerts, deliveries, steps] = await Promise.all([
    query<AlertRow>(sql.alertsOf, [ids]),
    query<DeliveryRow>(sql.deliveriesOf, [ids]),
    isResumed ? query<StepRow>(sql.stepsOf, [ids]) : [],
  ]);
  return alerts.map((row) => pendingOf(row, deliveries, steps));
}

/** Ends an alert whose handling failed too often, so that it is shown as failed and nothing waits for it. */
async function giveUp(database: Database, id: string): Promise<void> {
  const failure = {
    code: "internal",
    message: `Handling failed ${limits.handlingTriesMax} times by a fault of Chartbell's own; its log says which.`,
  } as const;
  const record: StepRecord = { kind: "text", status: "failed", attempts: 0, afterMs: 0, failure };
  await database.query(sql.giveUp, [id, JSON.stringify(record)]);
}

async function find(query: Query, alertId: string): Promise<HandledAlert | undefined> {
  if (!isUuid(alertId)) return undefined;
  const [row] = await query<AlertRow>(sql.alertsOf, [[alertId]]);
  if (row === undefined) return undefined;
  const deliveries = await query<DeliveryRow>(sql.deliveriesOf, [[alertId]]);
  return handledOf(row, deliveries, await query<StepRow>(sql.stepsOf, [[alertId]]));
}

/** Tells the other processes, three times within the silence they allow, what this one is still working on. */
async function beat(
  underway: () => readonly string[],
  inHand: () => readonly string[],
  queue: Queue,
  backlogs: Backlogs,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await wait(limits.workerSilenceMs / 3, signal).catch(() => undefined);
    const ids = underway();
    if (signal.aborted) continue;
    const channels = inHand();
    const beats = [
      ...(channels.length === 0 ? [] : [backlogs.touch(channels)]),
      ...(ids.length === 0 ? [] : [queue.touch(ids)]),
    ];
    await Promise.all(beats).catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, "Other processes could not be told what is underway.");
    });
  }
}
