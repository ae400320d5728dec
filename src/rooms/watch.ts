import type { Message, Room } from "../core/room.ts";
import type { RoomStore } from "../core/room-store.ts";

const messagesPerReading = 50;

/** A message and the one before it in its room. */
export interface Followed {
  readonly message: Message;
  readonly previous: Message | undefined;
}

/**
 * A room's messages after `sequence`, kept ones first, then as they come, until the signal aborts or the room is deleted.
 * Each reader takes at its own pace from the store, so a slow one holds no queue and no one gets a message twice.
 */
export async function* follow(
  store: RoomStore,
  room: Room,
  sequence: number,
  signal: AbortSignal,
): AsyncGenerator<Followed, void> {
  let last = sequence;
  let [previous] = await store.newest(room, { before: sequence + 1, count: 1 });
  while (!signal.aborted && (await store.roomById(room.id)) !== undefined) {
    const messages = await store.after(room, last, messagesPerReading);
    for (const message of messages) {
      if (signal.aborted) return;
      yield { message, previous };
      last = message.sequence;
      previous = message;
    }
    if (messages.length < messagesPerReading) await store.arrival(room, last, signal);
  }
}
