import type { Clock } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { durationMs, sizeBytes } from "../core/quantity.ts";
import { reasonOf, wait } from "../core/wait.ts";
import type { Database } from "./database.ts";
import type { Retention } from "./options.ts";
import type { StorageName } from "./pictures/contract.ts";
import { sweepFiles } from "./pictures/files.ts";
import type { PictureStorages } from "./pictures/pictures.ts";
import * as sql from "./pictures/statements.ts";

/*
 * Deletes what is kept no longer, in small batches. One process of a cluster does so at a time. What is not handled is never
 * deleted. Jobs of the queue are deleted by pg-boss itself.
 */

/** Any number will do that no other program on the server uses. */
const advisoryLock = 4_771_200_413;

export interface HousekeepingDeps {
  readonly database: Database;
  readonly storages: PictureStorages;
  /** Where pictures are kept as files. */
  readonly picturesFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How many of each were deleted in a round. */
export interface Deleted {
  readonly alerts: number;
  readonly windows: number;
  readonly idempotencyKeys: number;
  readonly pictures: number;
  readonly strayFiles: number;
}

export interface Housekeeping extends AsyncDisposable {
  /** Undefined when another process is at it. */
  round(): Promise<Deleted | undefined>;
}

/** Begins to keep house: a round every `everyMs`. One that fails is told to the log; the next one goes on. */
export function startHousekeeping(
  retention: Retention,
  deps: HousekeepingDeps,
  everyMs: number = limits.housekeepingMs,
): Housekeeping {
  const stopped = new AbortController();
  const { signal } = stopped;
  const { database, log } = deps;
  const round = async (): Promise<Deleted | undefined> =>
    await database.transaction(async (query) => {
      const [row] = await query<{ is_ours: boolean }>("select pg_try_advisory_xact_lock($1) as is_ours", [
        advisoryLock,
      ]);
      return row?.is_ours === true ? await clear(retention, deps, signal) : undefined;
    });
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await wait(everyMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const deleted = await round();
        if (deleted !== undefined && Object.values(deleted).some((count) => count > 0)) {
          log.info(deleted, "What was too old has been deleted.");
        }
      } catch (error) {
        if (!signal.aborted)
          log.warn({ err: error }, "Not everything too old could be deleted; the next round goes on.");
      }
    }
  };
  const running = loop();
  return {
    round,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await running;
    },
  };
}

async function clear(retention: Retention, deps: HousekeepingDeps, signal: AbortSignal): Promise<Deleted> {
  const { query } = deps.database;
  const before = (ms: number): Date => new Date(deps.clock.now().getTime() - ms);
  const batches = async (text: string, value: Date | number): Promise<number> =>
    await untilFewer(signal, async () => (await query(text, [value, limits.housekeepingBatch])).length);
  const oldPictures = before(durationMs(retention.pictures));
  const unfinished = before(limits.pictureUnfinishedMs);

  const alerts = await batches(deleteAlerts, before(durationMs(retention.alerts)));
  const windows = await batches(deleteWindows, before(durationMs(retention.alerts)));
  const idempotencyKeys = await batches(deleteKeys, before(limits.idempotencyKeptMs));
  await batches(sql.forgetLastGood, oldPictures);
  await batches(sql.retireOld, oldPictures);
  await batches(sql.retireUnreferenced, unfinished);
  await batches(sql.retireBeyond, sizeBytes(retention.picturesBytes));
  const pictures = await untilFewer(signal, async () => await bury(unfinished, deps));
  const strayFiles = await sweepFiles(deps.picturesFolder, unfinished, async (sha256s) => {
    const rows = await query<{ sha256: string }>(sql.filesAmong, [sha256s]);
    return new Set(rows.map(({ sha256 }) => sha256));
  });
  return { alerts, windows, idempotencyKeys, pictures, strayFiles };
}

/** Repeats a batch until one is not full; the sum. */
async function untilFewer(signal: AbortSignal, batch: () => Promise<number>): Promise<number> {
  for (let sum = 0; ;) {
    if (signal.aborted) throw reasonOf(signal);
    const count = await batch();
    sum += count;
    if (count < limits.housekeepingBatch) return sum;
  }
}

/** Removes rows and bytes of pictures that are retired, or were announced and never confirmed. */
async function bury(before: Date, { database, storages, log }: HousekeepingDeps): Promise<number> {
  return await database.transaction(async (query) => {
    const rows = await query<{ sha256: string; backend: StorageName }>(sql.buryPictures, [
      before,
      limits.housekeepingBatch,
    ]);
    for (const { sha256, backend } of rows) {
      const storage = storages[backend];
      if (storage === undefined) log.warn({ sha256, storage: backend }, "A picture's storage is no longer configured.");
      await storage?.remove(sha256);
    }
    return rows.length;
  });
}

/** What goes with an alert: its deliveries, their steps and attempts. */
const deleteAlerts = `
delete from chartbell.alert where id in (
  select id from chartbell.alert
  where completed_at < $1
    and not exists (select from chartbell.delivery where delivery.alert_id = alert.id and delivery.ended_at is null)
  order by completed_at limit $2
) returning id`;

/** Open ones, too: something that happened and was never ended would stay open for ever. */
const deleteWindows = `
delete from chartbell.alert_window where key in (
  select key from chartbell.alert_window where heard_at < $1 and due_at is null order by heard_at limit $2
  for update skip locked
) returning key`;

const deleteKeys = `
delete from chartbell.idempotency_key where key in (
  select key from chartbell.idempotency_key where created_at < $1 limit $2
) returning key`;
