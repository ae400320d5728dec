import type { Heard, Room, Scope } from "../../core/room.ts";
import type { RoomStore } from "../../core/room-store.ts";
import { requireScope } from "../access.ts";
import type { Access, Caller } from "../access.ts";
import { Fault, json } from "../answer.ts";
import type { ApiAnswer, ApiRequest, Reach, RoomsOptions } from "../contract.ts";
import { decodePercent } from "../header-value.ts";
import type { Meter } from "../rates.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";

/** One call that passed the door: who calls, what for, and what a handler works with. */
export interface Call {
  readonly request: ApiRequest;
  readonly caller: Caller;
  /** Decoded path parameters, by the names of the route's pattern. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly meter: Meter;
  readonly store: RoomStore;
  readonly access: Access;
  readonly webhooks: Webhooks;
  readonly reach: Reach;
  readonly heard: ((heard: Heard) => Promise<void>) | undefined;
  readonly options: RoomsOptions;
}

interface RouteBasics {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** As `room/:room/notification`; words come before parameters where both would do. */
  readonly pattern: string;
}

export interface GuardedRoute extends RouteBasics {
  /** One of these is needed; none: any token will do. */
  readonly scopes: readonly Scope[];
  readonly handle: (call: Call) => Promise<ApiAnswer>;
}

/** A route that asks for no token. */
export interface OpenRoute extends RouteBasics {
  readonly scopes: "open";
  readonly handle: (call: Omit<Call, "caller">) => Promise<ApiAnswer>;
}

export type Route = GuardedRoute | OpenRoute;

export interface Door {
  readonly access: Access;
  readonly meter: Meter;
  readonly token: string | undefined;
  /** HipChat's sentence for a call without, and with an unknown token. */
  readonly unauthorized: (hasToken: boolean) => string;
}

interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The segments of a path, still percent-encoded; doubled and trailing slashes do not count. */
export function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** The route for a method and path; throws 404 for a path and 405 for a method that no route has. */
export function findRoute(routes: readonly Route[], method: string, segments: readonly string[]): Match {
  const matches = routes.flatMap((route) => {
    const parameters = matchPattern(route.pattern, segments);
    return parameters === undefined ? [] : [{ route, parameters }];
  });
  if (matches.length === 0) throw new Fault(404, "You requested an invalid method");
  const wanted = method === "HEAD" ? "GET" : method;
  const found = matches.find(({ route }) => route.method === wanted);
  if (found !== undefined) return found;
  const allowed = new Set(matches.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method])));
  throw new Fault(405, `Method ${method.slice(0, 20)} is not allowed here`, {}, { allow: [...allowed].join(", ") });
}

function matchPattern(pattern: string, segments: readonly string[]): Readonly<Record<string, string>> | undefined {
  const names = pattern.split("/");
  if (names.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const segment = segments[index] ?? "";
    if (name.startsWith(":")) parameters[name.slice(1)] = decodePercent(segment) ?? segment;
    else if (name !== segment) return undefined;
  }
  return parameters;
}

/** Token, scope and rate limit of a route. Throws 401, 403 and 429. */
export async function admit(route: GuardedRoute, request: ApiRequest, door: Door): Promise<Caller> {
  const caller = await door.access.identify(door.token, request.headers);
  if (caller === undefined) throw new Fault(401, door.unauthorized(door.token !== undefined));
  door.meter.call(String(caller.id));
  if (route.scopes.length > 0) requireScope(caller, route.scopes);
  return caller;
}

/** HipChat's `auth_test=true`: the answer says that the token would do, and nothing is done. */
export function isAuthTest(request: ApiRequest): boolean {
  return request.query.get("auth_test") === "true";
}

export function authTestPassed(): ApiAnswer {
  return json(202, {
    success: { code: 202, type: "Accepted", message: "This auth_token has access to use this method." },
  });
}

/** The room that the path names. Throws 404. */
export async function roomOfPath(call: Pick<Call, "store" | "parameters" | "caller">): Promise<Room> {
  return await findRoom(call, call.parameters["room"] ?? "");
}

/**
 * A room by number, by name, or by a name that was percent-encoded twice (hipsaint). Throws 404; to a token of one room the
 * others are not there.
 */
export async function findRoom({ store, caller }: Pick<Call, "store" | "caller">, idOrName: string): Promise<Room> {
  const byId = /^\d{1,15}$/u.test(idOrName) ? await store.roomById(Number(idOrName)) : undefined;
  const found =
    (byId?.kind === "room" ? byId : undefined) ??
    (await store.roomByName(idOrName)) ??
    (await store.roomByName(decodePercent(idOrName) ?? idOrName));
  if (found !== undefined && mayAct(caller, found.id)) return found;
  throw new Fault(404, `Room '${idOrName.slice(0, 100)}' not found`);
}

/** Whether a caller's token is good for a room. */
export function mayAct({ roomId }: Pick<Caller, "roomId">, id: number): boolean {
  return roomId === undefined || roomId === id;
}

/** Throws 403 for a token of one room: what is asked for is none of a room's. */
export function requireAllRooms({ caller }: Pick<Call, "caller">): void {
  if (caller.roomId !== undefined) throw new Fault(403, "This token may act in its own room only");
}
