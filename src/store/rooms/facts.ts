import { limits } from "../../core/limits.ts";
import { persisting } from "../database.ts";
import type { Query } from "../database.ts";
import type { RoomStoreParts } from "./parts.ts";
import { factsNews } from "./parts.ts";
import * as sql from "./statements.ts";

/** Any number will do that no other program on the server uses, and that is not the one of migrate.ts, queue.ts or housekeeping.ts. */
const advisoryLock = 4_771_200_414;

/**
 * Changes rooms, webhooks or tokens in one transaction, one change at a time of all processes, so that what is counted
 * stays as it was counted; then this process and the others read them anew.
 */
export async function changeFacts<Result>(
  { database, snapshot, isShared }: Pick<RoomStoreParts, "database" | "snapshot" | "isShared">,
  change: (query: Query) => Promise<Result>,
): Promise<Result> {
  const result = await database.transaction(async (query) => {
    await query("select pg_advisory_xact_lock($1)", [advisoryLock]);
    const changed = await change(query);
    if (isShared) await query(sql.tellNews, [factsNews]);
    return changed;
  });
  await persisting(limits.databaseRetryMs.accept, async () => await snapshot.reload());
  return result;
}
