import { limits } from "../../core/limits.ts";
import type { TokenStore } from "../../core/room-store.ts";
import { persisting } from "../database.ts";
import { changeFacts } from "./facts.ts";
import type { RoomStoreParts } from "./parts.ts";
import { madeTokenOf, tokenOf } from "./rows.ts";
import type { TokenRow } from "./rows.ts";
import * as sql from "./statements.ts";

/** Tokens that administrators made, and those that were handed out for them or for configured ones. */
export function createTokens(parts: RoomStoreParts): TokenStore {
  const { database, snapshot, clock } = parts;
  return {
    made: () => snapshot.facts().tokens,
    async make({ name, scopes, roomId }, hash) {
      return await changeFacts(parts, async (query) => {
        const [holder] = await query("select from chartbell.room_token where name = $1", [name]);
        if (holder !== undefined) return "taken";
        const [row] = await query<{ count: number }>(sql.countTokens);
        if ((row?.count ?? 0) >= limits.roomTokensMax) return "full";
        if (roomId !== undefined && (await query(sql.roomById, [roomId])).length === 0) return "gone";
        const [made] = await query<TokenRow>(sql.makeToken, [hash, name, scopes, roomId ?? null, clock.now()]);
        return made === undefined ? "full" : madeTokenOf(made);
      });
    },
    async revoke(name) {
      return (await changeFacts(parts, async (query) => await query(sql.revokeToken, [name]))).length > 0;
    },
    async openSession({ client, scopes, endsAt }, hash) {
      await persisting(limits.databaseRetryMs.accept, async () => {
        await database.query(sql.openSession, [hash, scopes, client ?? null, clock.now(), endsAt]);
        await database.query(sql.clearSessions, [clock.now(), limits.roomSessionsMax]);
      });
    },
    async find(hash) {
      const known = snapshot.facts().tokensByHash.get(hash);
      if (known !== undefined) return known;
      const [row] = await persisting(
        limits.databaseRetryMs.accept,
        async () => await database.query<TokenRow>(sql.tokenByHash, [hash]),
      );
      return row === undefined ? undefined : tokenOf(row);
    },
  };
}
