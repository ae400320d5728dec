import { afterAll, beforeAll } from "vitest";
import { createLog } from "../../../src/core/log.ts";
import { limits } from "../../../src/core/limits.ts";
import { scopes } from "../../../src/core/room.ts";
import type { Scope } from "../../../src/core/room.ts";
import type { RoomStore } from "../../../src/core/room-store.ts";
import { Secret } from "../../../src/core/secret.ts";
import type { ApiAnswer, ApiRequest, RoomServer, RoomsDeps, RoomsOptions } from "../../../src/rooms/contract.ts";
import { createRooms } from "../../../src/rooms/rooms.ts";
import { openRoomStore } from "../../../src/store/rooms/open.ts";
import type { Bounds } from "../../../src/store/rooms/parts.ts";
import { openTestDatabase } from "../../support/database.ts";
import type { TestDatabase } from "../../support/database.ts";

/** A token whose secret is its name in upper case. */
export const token = (name: string, ...some: readonly Scope[]) => ({
  name,
  secret: new Secret(name.toUpperCase()),
  scopes: some.length === 0 ? scopes : some,
});

export interface CallOptions {
  readonly headers?: ApiRequest["headers"];
  /** Objects are sent as JSON. */
  readonly body?: string | Buffer | object;
  /** Undefined sends none. */
  readonly token?: string | undefined;
}

export interface TestRooms {
  readonly rooms: RoomServer;
  readonly store: RoomStore;
  /** Moves the clock. */
  readonly advance: (ms: number) => void;
  /** `POST /v2/room/x?y=z`, with the token ALL unless another is named. */
  readonly call: (method: string, target: string, options?: CallOptions) => Promise<ApiAnswer>;
}

/** Making a database takes a second, and much longer on a busy machine. */
const databaseStartMs = 60_000;
let opened: TestDatabase | undefined;

/** Nothing is killed here: the disk need not keep anything. */
async function openQuickDatabase(): Promise<TestDatabase> {
  const quick = await openTestDatabase();
  await quick.database.query("alter system set fsync = off");
  await quick.database.query("select pg_reload_conf()");
  return quick;
}

beforeAll(async () => {
  opened = await openQuickDatabase();
}, databaseStartMs);
afterAll(async () => await opened?.[Symbol.asyncDispose]());

/**
 * A room server with the room Lobby, the token ALL, a clock that stands still, and webhooks that may reach nothing. All of one
 * file of tests use one database: what the one before kept is gone.
 */
export async function openRooms(
  options: Partial<RoomsOptions> = {},
  deps: Partial<RoomsDeps> = {},
  bounds: Bounds = limits,
): Promise<TestRooms> {
  if (opened === undefined) throw new Error("Rooms are opened within tests only.");
  const { database } = opened;
  await database.query("truncate chartbell.room, chartbell.room_token restart identity cascade");
  let nowMs = Date.UTC(2026, 10, 21, 12, 0, 0);
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
  const store = await openRoomStore(database, false, clock, bounds);
  const rooms = await createRooms(
    {
      tokens: [token("all")],
      rooms: ["Lobby"],
      publicUrl: () => "https://chat.example.com",
      requireTokens: true,
      pageRequiresToken: false,
      enforceRateLimits: false,
      ...options,
    },
    {
      store,
      clock,
      log: createLog({ level: "silent", pretty: false }),
      random: () => 0,
      reach: async () => ({ kind: "refused" }),
      ...deps,
    },
  );
  return {
    rooms,
    store,
    advance: (ms) => void (nowMs += ms),
    async call(method, target, call = {}) {
      const request = requestOf(method, target, { token: "ALL", ...call });
      return request.path.startsWith("/rooms") ? await rooms.page(request) : await rooms.api(request);
    },
  };
}

export function requestOf(method: string, target: string, { headers = {}, body = "", token }: CallOptions): ApiRequest {
  const mark = target.indexOf("?");
  const isRaw = typeof body === "string" || Buffer.isBuffer(body);
  return {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(isRaw ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: Buffer.isBuffer(body) ? body : Buffer.from(isRaw ? body : JSON.stringify(body)),
  };
}

export interface HistoryItem {
  readonly id: string;
  readonly date: string;
  readonly type: string;
  readonly from: string | { readonly name: string };
  readonly message: string;
  readonly message_format: string;
  readonly color?: string;
  /** JSON. */
  readonly card?: string;
  readonly topic?: string;
  readonly attach_to?: string;
  readonly file?: { readonly name: string; readonly size: number; readonly url: string; readonly thumb_url?: string };
  readonly authenticated_file?: { readonly id: string; readonly name: string; readonly size: number };
}

export const jsonOf = (answer: ApiAnswer): unknown => JSON.parse(String(answer.body));

/** All messages of a room, the oldest first, as API v2 shows them. */
export async function historyOf({ call }: TestRooms, room = "Lobby"): Promise<readonly HistoryItem[]> {
  const answer = await call("GET", `/v2/room/${encodeURIComponent(room)}/history?date=2100-01-01&max-results=1000`);
  return (jsonOf(answer) as { items: readonly HistoryItem[] }).items;
}

/** The error object of an answer. */
export const errorOf = (answer: ApiAnswer): Readonly<Record<string, unknown>> =>
  (jsonOf(answer) as { error: Readonly<Record<string, unknown>> }).error;

/** A picture of 4 x 4 pixels. */
export const tinyPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAD0lEQVR4nGM4gQQYiOMAAM9hJYGWbiP1AAAAAElFTkSuQmCC",
  "base64",
);

/** A multipart/related body with one file. */
export function upload(
  bytes: Buffer,
  fileName: string,
  caption?: string,
): Required<Pick<CallOptions, "headers" | "body">> {
  const metadata =
    caption === undefined
      ? ""
      : `--b\r\nContent-Type: application/json\r\nContent-Disposition: attachment; name="metadata"\r\n\r\n${JSON.stringify({ message: caption })}\r\n`;
  return {
    headers: { "content-type": "multipart/related; boundary=b" },
    body: Buffer.concat([
      Buffer.from(`${metadata}--b\r\nContent-Disposition: attachment; name="file"; filename="${fileName}"\r\n\r\n`),
      bytes,
      Buffer.from("\r\n--b--"),
    ]),
  };
}
