import { createLane } from "../../core/lane.ts";
import type { Lane } from "../../core/lane.ts";
import { limits } from "../../core/limits.ts";
import { readNotification } from "../api/send.ts";
import { Fault } from "../answer.ts";
import { readJsonObject } from "../body.ts";
import type { RoomsOptions } from "../contract.ts";
import type { Message, Room, RoomStore, Sender } from "../store.ts";
import { deliver } from "./deliver.ts";
import type { DeliverDeps } from "./deliver.ts";
import { eventItem, eventOf } from "./events.ts";
import type { WebhookEvent } from "./events.ts";
import type { Pattern } from "./pattern.ts";
import type { WebhookAnswer } from "./post.ts";

export interface NewWebhook {
  readonly url: string;
  readonly event: WebhookEvent;
  readonly name: string;
  /** As it was given; empty for none. */
  readonly pattern: string;
  readonly matches: Pattern;
  /** Of webhooks that the extension API made. */
  readonly key: string | undefined;
  readonly creator: Sender;
}

export interface Webhook extends NewWebhook {
  /** Counts from 1. */
  readonly id: number;
  readonly roomId: number;
  readonly createdAt: Date;
}

/** Webhooks of the rooms, kept in memory. Each gets its events one at a time and in their order. */
export interface Webhooks extends AsyncDisposable {
  /** Of one room, by rising id. */
  of(room: Room): readonly Webhook[];
  /** Undefined when the room, or all of them together, have as many as they can have. */
  add(room: Room, webhook: NewWebhook): Webhook | undefined;
  remove(webhook: Webhook): void;
  removeAll(room: Room): void;
  /** Tells those whose event this is; it waits for none of them. */
  heard(room: Room, message: Message): void;
}

export interface WebhooksDeps extends DeliverDeps {
  readonly store: RoomStore;
  readonly options: RoomsOptions;
  readonly now: () => Date;
}

interface Kept {
  readonly webhook: Webhook;
  readonly lane: Lane;
}

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const kept = new Map<number, Kept>();
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  let lastId = 0;

  const of = (room: Room): readonly Kept[] => [...kept.values()].filter(({ webhook }) => webhook.roomId === room.id);

  const tell = async (one: Kept, room: Room, message: Message): Promise<void> => {
    if (stopped.signal.aborted || !kept.has(one.webhook.id)) return;
    const payload = JSON.stringify({
      event: one.webhook.event,
      item: eventItem(message, room, deps.options),
      oauth_client_id: one.webhook.creator.name,
      webhook_id: one.webhook.id,
    });
    const answer = await deliver(new URL(one.webhook.url), payload, deps, stopped.signal);
    if (answer !== undefined) await sayAnswer(answer, one.webhook, room, deps.store);
  };

  const queue = (one: Kept, room: Room, message: Message): void => {
    if (one.lane.waiting >= limits.webhookQueueMax) {
      deps.log.warn({ webhook: one.webhook.id }, "A webhook is too slow; an event was dropped.");
      return;
    }
    const told = one.lane
      .run(async () => await tell(one, room, message))
      .catch((error: unknown) => {
        if (!stopped.signal.aborted) deps.log.error({ err: error }, "An event could not be told to a webhook.");
      })
      .finally(() => underWay.delete(told));
    underWay.add(told);
  };

  return {
    of: (room) => of(room).map(({ webhook }) => webhook),
    add(room, webhook) {
      if (kept.size >= limits.webhooksMax || of(room).length >= limits.webhooksPerRoomMax) return undefined;
      const added: Webhook = { ...webhook, id: ++lastId, roomId: room.id, createdAt: deps.now() };
      kept.set(added.id, { webhook: added, lane: createLane() });
      return added;
    },
    remove: (webhook) => void kept.delete(webhook.id),
    removeAll(room) {
      for (const { webhook } of of(room)) kept.delete(webhook.id);
    },
    heard(room, message) {
      const event = eventOf(message);
      for (const one of of(room)) {
        if (one.webhook.event === event && one.webhook.matches(message.text)) queue(one, room, message);
      }
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await Promise.all(underWay);
    },
  };
}

/**
 * A webhook may answer with a notification, which is said in the room (API docs "webhooks"). No webhook is told of it: two
 * that answer each other would never stop.
 */
async function sayAnswer(answer: WebhookAnswer, webhook: Webhook, room: Room, store: RoomStore): Promise<void> {
  const fields = readJsonObject(answer.text);
  if (fields?.["message"] === undefined || store.roomById(room.id) === undefined) return;
  try {
    const notification = readNotification(fields, webhook.creator);
    const label = notification.label === "" ? webhook.name.slice(0, 64) : notification.label;
    await store.append(room, { ...notification, label });
  } catch (error) {
    // What is no notification is the receiver's own business; it has taken the event.
    if (!(error instanceof Fault)) throw error;
  }
}
