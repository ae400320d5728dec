import { createLane } from "../../core/lane.ts";
import type { Room } from "../../core/room.ts";
import type { MadeToken, Webhook } from "../../core/room-store.ts";
import type { Query } from "../database.ts";
import { madeTokenOf, roomOf, webhookOf } from "./rows.ts";
import type { RoomRow, TokenRow, WebhookRow } from "./rows.ts";
import * as sql from "./statements.ts";

/** What administrators change seldom and every call needs. */
export interface Facts {
  readonly rooms: ReadonlyMap<number, Room>;
  /** By kind and name, as keyOf has them. */
  readonly byName: ReadonlyMap<string, Room>;
  readonly webhooks: readonly Webhook[];
  readonly tokens: readonly MadeToken[];
  readonly tokensByHash: ReadonlyMap<string, MadeToken>;
}

export interface Snapshot {
  /** As it was last read. */
  readonly facts: () => Facts;
  /** Reads it anew; what was committed before this call is in it. */
  reload(): Promise<void>;
}

export function keyOf(kind: Room["kind"], name: string): string {
  return `${kind} ${name}`;
}

/** Reads the facts for the first time. `gone` is told of rooms that were there at the last reading and are not now. */
export async function openSnapshot(query: Query, gone: (roomId: number) => void): Promise<Snapshot> {
  const lane = createLane();
  let facts = await read(query);
  return {
    facts: () => facts,
    async reload() {
      await lane.run(async () => {
        const before = facts;
        facts = await read(query);
        for (const id of before.rooms.keys()) if (!facts.rooms.has(id)) gone(id);
      });
    },
  };
}

async function read(query: Query): Promise<Facts> {
  const [roomRows, webhookRows, tokenRows] = await Promise.all([
    query<RoomRow>(sql.rooms),
    query<WebhookRow>(sql.webhooks),
    query<TokenRow>(sql.madeTokens),
  ]);
  const rooms = roomRows.map(roomOf);
  const tokens = tokenRows.map((row) => ({ hash: row.hash, token: madeTokenOf(row) }));
  return {
    rooms: new Map(rooms.map((room) => [room.id, room])),
    byName: new Map(rooms.map((room) => [keyOf(room.kind, room.name), room])),
    webhooks: webhookRows.map(webhookOf),
    tokens: tokens.map(({ token }) => token),
    tokensByHash: new Map(tokens.map(({ hash, token }) => [hash, token])),
  };
}
