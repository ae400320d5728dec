import { limits } from "../../core/limits.ts";
import { newRoom } from "../../core/room.ts";
import type { Room, RoomFacts } from "../../core/room.ts";
import type { RoomOverview, RoomStore } from "../../core/room-store.ts";
import { persisting } from "../database.ts";
import type { Query } from "../database.ts";
import { changeFacts } from "./facts.ts";
import type { RoomStoreParts } from "./parts.ts";
import { messageOf, roomOf } from "./rows.ts";
import type { MessageRow, RoomRow } from "./rows.ts";
import { keyOf } from "./snapshot.ts";
import * as sql from "./statements.ts";

type Directory = Pick<
  RoomStore,
  | "rooms"
  | "roomById"
  | "roomByName"
  | "ensureRooms"
  | "ensureDirect"
  | "createRoom"
  | "updateRoom"
  | "removeRoom"
  | "overview"
>;

/** PostgreSQL's int. */
const idMax = 2_147_483_647;

/** Which rooms there are. A room that this process has not heard of yet is looked for in the database. */
export function createDirectory(parts: RoomStoreParts): Directory {
  const { snapshot } = parts;
  return {
    rooms: () => [...snapshot.facts().rooms.values()],
    async roomById(id) {
      return snapshot.facts().rooms.get(id) ?? (id > idMax ? undefined : await find(parts, sql.roomById, [id]));
    },
    roomByName: async (name) => await findByName(parts, "room", name),
    async ensureRooms(names) {
      const wanted = [...new Set(names)];
      if (wanted.every((name) => snapshot.facts().byName.has(keyOf("room", name)))) return true;
      return await changeFacts(parts, async (query) => {
        const rows = await query<{ name: string }>(sql.missingRooms, [wanted]);
        if (rows.length > 0 && (await isFull(parts, query, rows.length))) return false;
        for (const { name } of rows) await add(parts, query, "room", newRoom(name));
        return true;
      });
    },
    async ensureDirect(user) {
      const known = await findByName(parts, "direct", user);
      if (known !== undefined) return known;
      return await changeFacts(parts, async (query) => {
        const [made] = await query<RoomRow>(sql.roomByName, ["direct", user]);
        if (made !== undefined) return roomOf(made);
        if ((await isFull(parts, query, 1)) && (await query(sql.removeSilent)).length === 0) return undefined;
        return await add(parts, query, "direct", newRoom(user));
      });
    },
    async createRoom(facts) {
      return await changeFacts(parts, async (query) => {
        const [holder] = await query(sql.roomByName, ["room", facts.name]);
        if (holder !== undefined) return "taken";
        return (await isFull(parts, query, 1)) ? "full" : await add(parts, query, "room", facts);
      });
    },
    updateRoom: async (room, changes) => await updateRoom(parts, room, changes),
    async removeRoom({ id }) {
      await changeFacts(parts, async (query) => await query(sql.removeRoom, [id]));
    },
    overview: async () => await overview(parts.database.query),
  };
}

async function find({ database }: RoomStoreParts, text: string, values: readonly unknown[]): Promise<Room | undefined> {
  const [row] = await persisting(
    limits.databaseRetryMs.accept,
    async () => await database.query<RoomRow>(text, values),
  );
  return row === undefined ? undefined : roomOf(row);
}

async function findByName(parts: RoomStoreParts, kind: Room["kind"], name: string): Promise<Room | undefined> {
  const known = parts.snapshot.facts().byName.get(keyOf(kind, name));
  return known ?? (name.includes("\u0000") ? undefined : await find(parts, sql.roomByName, [kind, name]));
}

async function add({ clock }: RoomStoreParts, query: Query, kind: Room["kind"], facts: RoomFacts): Promise<Room> {
  const [row] = await query<RoomRow>(sql.addRoom, [kind, ...valuesOf(facts), clock.now()]);
  if (row === undefined) throw new Error("The database did not tell of the room that it added.");
  return roomOf(row);
}

async function isFull({ bounds }: RoomStoreParts, query: Query, more: number): Promise<boolean> {
  const [row] = await query<{ count: number }>(sql.countRooms);
  return (row?.count ?? 0) + more > bounds.roomsMax;
}

async function updateRoom(
  parts: RoomStoreParts,
  { id }: Room,
  changes: Partial<RoomFacts>,
): Promise<Room | "taken" | "gone"> {
  return await changeFacts(parts, async (query) => {
    const [row] = await query<RoomRow>(sql.roomById, [id]);
    if (row === undefined) return "gone";
    const facts = { ...roomOf(row), ...changes };
    const [holder] = await query<RoomRow>(sql.roomByName, [row.kind, facts.name]);
    if (holder !== undefined && holder.id !== id) return "taken";
    const [updated] = await query<RoomRow>(sql.updateRoom, [id, ...valuesOf(facts)]);
    return updated === undefined ? "gone" : roomOf(updated);
  });
}

async function overview(query: Query): Promise<readonly RoomOverview[]> {
  const rows = await query<OverviewRow>(sql.overview);
  return rows.map((row) => ({
    room: roomOf(row),
    messagesSent: row.messages_sent,
    lastActive: row.last_active_at ?? undefined,
    last: row.message_id === null ? undefined : messageOf({ ...row, id: row.message_id }),
  }));
}

interface OverviewRow extends RoomRow, Omit<MessageRow, "id" | "room_id"> {
  readonly messages_sent: number;
  readonly last_active_at: Date | null;
  readonly message_id: string | null;
}

function valuesOf({ name, topic, privacy, isArchived, isGuestAccessible, ownerId }: RoomFacts): readonly unknown[] {
  return [name, topic, privacy, isArchived, isGuestAccessible, ownerId];
}
