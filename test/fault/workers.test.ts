import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog } from "../../src/core/log.ts";
import { openPrivateServer } from "../../src/store/postgres/private-server.ts";
import type { PrivateServer } from "../../src/store/postgres/private-server.ts";
import { listenRecording } from "../support/recording-server.ts";
import type { RecordingServer } from "../support/recording-server.ts";
import { handledBy, sendAlerts, startService, until } from "../support/service.ts";
import type { AlertAnswer, Service } from "../support/service.ts";

/* Four processes on one database: they share the work, and take up that of one that is killed. */

const workers = 4;
const channels = ["a", "b", "c", "d", "e", "f", "g", "h"];
let folder: string;
let database: PrivateServer;
let room: RecordingServer;
let services: Service[];

/** Each process signs its messages, so that the room knows who sent them. */
const config = (name: string): string => `
store: { url: env:DATABASE_URL }
channels:
${channels.map((channel) => `  ${channel}: { kind: hipchat, host: "${room.url}", room: ${channel}, from: ${name}, notificationToken: env:TOKEN }`).join("\n")}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-workers-"));
  database = await openPrivateServer(folder, createLog({ level: "silent", pretty: false }));
  room = await listenRecording();
  const { host, user, database: name } = database;
  const env = { DATABASE_URL: `postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}` };
  services = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const own = join(folder, `worker${index}`);
      await mkdir(own);
      return await startService(own, config(`worker${index}`), env);
    }),
  );
});
afterAll(async () => {
  for (const service of services) await service.end();
  await room[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const alerts = (name: string, count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    rule: `${name}-${index}-`,
    channels: [channels[index % channels.length]],
  }));
const urlOf = (index: number): string => services[index]?.url ?? "";
/** Asks for one after the other: many questions at a time would keep that process from its part of the work. */
async function allHandled(url: string, ids: readonly string[]): Promise<readonly AlertAnswer[]> {
  const handled: AlertAnswer[] = [];
  for (const id of ids) handled.push(await handledBy(url, id));
  return handled;
}

/** How many messages each process has sent since then. */
function sharesSince(start: number): readonly number[] {
  const senders = room.received.slice(start).map(({ body }) => {
    const { from }: { from: string } = JSON.parse(body.toString());
    return from;
  });
  return services.map((_, index) => senders.filter((from) => from === `worker${index}`).length);
}

test("share evenly what one of them accepts", async () => {
  room.reply = (response) => void setTimeout(() => response.writeHead(204).end(), 15);
  const send = async (name: string): Promise<void> => {
    const ids = await sendAlerts(urlOf(0), { alerts: alerts(name, 100) });
    expect(ids).toHaveLength(100);
    await allHandled(urlOf(1), ids);
  };
  // Processes that have just started are slow in different degrees.
  await send("first");
  const start = room.received.length;
  for (let round = 0; round < 4; round++) await send(`share${round}`);
  const shares = sharesSince(start);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(400);
  for (const share of shares) expect(Math.abs(share - 100)).toBeLessThanOrEqual(20);
});

test("take up the work of one that is killed", async () => {
  room.reply = (response) => void setTimeout(() => response.writeHead(204).end(), 200);
  const start = room.received.length;
  const ids = await sendAlerts(urlOf(0), { alerts: alerts("taken", 100) });
  await until("the victim is at work", async () => (sharesSince(start)[3] ?? 0) > 2);
  await services[3]?.end("SIGKILL");
  const startedMs = performance.now();
  const handled = await allHandled(urlOf(0), ids);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  const steps = handled.map(({ deliveries }) => deliveries[0]?.steps[0]);
  expect(steps.every((step) => step?.status === "delivered")).toBe(true);
  // Whatever came twice was on its way when its sender was killed.
  const unknown = steps.reduce((sum, step) => sum + (step?.unknownAttempts ?? 0), 0);
  expect(unknown).toBeGreaterThanOrEqual(1);
  expect(room.received.length - start - ids.length).toBeLessThanOrEqual(unknown);
});
