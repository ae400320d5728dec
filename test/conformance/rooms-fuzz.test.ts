import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import express from "express";
import { describe, expect, test } from "vitest";
import { roomRoutes } from "../../src/http/room-routes.ts";
import { v1Routes } from "../../src/rooms/api/v1.ts";
import { v2Routes } from "../../src/rooms/api/v2.ts";
import type { ApiAnswer, ApiRequest } from "../../src/rooms/contract.ts";
import { captures } from "../support/captures.ts";
import { createDice, mutate, mutateBytes, oddBody } from "../support/mutate.ts";
import type { Dice } from "../support/mutate.ts";
import { expectHarmless } from "../unit/rooms/harmless.ts";
import { openRooms, requestOf, token } from "../unit/rooms/open-rooms.ts";
import type { TestRooms } from "../unit/rooms/open-rooms.ts";

/*
 * Requests that no client sends: no fault of ours (5xx), no crash, no hang, no rising memory, and nothing on the page that
 * should not be there. `FUZZ_RUNS=100000` for a long run, `FUZZ_SEED=7` for another one; a failure names the run, which is
 * the same again with the same seed.
 */

const runs = Number(process.env["FUZZ_RUNS"] ?? 3000);
const seed = Number(process.env["FUZZ_SEED"] ?? 1);
/** Runs of one server. */
const runsPerServer = 1000;
const socketRuns = Math.ceil(runs / 10);
/** Of processor time: how long an answer takes on a busy machine says nothing about us. */
const answerCpuMsMax = 2000;
const socketMsMax = 30_000;
const heapBytesMax = 48 * 1024 * 1024;
const testMs = 60_000 + runs * 20;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const heapBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

const targets = [
  ...v2Routes.map(({ method, pattern }) => [method, `/v2/${pattern}`] as const),
  ...v1Routes.map(({ method, pattern }) => [method, `/v1/${pattern}`] as const),
];

const roomNames = ["Lobby", "Alerts", "Alerts Room", "10"];

async function open(): Promise<TestRooms> {
  return await openRooms(
    {
      tokens: [token("all"), { ...token("oauthid"), secret: token("secret").secret }],
      rooms: roomNames,
    },
    { reach: async () => ({ kind: "failed", code: "ENOTFOUND" }) },
  );
}

/** A real client's request or any call of the API, with up to six things of it changed, mostly one or two. */
function oddRequest(dice: Dice): ApiRequest {
  let request = dice.below(2) === 0 ? dice.one(captures).request : anyCall(dice);
  // Most must get past the door, or nothing behind it is tried.
  if (dice.below(8) > 0) request = { ...request, headers: { ...request.headers, authorization: "Bearer ALL" } };
  for (let changes = dice.below(1 + dice.below(6)); changes >= 0; changes--) request = mutate(request, dice);
  return request;
}

function anyCall(dice: Dice): ApiRequest {
  const [method, pattern] = dice.one(targets);
  const target = pattern
    .replace(":room", dice.one(["Lobby", "1", "Alerts%20Room"]))
    .replace(":user", dice.one(["1", "@all", "bob@example.com"]))
    .replace(/:\w+/u, dice.one(["1", "x", "ALL"]));
  return requestOf(method, target, {
    token: "ALL",
    headers: { "content-type": "application/json" },
    body: oddBody(dice),
  });
}

function expectAnswer(answer: ApiAnswer, request: ApiRequest): void {
  expect(answer.status).toBeGreaterThanOrEqual(200);
  expect(answer.status).toBeLessThan(500);
  expect(Object.keys(answer.headers)).toEqual(expect.arrayContaining(["X-Ratelimit-Limit", "X-FloodControl-Reset"]));
  for (const value of Object.values(answer.headers)) expect(value).toMatch(/^[\t\x20-\x7e]*$/u);
  if (answer.status === 204) expect(answer.body).toBe("");
  if (request.method !== "HEAD" && answer.headers["content-type"] === "application/json")
    JSON.parse(String(answer.body));
}

/** Where a failure was found: enough to see it again. */
function described(run: number, { method, path, query, headers, body }: ApiRequest): string {
  const start = body.subarray(0, 600).toString("latin1");
  const target = `${path.slice(0, 300)}?${query.toString().slice(0, 300)}`;
  return `seed ${seed}, run ${run}: ${method} ${target} ${JSON.stringify(headers).slice(0, 600)} ${JSON.stringify(start)}`;
}

describe("requests that no client sends", () => {
  test(
    `are answered ${runs} times without a fault, in time and without keeping memory`,
    { timeout: testMs },
    async () => {
      let heapBefore: number | undefined;
      let takenCount = 0;
      for (let run = 0; run < runs;) {
        const rooms = await open();
        for (const end = Math.min(runs, run + runsPerServer); run < end; run++) {
          const request = oddRequest(createDice(seed * 1_000_003 + run));
          // Rooms that a run deleted or renamed are there again: most calls must find theirs.
          await rooms.store.ensureRooms(roomNames);
          const started = process.cpuUsage();
          try {
            const answer = await rooms.rooms.api(request);
            expectAnswer(answer, request);
            if (answer.status < 300) takenCount += 1;
            expect(process.cpuUsage(started).user / 1000).toBeLessThan(answerCpuMsMax);
          } catch (cause) {
            throw new Error(described(run, request), { cause });
          }
        }
        await expectPages(rooms, run);
        await rooms.rooms[Symbol.asyncDispose]();
        heapBefore ??= heapBytes();
        expect(heapBytes() - heapBefore).toBeLessThan(heapBytesMax);
      }
    },
  );

  test(`are taken ${socketRuns} times over a socket, byte by byte`, { timeout: testMs }, async () => {
    const { rooms } = await open();
    const server = createServer(express().use(roomRoutes(rooms)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    for (let run = 0; run < socketRuns; run++) {
      const dice = createDice(seed * 7_000_003 + run);
      let { bytes } = dice.one(captures);
      for (let changes = dice.below(4); changes >= 0; changes--) bytes = mutateBytes(bytes, dice);
      const socket = connect(port, "127.0.0.1");
      socket.setTimeout(socketMsMax, () => socket.destroy(new Error("There was no answer in time.")));
      socket.end(bytes);
      const answer = await text(socket).catch((error: Error & { code?: string }) => {
        // A connection that the server ends while it is written to is an answer, too.
        if (error.code === "ECONNRESET" || error.code === "EPIPE") return "";
        throw new Error(`seed ${seed}, run ${run}: ${JSON.stringify(bytes.toString("latin1").slice(0, 900))}`, {
          cause: error,
        });
      });
      expect([run, answer.startsWith("HTTP/1.1 5")]).toEqual([run, false]);
    }
    server.closeAllConnections();
    server.close();
    await rooms[Symbol.asyncDispose]();
  });
});

/** Every page that there is now: of rooms that were deleted there is none. */
async function expectPages(rooms: TestRooms, run: number): Promise<void> {
  const list = await rooms.call("GET", "/rooms");
  const paths = [...String(list.body).matchAll(/<a class="card" href="([^"]+)"/gu)].map(([, path = ""]) => path);
  for (const path of ["/rooms", ...paths.slice(0, 60)]) {
    const answer = await rooms.call("GET", path.replaceAll("&#39;", "'"));
    try {
      expect(answer.status).toBe(200);
      expectHarmless(String(answer.body));
    } catch (cause) {
      throw new Error(`seed ${seed}, before run ${run}: the page ${path}`, { cause });
    }
  }
}
