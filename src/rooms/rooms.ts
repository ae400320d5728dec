import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { createAccess, tokenOf } from "./access.ts";
import { Fault, faultAnswer, withoutBody } from "./answer.ts";
import { admit, authTestPassed, findRoute, isAuthTest, segmentsOf } from "./api/router.ts";
import type { Call, Door, Route } from "./api/router.ts";
import { formTokenOf, unauthorizedV1, v1Routes, wantsXml } from "./api/v1.ts";
import { unauthorizedV2, v2Routes } from "./api/v2.ts";
import type { ApiAnswer, ApiRequest, RoomEvent, RoomServer, RoomsDeps, RoomsOptions } from "./contract.ts";
import { loadAssets } from "./page/assets.ts";
import { answerPage, findPageRoom, messageHtml, pageRefusal } from "./page/page.ts";
import type { PageDeps } from "./page/page.ts";
import { loadTemplates } from "./page/templates.ts";
import { createRates } from "./rates.ts";
import type { Meter } from "./rates.ts";
import { createMemoryStore } from "./memory-store.ts";
import { checkRoomName } from "./store.ts";
import type { Room, RoomStore } from "./store.ts";
import { follow } from "./watch.ts";
import { createWebhooks } from "./webhooks/webhooks.ts";
import { xmlAnswer } from "./xml.ts";

/** What every call works with. */
type Parts = Pick<Call, "options" | "access" | "store" | "webhooks" | "reach">;

/**
 * A HipChat with its rooms in memory. Throws `config_invalid` for a room name beyond 50 characters and for more rooms than
 * `roomsMax`. Every answer of the API carries HipChat's six rate headers.
 */
export function createRooms(options: RoomsOptions, { clock, log, random, reach }: RoomsDeps): RoomServer {
  const store = createMemoryStore(clock);
  const access = createAccess(options.tokens, options.requireTokens, clock);
  const webhooks = createWebhooks({ store, options, reach, log, random, now: () => clock.now() });
  const parts: Parts = { options, access, store, webhooks, reach };
  const rates = createRates(clock, options.enforceRateLimits);
  const assets = loadAssets();
  const pageDeps: PageDeps = { store, access, options, assets, templates: loadTemplates(assets) };
  const watchers = createWatchers(pageDeps);
  for (const name of options.rooms) ensureRoom(store, name);
  return {
    async api(request) {
      const meter = rates.meter();
      const full = complete(await answerCall(request, meter, parts, log), meter);
      return request.method === "HEAD" ? withoutBody(full) : full;
    },
    unreadable: (status) => complete(faultAnswer(new Fault(status, unreadableBodies[status])), rates.meter()),
    page: async (request) => await answerPage(request, pageDeps),
    pageRefusal: (request) => pageRefusal(request, pageDeps),
    watch: (room, sequence, signal) => watchers.watch(room, sequence, signal),
    ensureRoom: (name) => ensureRoom(store, name),
    [Symbol.asyncDispose]: async () => await webhooks[Symbol.asyncDispose](),
  };
}

function ensureRoom(store: RoomStore, name: string): void {
  checkRoomName(name);
  if (store.ensureRoom(name) !== undefined) return;
  throw new AppError(
    "config_invalid",
    `The room ${JSON.stringify(name)} is one more than the ${limits.roomsMax} there can be.`,
  );
}

const unreadableBodies = {
  400: "The request body could not be read",
  413: `The request body is larger than ${limits.roomsBodyBytesMax} bytes`,
  415: "The Content-Encoding is not supported",
} as const;

function complete(answer: ApiAnswer, meter: Meter): ApiAnswer {
  return { ...answer, headers: { ...answer.headers, ...apiHeaders(answer), ...meter.headers() } };
}

/** What HipChat answers must not be taken for: pages, or something to keep. A file says itself how long it may be kept. */
function apiHeaders(answer: ApiAnswer): Readonly<Record<string, string>> {
  return {
    "x-content-type-options": "nosniff",
    ...(answer.headers["cache-control"] === undefined ? { "cache-control": "no-store" } : {}),
  };
}

async function answerCall(request: ApiRequest, meter: Meter, parts: Parts, log: Logger): Promise<ApiAnswer> {
  const answer = await answerOrFault(request, meter, parts, log);
  return segmentsOf(request.path)[0] === "v1" && wantsXml(request) ? xmlAnswer(answer) : answer;
}

async function answerOrFault(request: ApiRequest, meter: Meter, parts: Parts, log: Logger): Promise<ApiAnswer> {
  try {
    return await dispatch(request, meter, parts);
  } catch (error) {
    if (error instanceof Fault) return faultAnswer(error);
    log.error({ err: error, method: request.method, path: request.path }, "A call of a room could not be answered.");
    return faultAnswer(new Fault(500, "An unexpected fault inside Chartbell"));
  }
}

async function dispatch(request: ApiRequest, meter: Meter, parts: Parts): Promise<ApiAnswer> {
  if (request.body.length > limits.roomsBodyBytesMax) {
    throw new Fault(413, unreadableBodies[413]);
  }
  const [version, ...segments] = segmentsOf(request.path);
  const { route, parameters } = findRoute(routesOf(version), request.method, segments);
  const call = { ...parts, request, parameters, meter };
  if (route.scopes === "open") return await route.handle(call);
  const door: Door = {
    access: parts.access,
    meter,
    token: tokenOf(request) ?? (version === "v1" ? formTokenOf(request) : undefined),
    unauthorized: version === "v1" ? unauthorizedV1 : unauthorizedV2,
  };
  const caller = admit(route, request, door);
  if (isAuthTest(request)) return authTestPassed();
  return await route.handle({ ...call, caller });
}

function routesOf(version: string | undefined): readonly Route[] {
  if (version === "v2") return v2Routes;
  return version === "v1" ? v1Routes : [];
}

/** Counts who watches, over all rooms; a place is free again when the signal aborts or the reader leaves the loop. */
function createWatchers(deps: PageDeps) {
  let count = 0;
  const watch = (
    idOrName: string,
    sequence: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<RoomEvent> | undefined => {
    const room = findPageRoom(deps.store, idOrName);
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
    return eventsOf(room, sequence ?? 0, signal, leave, deps);
  };
  return { watch };
}

async function* eventsOf(
  room: Room,
  sequence: number,
  signal: AbortSignal,
  leave: () => void,
  deps: PageDeps,
): AsyncGenerator<RoomEvent, void> {
  try {
    for await (const message of follow(deps.store, room, sequence, signal)) {
      yield { sequence: message.sequence, html: await messageHtml(message, room, deps) };
    }
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
  }
}
