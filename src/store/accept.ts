import { limits } from "../core/limits.ts";
import type { Accepted, Decide, PlannedAlert } from "./contract.ts";
import { isAway, persisting } from "./database.ts";
import type { Database, Query } from "./database.ts";
import { createGroupCommit } from "./group-commit.ts";
import type { Queue } from "./queue.ts";
import { acceptColumns, lookupColumns } from "./rows.ts";
import * as sql from "./statements.ts";
import { decideAll, dropDelayed, lockWindows, writeWindows } from "./windows.ts";
import type { Arrival } from "./windows.ts";

/** The channel of LISTEN and NOTIFY on which processes tell each other that there is something to handle. */
export const wakeChannel = "chartbell_alert";

export interface Acceptance {
  readonly accept: (
    planned: readonly PlannedAlert[],
    idempotencyKey: string | undefined,
    decide: Decide | undefined,
  ) => Promise<readonly Accepted[]>;
  /** Puts alerts and their jobs on disk within a transaction; what they turned out to be. */
  readonly place: (arrivals: readonly Arrival[], query: Query) => Promise<readonly PlannedAlert[]>;
}

/**
 * Puts alerts and their jobs on disk. Requests without a key that come at the same time share a commit; one with a key has
 * its own, for it may have to wait for another of the same key.
 */
export function createAcceptance(database: Database, queue: Queue): Acceptance {
  const place = async (arrivals: readonly Arrival[], query: Query, isAgain = false) =>
    await placeWithin(query, queue, arrivals, isAgain);
  const persist = async (arrivals: readonly Arrival[], key: string | undefined): Promise<readonly Accepted[]> => {
    let tries = 0;
    return await persisting(limits.databaseRetryMs.accept, async () => {
      tries++;
      return await acceptOnce(database, arrivals, key, async (query) => void (await place(arrivals, query, tries > 1)));
    });
  };
  const group = createGroupCommit<readonly Arrival[]>({
    commit: async (requests) => void (await persist(requests.flat(), undefined)),
    max: limits.requestsPerCommitMax,
    isCommon: isAway,
  });
  return {
    place: async (arrivals, query) => await place(arrivals, query),
    async accept(planned, idempotencyKey, decide) {
      const arrivals = planned.map((one): Arrival => ({ planned: one, decide }));
      if (idempotencyKey !== undefined) return await persist(arrivals, idempotencyKey);
      await group(arrivals);
      return planned.map(({ alert }): Accepted => ({ id: alert.id, duplicate: false }));
    },
  };
}

/** One transaction. May be done again when nobody knows whether it was committed: the ids are the same. */
async function acceptOnce(
  database: Database,
  arrivals: readonly Arrival[],
  idempotencyKey: string | undefined,
  place: (query: Query) => Promise<void>,
): Promise<readonly Accepted[]> {
  const ids = arrivals.map(({ planned }) => planned.alert.id);
  return await database.transaction(async (query) => {
    if (idempotencyKey !== undefined) {
      const seen = await claimKey(query, idempotencyKey, ids);
      if (seen !== undefined) return seen;
    }
    await place(query);
    return ids.map((id): Accepted => ({ id, duplicate: false }));
  });
}

/** `isAgain`: the same alerts may have been committed by a try whose answer was lost; their windows are not to count them twice. */
async function placeWithin(
  query: Query,
  queue: Queue,
  arrivals: readonly Arrival[],
  isAgain: boolean,
): Promise<readonly PlannedAlert[]> {
  if (arrivals.length === 0) return [];
  const ids = arrivals.map(({ planned }) => planned.alert.id);
  // Waits for a try that is still being committed: it has the same windows.
  const windows = await lockWindows(arrivals, query);
  if (isAgain && (await query(sql.anyOf, [ids])).length > 0) return [];
  const { alerts, changed } = await decideAll(arrivals, windows);
  await Promise.all([
    writeWindows(changed, query),
    query(sql.accept, [...acceptColumns(alerts), wakeChannel, ...lookupColumns(alerts)]),
    dropDelayed(alerts, query),
    queue.add(ids, query),
  ]);
  return alerts;
}

/** Undefined when the key is new; two requests of one key wait for each other here. */
async function claimKey(query: Query, key: string, ids: readonly string[]): Promise<readonly Accepted[] | undefined> {
  const claimed = await query(
    "insert into chartbell.idempotency_key (key, alert_ids) values ($1, $2) on conflict (key) do nothing returning key",
    [key, ids],
  );
  if (claimed.length > 0) return undefined;
  const [row] = await query<{ alert_ids: string[] }>("select alert_ids from chartbell.idempotency_key where key = $1", [
    key,
  ]);
  const seen = row?.alert_ids ?? [];
  // Our own ids: an earlier try was committed and its answer lost.
  const duplicate = seen[0] !== ids[0];
  return seen.map((id): Accepted => ({ id, duplicate }));
}
