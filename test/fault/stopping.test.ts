import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenRecording } from "../support/recording-server.ts";
import type { RecordingServer } from "../support/recording-server.ts";
import { handledBy, isAlive, sendAlert, startService, until } from "../support/service.ts";

/* The end of the service on request: what is underway is finished, and who insists is obeyed. */

let folder: string;
let room: RecordingServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-fault-"));
  room = await listenRecording();
});
afterEach(async () => {
  await room[Symbol.asyncDispose]();
  // A database whose service was ended at once is still shutting down.
  await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
});

const config = (): string => `
channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, notificationToken: env:TOKEN } }
routes: [{ channels: [ops] }]
`;

test("SIGTERM lets a message that is on its way arrive", async () => {
  const service = await startService(folder, config());
  const isHeld = Promise.withResolvers<() => void>();
  room.reply = (response) => isHeld.resolve(() => void response.writeHead(204).end());
  await sendAlert(service.url, { rule: "held" });
  const answer = await isHeld.promise;
  const ended = service.end("SIGTERM");
  await until("it takes no more alerts", async () => (await sendAlert(service.url, { rule: "late" })) === undefined);
  expect(await isAlive(service.pid)).toBe(true);
  answer();
  await ended;
  const again = await startService(folder, config());
  room.reply = (response) => void response.writeHead(204).end();
  await handledBy(again.url, (await sendAlert(again.url, { rule: "next" })) ?? "");
  expect(room.received).toHaveLength(2);
  await again.end();
});

test("a second signal ends it at once, and the next start delivers what was underway", async () => {
  const service = await startService(folder, config());
  const isHeld = Promise.withResolvers<void>();
  room.reply = () => isHeld.resolve();
  const id = await sendAlert(service.url, { rule: "held" });
  await isHeld.promise;
  const ended = service.end("SIGTERM");
  await until("it stops", async () => service.said.some((line) => line.includes("Chartbell stops.")));
  const startedMs = performance.now();
  process.kill(service.pid, "SIGTERM");
  await ended;
  // Its drain alone would take until the room's time is over.
  expect(performance.now() - startedMs).toBeLessThan(5000);
  room.reply = (response) => void response.writeHead(204).end();
  const again = await startService(folder, config());
  const { deliveries } = await handledBy(again.url, id ?? "");
  expect(deliveries[0]?.steps).toMatchObject([{ status: "delivered", unknownAttempts: 1 }]);
  await again.end();
});
