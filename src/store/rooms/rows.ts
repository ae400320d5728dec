import type { Message, Room, Scope } from "../../core/room.ts";
import type { MadeToken, NewWebhook, SessionToken, Webhook } from "../../core/room-store.ts";

/** Rows of rooms and what they mean. */

export interface RoomRow {
  readonly id: number;
  readonly kind: Room["kind"];
  readonly name: string;
  readonly topic: string;
  readonly privacy: Room["privacy"];
  readonly is_archived: boolean;
  readonly is_guest_accessible: boolean;
  readonly owner_id: number;
  readonly created_at: Date;
}

export function roomOf(row: RoomRow): Room {
  const { id, kind, name, topic, privacy } = row;
  return {
    id,
    kind,
    name,
    topic,
    privacy,
    isArchived: row.is_archived,
    isGuestAccessible: row.is_guest_accessible,
    ownerId: row.owner_id,
    createdAt: row.created_at,
  };
}

/** What of a message is kept as JSON. */
export type MessageBody = Omit<Message, "sequence" | "id" | "at">;

export interface MessageRow {
  readonly room_id: number;
  readonly sequence: number;
  readonly id: string;
  readonly at: Date;
  readonly body: MessageBody;
}

export function messageOf({ sequence, id, at, body }: Omit<MessageRow, "room_id">): Message {
  return { ...body, sequence, id, at };
}

export interface WebhookRow {
  readonly id: number;
  readonly room_id: number;
  readonly body: NewWebhook;
  readonly created_at: Date;
}

export function webhookOf({ id, room_id, body, created_at }: WebhookRow): Webhook {
  return { ...body, key: body.key, id, roomId: room_id, createdAt: created_at };
}

export interface TokenRow {
  readonly id: number;
  readonly hash: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  readonly room_id: number | null;
  readonly client: string | null;
  readonly created_at: Date;
  readonly ends_at: Date | null;
}

export function madeTokenOf({ id, name, scopes, room_id, created_at }: TokenRow): MadeToken {
  return { id, name: name ?? "", scopes, roomId: room_id ?? undefined, createdAt: created_at };
}

export function tokenOf(row: TokenRow): MadeToken | SessionToken {
  if (row.ends_at === null) return madeTokenOf(row);
  return { client: row.client ?? undefined, scopes: row.scopes, endsAt: row.ends_at };
}
