import type { Clock } from "../../core/clock.ts";
import type { Database } from "../database.ts";
import type { Feeds } from "./feeds.ts";
import type { Snapshot } from "./snapshot.ts";

/** How much is kept: core/limits.ts, unless a test needs less. */
export interface Bounds {
  readonly roomsMax: number;
  readonly messagesPerRoomMax: number;
  readonly roomFilesBytesMax: number;
}

/** What the parts of the room store work with. */
export interface RoomStoreParts {
  readonly database: Database;
  readonly snapshot: Snapshot;
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly bounds: Bounds;
  /** Whether there are other processes, which are told of news. */
  readonly isShared: boolean;
}

/** The news that rooms, webhooks or tokens were changed; any other is a list of the rooms that have new messages. */
export const factsNews = "facts";
