import { Router } from "express";
import type { ErrorRequestHandler, Request, Response } from "express";
import { limits } from "../core/limits.ts";
import type { ApiAnswer, ApiRequest, RoomEvent, RoomServer } from "../rooms/contract.ts";
import { bytesOf, rawBody, signalOf } from "./body.ts";

const heartbeatMs = 15_000;

/** The HipChat-compatible API under /v1 and /v2, and the room pages with their events under /rooms. */
export function roomRoutes(rooms: RoomServer): Router {
  const router = Router();
  router.get("/rooms/:room/events", async (request, response) => {
    const refusal = await rooms.pageRefusal(plain(request));
    if (refusal === undefined) await sendEvents(rooms, request, response);
    else sendAnswer(response, refusal);
  });
  router.use(["/rooms", "/rooms/*rest"], rawBody(limits.apiBodyBytesMax), async (request, response) => {
    sendAnswer(response, await rooms.page(plain(request)));
  });
  // A look-ahead: what the pattern takes must end before the slash.
  const api = /^\/+v[12](?=\/|$)/u;
  router.use(api, rawBody(limits.roomsBodyBytesMax), async (request, response) => {
    sendAnswer(response, await rooms.api(plain(request)));
  });
  router.use(api, unreadableBody(rooms));
  return router;
}

/** A body that could not be read is refused as HipChat refuses, with its headers; any other error is the next handler's. */
function unreadableBody(rooms: RoomServer): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const status = error instanceof Error && "status" in error ? error.status : undefined;
    if (response.headersSent || typeof status !== "number" || status < 400 || status > 499) next(error);
    else sendAnswer(response, rooms.unreadable(status === 413 || status === 415 ? status : 400));
  };
}

/** The request as the room server takes it: the path exactly as it was sent. */
function plain(request: Request): ApiRequest {
  const mark = request.originalUrl.indexOf("?");
  return {
    method: request.method,
    path: mark < 0 ? request.originalUrl : request.originalUrl.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : request.originalUrl.slice(mark + 1)),
    headers: request.headers,
    body: bytesOf(request),
  };
}

function sendAnswer(response: Response, { status, headers, body }: ApiAnswer): void {
  response.status(status).set(headers);
  // `end`, not `send`: express would add a type or an ETag that HipChat's clients never saw.
  response.end(body);
}

/** Server-sent events: one message each, its number as id, so that a page that comes back misses none. */
async function sendEvents(rooms: RoomServer, request: Request<{ room: string }>, response: Response): Promise<void> {
  const signal = signalOf(response);
  const events = await rooms.watch(request.params.room, sequenceOf(request), signal);
  if (events === undefined) {
    // 204 tells EventSource not to come back.
    response.status(204).end();
    return;
  }
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.write("retry: 2000\n\n");
  const heartbeat = setInterval(() => response.write(": still here\n\n"), heartbeatMs);
  try {
    for await (const event of events) response.write(frame(event));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

function frame({ sequence, html }: RoomEvent): string {
  return `id: ${sequence}\ndata: ${JSON.stringify(html)}\n\n`;
}

function sequenceOf(request: Request<{ room: string }>): number | undefined {
  const given = request.get("last-event-id") ?? request.query["after"];
  const number = typeof given === "string" && /^\d{1,15}$/u.test(given) ? Number(given) : undefined;
  return number;
}
