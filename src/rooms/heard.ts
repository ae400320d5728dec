import type { Message, Room } from "../core/room.ts";
import { userAgent } from "../core/version.ts";
import { baseOf } from "./api/view.ts";
import type { ApiRequest, RoomsDeps, RoomsOptions } from "./contract.ts";
import { roomPath } from "./page/address.ts";
import { wordsOf } from "./words.ts";

interface HeardDeps {
  readonly heard: RoomsDeps["heard"];
  readonly options: RoomsOptions;
}

/**
 * Tells of a message that is on disk, before its sender is answered. What Chartbell says itself, this one or another, is told to
 * nobody: it could go round for ever.
 */
export async function tellOf(
  message: Message,
  room: Room,
  { headers }: Pick<ApiRequest, "headers">,
  { heard, options }: HeardDeps,
): Promise<void> {
  const isOwn = headers["user-agent"]?.startsWith(userAgent) === true;
  if (heard === undefined || isOwn || room.kind === "direct" || message.kind === "topic") return;
  await heard({ room, message, page: baseOf(options) + roomPath(room), read: () => wordsOf(message) });
}
