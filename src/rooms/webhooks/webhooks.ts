import { createLane } from "../../core/lane.ts";
import type { Lane } from "../../core/lane.ts";
import { limits } from "../../core/limits.ts";
import type { Message, Room } from "../../core/room.ts";
import type { RoomStore, Webhook } from "../../core/room-store.ts";
import { readNotification } from "../api/send.ts";
import { Fault } from "../answer.ts";
import { readJsonObject } from "../body.ts";
import type { RoomsOptions } from "../contract.ts";
import { deliver } from "./deliver.ts";
import type { DeliverDeps } from "./deliver.ts";
import { eventItem, eventOf } from "./events.ts";
import { compilePattern } from "./pattern.ts";
import type { Pattern } from "./pattern.ts";
import type { WebhookAnswer } from "./post.ts";

/** Tells webhooks what is said here. Each gets its events one at a time and in their order. */
export interface Webhooks extends AsyncDisposable {
  /** Tells those whose event this is; it waits for none of them. */
  heard(room: Room, message: Message): void;
}

export interface WebhooksDeps extends DeliverDeps {
  readonly store: RoomStore;
  readonly options: RoomsOptions;
}

/** What this process knows of a webhook beside its row. */
interface Ear {
  readonly matches: Pattern;
  readonly lane: Lane;
}

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const ears = new Map<number, Ear>();
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  const isThere = (room: Room, { id }: Webhook): boolean => deps.store.webhooks.of(room).some((one) => one.id === id);

  const earOf = ({ id, pattern }: Webhook): Ear => {
    const known = ears.get(id);
    if (known !== undefined) return known;
    // Ids are not given twice: those of webhooks that are gone may be forgotten at any time.
    if (ears.size >= 2 * limits.webhooksMax) ears.clear();
    const compiled = compilePattern(pattern);
    const ear: Ear = { matches: compiled.ok ? compiled.matches : () => false, lane: createLane() };
    ears.set(id, ear);
    return ear;
  };

  const tell = async (webhook: Webhook, room: Room, message: Message): Promise<void> => {
    if (stopped.signal.aborted || !isThere(room, webhook)) return;
    const payload = JSON.stringify({
      event: webhook.event,
      item: eventItem(message, room, deps.options),
      oauth_client_id: webhook.creator.name,
      webhook_id: webhook.id,
    });
    const answer = await deliver(new URL(webhook.url), payload, deps, stopped.signal);
    if (answer !== undefined) await sayAnswer(answer, webhook, room, deps.store);
  };

  const queue = (webhook: Webhook, { lane }: Ear, room: Room, message: Message): void => {
    if (lane.waiting >= limits.webhookQueueMax) {
      deps.log.warn({ webhook: webhook.id }, "A webhook is too slow; an event was dropped.");
      return;
    }
    const told = lane
      .run(async () => await tell(webhook, room, message))
      .catch((error: unknown) => {
        if (!stopped.signal.aborted) deps.log.error({ err: error }, "An event could not be told to a webhook.");
      })
      .finally(() => underWay.delete(told));
    underWay.add(told);
  };

  return {
    heard(room, message) {
      const event = eventOf(message);
      for (const webhook of deps.store.webhooks.of(room)) {
        if (webhook.event !== event) continue;
        const ear = earOf(webhook);
        if (ear.matches(message.text)) queue(webhook, ear, room, message);
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
  if (fields?.["message"] === undefined) return;
  try {
    const notification = readNotification(fields, webhook.creator);
    const label = notification.label === "" ? webhook.name.slice(0, 64) : notification.label;
    await store.append(room, { ...notification, label });
  } catch (error) {
    // What is no notification is the receiver's own business; it has taken the event.
    if (!(error instanceof Fault)) throw error;
  }
}
