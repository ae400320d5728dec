import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import type { Heard, Room, Scope } from "../core/room.ts";
import type { MadeToken, RoomOverview, RoomStore } from "../core/room-store.ts";
import type { Secret } from "../core/secret.ts";

/*
 * A HipChat in the program: rooms, their history and files behind HipChat's API v2 and v1, and a page to see them. What they
 * hold is kept by core/room-store.ts.
 * The module knows no web framework: it takes a request as plain data and gives an answer as plain data; http/ carries both.
 * It never throws for what a client sent; every fault of a request is an answer with HipChat's error JSON.
 */

export interface RoomToken {
  /** Shown as the sender of messages that name none. */
  readonly name: string;
  readonly secret: Secret;
  readonly scopes: readonly Scope[];
}

export interface ApiRequest {
  readonly method: string;
  /** Percent-encoded path as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** One message as the room page shows it. */
export interface RoomEvent {
  /** Rises with every message of the room; a page that reconnects sends the last one it saw. */
  readonly sequence: number;
  /** The message as sanitised HTML, the same markup the page itself contains. */
  readonly html: string;
}

export interface RoomsOptions {
  readonly tokens: readonly RoomToken[];
  /** Rooms that are made at the start where there are none of these names. */
  readonly rooms: readonly string[];
  /** Address that links of answers begin with, as `https://chat.example.com`; asked anew for every answer. */
  readonly publicUrl: () => string;
  /** False: who sends no known token may do everything, but not from another site's page. */
  readonly requireTokens: boolean;
  /** True: pages, files and events need a token with `view_messages`, as Basic password or Bearer. */
  readonly pageRequiresToken: boolean;
  /** True: HipChat's limits (calls per token, sends per room) answer 429; the rate headers are sent in any case. */
  readonly enforceRateLimits: boolean;
}

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Whether a webhook's target may be reached, and at which addresses; `code` is the resolver's. Asked before each call,
 * because names change.
 */
export type Reach = (
  url: URL,
  signal: AbortSignal,
) => Promise<
  | { readonly kind: "open"; readonly addresses: readonly Address[] }
  | { readonly kind: "refused" }
  | { readonly kind: "failed"; readonly code: string }
>;

export interface RoomsDeps {
  readonly store: RoomStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  readonly reach: Reach;
  /**
   * Told of every message, private ones and Chartbell's own aside, once it is on disk and before it is answered. What it throws
   * is answered as a fault; a message that is sent again under its `Idempotency-Key` is told again.
   */
  readonly heard?: ((heard: Heard) => Promise<void>) | undefined;
}

/** Disposing it ends what webhooks are being told. */
export interface RoomServer extends AsyncDisposable {
  /** Answers /v1/… and /v2/…, a fault of our own with 500; an answer to HEAD has an empty body and the headers of GET. */
  api(request: ApiRequest): Promise<ApiAnswer>;
  /** The answer for a request whose body could not be read: too large (413), in an unknown encoding (415), broken (400). */
  unreadable(status: 400 | 413 | 415): ApiAnswer;
  /** Answers /rooms, /rooms/ROOM, /rooms/ROOM/files/ID/NAME and /rooms/assets/…. */
  page(request: ApiRequest): Promise<ApiAnswer>;
  /**
   * The answer that refuses a caller the pages, or undefined for one who may see them. `page` asks it itself; who serves
   * /rooms/ROOM/events asks it before `watch`.
   */
  pageRefusal(request: ApiRequest): Promise<ApiAnswer | undefined>;
  /**
   * Messages of a room after `sequence`, the kept ones first and then live, until the signal aborts; without `sequence`
   * all kept ones. `room` is the decoded ROOM of the page's address: a name or a numeric id. The page's script gives the
   * sequence as `Last-Event-ID`, and in the query as `after` when it connects for the first time.
   * Undefined when there is no such room or the watcher limit is reached.
   */
  watch(room: string, sequence: number | undefined, signal: AbortSignal): Promise<AsyncIterable<RoomEvent> | undefined>;
  readonly admin: RoomAdmin;
}

export interface NewTokenInput {
  /** Shown as the sender of messages that name none. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Name or number of the one room that it may act in. */
  readonly room?: string | undefined;
}

/** A made token as people are shown it. */
export interface ShownToken extends Omit<MadeToken, "roomId"> {
  readonly room: string | undefined;
}

/** What an administrator does; every mistake is an AppError. */
export interface RoomAdmin {
  /** Direct rooms are not listed. */
  rooms(): Promise<readonly RoomOverview[]>;
  /** Throws room_taken, rooms_full and request_invalid. */
  createRoom(facts: Pick<Room, "name" | "topic" | "privacy">): Promise<Room>;
  tokens(): readonly ShownToken[];
  /** The only time that the token itself is told. Throws token_taken, rooms_full, room_unknown and request_invalid. */
  createToken(input: NewTokenInput): Promise<{ readonly token: string; readonly made: ShownToken }>;
  /** Refused from then on, with what was handed out for it. Throws token_unknown. */
  revokeToken(name: string): Promise<void>;
}
