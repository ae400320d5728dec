import { PgBoss } from "pg-boss";
import { messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import type { Database, Query } from "./database.ts";

/*
 * The queue of alerts: one job of pg-boss per alert, of the same id. Jobs are claimed here and not by pg-boss's own workers:
 * those start jobs in no order and take one per poll.
 */

export const queueSchema = "chartbell_queue";
const name = "alert";
/** Any number will do that no other program on the server uses, and that is not the one of migrate.ts. */
const advisoryLock = 4_771_200_413;

interface Claim {
  readonly id: string;
  /** How often it was handed out before. */
  readonly retryCount: number;
}

export interface Queue extends AsyncDisposable {
  /** Whether no other process works on it. */
  readonly isExclusive: boolean;
  /** Adds jobs within a transaction; ids that are there already are left as they are. */
  add(ids: readonly string[], query: Query): Promise<void>;
  /** At most `count` jobs that are due, oldest first. */
  claim(count: number): Promise<readonly Claim[]>;
  /** Ends jobs within a transaction. */
  complete(ids: readonly string[], query: Query): Promise<void>;
  /** Gives a job back, to be claimed again after a wait that grows; true when that was its last try. */
  release(claim: Claim, error: unknown): Promise<boolean>;
  /** Tells the others that these jobs are still being worked on; nothing when there are no others. */
  touch(ids: readonly string[]): Promise<void>;
  /** Without others: releases every claimed job but these, and makes every released one due. With others, their silence does that in time. */
  recover(underway: readonly string[]): Promise<void>;
}

/**
 * Opens the queue. `exclusive`: no other process uses this database, so what is claimed at the start belongs to a dead one
 * and is released at once; otherwise a process is given limits.workerSilenceMs to be heard of.
 */
export async function openQueue(database: Database, exclusive: boolean, log: Logger): Promise<Queue> {
  const boss = new PgBoss({
    db: asBossDatabase(database.query),
    schema: queueSchema,
    schedule: false,
    superviseIntervalSeconds: exclusive ? 60 : 2,
    monitorIntervalSeconds: exclusive ? 60 : 2,
  });
  boss.on("error", (error) => log.warn({ reason: error.message }, "The queue's upkeep failed; it goes on."));
  boss.on("warning", ({ message }) => log.debug({ reason: message }, "The queue warns."));
  const options = {
    retryLimit: limits.handlingTriesMax,
    retryDelay: limits.handlingBackoff.baseMs / 1000,
    retryBackoff: true,
    retryDelayMax: limits.handlingBackoff.capMs / 1000,
    expireInSeconds: 6 * 3600,
    deleteAfterSeconds: 24 * 3600,
    ...(exclusive ? {} : { heartbeatSeconds: limits.workerSilenceMs / 1000 }),
  };
  await alone(database, async () => {
    await boss.start();
    await boss.createQueue(name, options);
    await boss.updateQueue(name, options);
  });
  const recover = async (underway: readonly string[]): Promise<void> => {
    if (exclusive) await releaseBut(underway, boss, database.query);
  };
  await recover([]);
  return {
    isExclusive: exclusive,
    async add(ids, query) {
      await boss.insert(
        name,
        ids.map((id) => ({ id })),
        { db: asBossDatabase(query) },
      );
    },
    async claim(count) {
      const jobs = await boss.fetch(name, { batchSize: count, includeMetadata: true });
      return jobs.map(({ id, retryCount }) => ({ id, retryCount }));
    },
    async complete(ids, query) {
      await boss.complete(name, [...ids], undefined, { db: asBossDatabase(query) });
    },
    async release({ id, retryCount }, error) {
      await boss.fail(name, { id, retryCount }, { reason: messageOf(error) });
      return retryCount >= limits.handlingTriesMax;
    },
    async touch(ids) {
      if (!exclusive) await boss.touch(name, [...ids]);
    },
    recover,
    [Symbol.asyncDispose]: async () => await boss.stop({ graceful: false, close: false }),
  };
}

/** pg-boss makes its schema in more than one step: of processes that start at the same time, one does so after the other. */
async function alone(database: Database, work: () => Promise<void>): Promise<void> {
  await database.transaction(async (query) => {
    await query("select pg_advisory_xact_lock($1)", [advisoryLock]);
    await work();
  });
}

/** Failing each job burns one of its tries: an alert that brings the process down does not do so for ever. */
async function releaseBut(underway: readonly string[], boss: PgBoss, query: Query): Promise<void> {
  const rows = await query<{ id: string }>(
    `select id from ${queueSchema}.job where name = $1 and state = 'active' and id <> all($2::uuid[])`,
    [name, underway],
  );
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await boss.fail(name, ids, { reason: "The process that handled it ended." });
  await query(`update ${queueSchema}.job set start_after = now() where name = $1 and state = 'retry'`, [name]);
}

function asBossDatabase(query: Query): { executeSql(text: string, values?: unknown[]): Promise<{ rows: object[] }> } {
  return { executeSql: async (text, values) => ({ rows: [...(await query(text, values))] }) };
}
