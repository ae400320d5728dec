import { limits } from "../core/limits.ts";
import type { Accepted, PlannedAlert } from "./contract.ts";
import { isAway, persisting } from "./database.ts";
import type { Database, Query } from "./database.ts";
import { createGroupCommit } from "./group-commit.ts";
import type { Queue } from "./queue.ts";
import { acceptColumns, lookupColumns } from "./rows.ts";
import * as sql from "./statements.ts";

/** The channel of LISTEN and NOTIFY on which processes tell each other that there is something to handle. */
export const wakeChannel = "chartbell_alert";

type Accept = (planned: readonly PlannedAlert[], idempotencyKey: string | undefined) => Promise<readonly Accepted[]>;

/**
 * Puts alerts and their jobs on disk. Requests without a key that come at the same time share a commit; one with a key has
 * its own, for it may have to wait for another of the same key.
 */
export function createAcceptance(database: Database, queue: Queue): Accept {
  const persist: Accept = async (planned, key) =>
    await persisting(limits.databaseRetryMs.accept, async () => await acceptOnce(database, queue, planned, key));
  const group = createGroupCommit<readonly PlannedAlert[]>({
    commit: async (requests) => void (await persist(requests.flat(), undefined)),
    max: limits.requestsPerCommitMax,
    isCommon: isAway,
  });
  return async (planned, idempotencyKey) => {
    if (idempotencyKey !== undefined) return await persist(planned, idempotencyKey);
    await group(planned);
    return planned.map(({ alert }): Accepted => ({ id: alert.id, duplicate: false }));
  };
}

/** One transaction. May be done again when nobody knows whether it was committed: the ids are the same. */
async function acceptOnce(
  database: Database,
  queue: Queue,
  planned: readonly PlannedAlert[],
  idempotencyKey: string | undefined,
): Promise<readonly Accepted[]> {
  const ids = planned.map(({ alert }) => alert.id);
  return await database.transaction(async (query) => {
    if (idempotencyKey !== undefined) {
      const seen = await claimKey(query, idempotencyKey, ids);
      if (seen !== undefined) return seen;
    }
    await query(sql.accept, [...acceptColumns(planned), wakeChannel, ...lookupColumns(planned)]);
    await queue.add(ids, query);
    return ids.map((id): Accepted => ({ id, duplicate: false }));
  });
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
