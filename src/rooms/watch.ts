import type { Message, Room, RoomStore } from "./store.ts";

const messagesPerReading = 50;

/**
 * A room's messages after `sequence`, kept ones first, then as they come, until the signal aborts or the room is deleted.
 * Each reader takes at its own pace from the store, so a slow one holds no queue and no one gets a message twice.
 */
export async function* follow(
  store: RoomStore,
  room: Room,
  sequence: number,
  signal: AbortSignal,
): AsyncGenerator<Message, void> {
  let last = sequence;
  while (!signal.aborted && store.roomById(room.id) !== undefined) {
    const messages = await store.after(room, last, messagesPerReading);
    for (const message of messages) {
      if (signal.aborted) return;
      yield message;
      last = message.sequence;
    }
    if (messages.length === 0) await store.arrival(room, last, signal);
  }
}
