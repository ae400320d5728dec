import { limits } from "../../core/limits.ts";
import type { WebhookStore } from "../../core/room-store.ts";
import { changeFacts } from "./facts.ts";
import type { RoomStoreParts } from "./parts.ts";
import { webhookOf } from "./rows.ts";
import type { WebhookRow } from "./rows.ts";
import * as sql from "./statements.ts";

/** Webhooks of rooms: who is to be told of what. */
export function createWebhooks(parts: RoomStoreParts): WebhookStore {
  return {
    of: (room) => parts.snapshot.facts().webhooks.filter(({ roomId }) => roomId === room.id),
    async add(room, webhook) {
      const [row] = await changeFacts(
        parts,
        async (query) =>
          await query<WebhookRow>(sql.addWebhook, [
            room.id,
            JSON.stringify(webhook),
            parts.clock.now(),
            limits.webhooksPerRoomMax,
            limits.webhooksMax,
          ]),
      );
      return row === undefined ? undefined : webhookOf(row);
    },
    async remove({ id }) {
      await changeFacts(parts, async (query) => await query(sql.removeWebhook, [id]));
    },
  };
}
