import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { checkRoomName } from "../core/room.ts";
import type { RoomStore } from "../core/room-store.ts";
import { createAccess, tokenOf } from "./access.ts";
import { createAdmin } from "./admin.ts";
import { Fault, faultAnswer, withoutBody } from "./answer.ts";
import { admit, authTestPassed, findRoute, isAuthTest, segmentsOf } from "./api/router.ts";
import type { Call, Door, Route } from "./api/router.ts";
import { formTokenOf, unauthorizedV1, v1Routes, wantsXml } from "./api/v1.ts";
import { unauthorizedV2, v2Routes } from "./api/v2.ts";
import type { ApiAnswer, ApiRequest, RoomServer, RoomsDeps, RoomsOptions } from "./contract.ts";
import { loadAssets } from "./page/assets.ts";
import type { PageDeps } from "./page/deps.ts";
import { answerPage, pageRefusal } from "./page/page.ts";
import { loadTemplates } from "./page/templates.ts";
import { createRates } from "./rates.ts";
import type { Meter } from "./rates.ts";
import { createWatchers } from "./watchers.ts";
import { createWebhooks } from "./webhooks/webhooks.ts";
import { xmlAnswer } from "./xml.ts";

/** What every call works with. */
type Parts = Pick<Call, "options" | "access" | "store" | "webhooks" | "reach" | "heard">;

/**
 * A HipChat whose rooms are in a store. Throws `config_invalid` for a room name beyond 50 characters and for more rooms than
 * `roomsMax`. Every answer of the API carries HipChat's six rate headers. The store stays open when the server is disposed.
 */
export async function createRooms(
  options: RoomsOptions,
  { store, clock, log, random, reach, heard }: RoomsDeps,
): Promise<RoomServer> {
  const access = createAccess(options.tokens, options.requireTokens, store.tokens, clock);
  await ensureRooms(store, options.rooms);
  const webhooks = createWebhooks({ store, options, reach, log, random });
  const parts: Parts = { options, access, store, webhooks, reach, heard };
  const rates = createRates(clock, options.enforceRateLimits);
  const assets = loadAssets();
  const templates = loadTemplates(assets);
  const pageDeps: PageDeps = { store, access, webhooks, heard, rates, options, assets, templates };
  return {
    async api(request) {
      const meter = rates.meter();
      const full = complete(await answerCall(request, meter, parts, log), meter);
      return request.method === "HEAD" ? withoutBody(full) : full;
    },
    unreadable: (status) => complete(faultAnswer(new Fault(status, unreadableBodies[status])), rates.meter()),
    page: async (request) => await answerPage(request, pageDeps),
    pageRefusal: async (request) => await pageRefusal(request, pageDeps),
    ...createWatchers(pageDeps),
    admin: createAdmin(store, options),
    [Symbol.asyncDispose]: async () => await webhooks[Symbol.asyncDispose](),
  };
}

/** The rooms of the configuration. */
async function ensureRooms(store: RoomStore, names: readonly string[]): Promise<void> {
  for (const name of names) checkRoomName(name, "config_invalid");
  if (await store.ensureRooms(names)) return;
  throw new AppError(
    "config_invalid",
    `With the ${names.length} rooms of the configuration there would be more than the ${limits.roomsMax} there can be.`,
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
    if (isPassing(error)) return faultAnswer(new Fault(503, error.message, {}, { "retry-after": "2" }));
    log.error({ err: error, method: request.method, path: request.path }, "A call of a room could not be answered.");
    return faultAnswer(new Fault(500, "An unexpected fault inside Chartbell"));
  }
}

/** The database is away, and will be back. */
function isPassing(error: unknown): error is AppError {
  return error instanceof AppError && error.isRetryable;
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
  const caller = await admit(route, request, door);
  if (isAuthTest(request)) return authTestPassed();
  return await route.handle({ ...call, caller });
}

function routesOf(version: string | undefined): readonly Route[] {
  if (version === "v2") return v2Routes;
  return version === "v1" ? v1Routes : [];
}
