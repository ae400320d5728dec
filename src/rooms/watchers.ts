import { limits } from "../core/limits.ts";
import type { Message, Room } from "../core/room.ts";
import type { RoomEvent, RoomServer } from "./contract.ts";
import { continuesLast } from "./page/grouping.ts";
import { findPageRoom } from "./page/deps.ts";
import type { PageDeps } from "./page/deps.ts";
import { messageHtml } from "./page/room-page.ts";
import { follow } from "./watch.ts";

/** Counts who watches, over all rooms; a place is free again when the signal aborts or the reader leaves the loop. */
export function createWatchers(deps: PageDeps): Pick<RoomServer, "watch"> {
  let count = 0;
  /** A message is drawn once, however many watch; one that nobody holds any more takes its markup with it. */
  const drawn = new WeakMap<Message, Promise<string>>();
  const draw = async (message: Message, previous: Message | undefined, room: Room): Promise<string> => {
    const known = drawn.get(message);
    if (known !== undefined) return await known;
    const html = messageHtml(message, continuesLast(previous, message), room, deps);
    drawn.set(message, html);
    html.catch(() => drawn.delete(message));
    return await html;
  };
  async function* eventsOf(
    room: Room,
    sequence: number,
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<RoomEvent, void> {
    try {
      for await (const { message, previous } of follow(deps.store, room, sequence, signal)) {
        yield { sequence: message.sequence, html: await draw(message, previous, room) };
      }
    } finally {
      signal.removeEventListener("abort", leave);
      leave();
    }
  }
  return {
    async watch(idOrName, sequence, signal) {
      const room = await findPageRoom(deps.store, idOrName);
      if (room === undefined || count >= limits.roomWatchersMax) return undefined;
      count += 1;
      let isLeft = false;
      const leave = (): void => {
        if (isLeft) return;
        isLeft = true;
        count -= 1;
      };
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
      return eventsOf(room, sequence ?? 0, signal, leave);
    },
  };
}
