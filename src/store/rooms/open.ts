import type { Clock } from "../../core/clock.ts";
import { limits } from "../../core/limits.ts";
import type { RoomStore } from "../../core/room-store.ts";
import { wait } from "../../core/wait.ts";
import type { Database } from "../database.ts";
import { createDirectory } from "./directory.ts";
import { createFeeds } from "./feeds.ts";
import { createMessages, readAfter } from "./messages.ts";
import { factsNews } from "./parts.ts";
import type { Bounds, RoomStoreParts } from "./parts.ts";
import { openSnapshot } from "./snapshot.ts";
import { newsChannel } from "./statements.ts";
import { createTokens } from "./tokens.ts";
import { createWebhooks } from "./webhooks.ts";

/** The rooms on PostgreSQL. The database is migrated and stays open; disposing the store stops what it started. */
export async function openRoomStore(
  database: Database,
  isShared: boolean,
  clock: Clock,
  bounds: Bounds = limits,
): Promise<RoomStore> {
  const feeds = createFeeds(
    async (roomId, sequence, count) => await readAfter(database.query, roomId, sequence, count),
  );
  const snapshot = await openSnapshot(database.query, (roomId) => feeds.forget(roomId));
  const parts: RoomStoreParts = { database, snapshot, feeds, clock, bounds, isShared };
  const messages = createMessages(parts);
  const listening = isShared ? listen(parts) : undefined;
  return {
    ...createDirectory(parts),
    ...messages,
    webhooks: createWebhooks(parts),
    tokens: createTokens(parts),
    arrival: async (room, sequence, signal) => {
      if (snapshot.facts().rooms.has(room.id)) await feeds.arrival(room.id, sequence, signal);
    },
    [Symbol.asyncDispose]: async () => await listening?.[Symbol.asyncDispose](),
  };
}

/** Follows what other processes do; looks anew after every interruption, and from time to time even without one. */
function listen({ database, snapshot, feeds }: RoomStoreParts): AsyncDisposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const lookAnew = async (): Promise<void> => {
    // A database that is away is heard of again when it is back.
    await snapshot.reload().catch(() => undefined);
    feeds.heardOfAll();
  };
  const listening = database.listen(newsChannel, (news) => {
    if (news === undefined) void lookAnew();
    else if (news === factsNews) void snapshot.reload().catch(() => undefined);
    else feeds.heard(news.split(" ").map(Number));
  });
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await wait(limits.roomsRefreshMs, signal).catch(() => undefined);
      if (!signal.aborted) await lookAnew();
    }
  };
  const running = loop();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await listening[Symbol.asyncDispose]();
      await running;
    },
  };
}
