import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import type { Database } from "../../src/store/database.ts";
import { openPrivateServer } from "../../src/store/postgres/private-server.ts";
import { startAppProcess } from "../support/app-process.ts";
import type { AppProcess } from "../support/app-process.ts";
import { listenRecording } from "../support/recording-server.ts";
import type { RecordingServer } from "../support/recording-server.ts";
import { until } from "../support/service.ts";
import { silent } from "../support/web-driver.ts";

/*
 * kill -9 while a schedule runs: a lock holds the process at the very place. The next start makes the run when it
 * was not accepted, and does not make it again when it was.
 */

let folder: string;
let parts: AsyncDisposableStack;
let room: RecordingServer;
let database: Database;
let address: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-fault-"));
  parts = new AsyncDisposableStack();
  room = parts.use(await listenRecording());
  const server = parts.use(await openPrivateServer(folder, silent));
  const { host, user, database: name } = server;
  database = parts.use(openDatabase({ host, user, database: name }, silent));
  address = `postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`;
});
afterEach(async () => {
  await parts.disposeAsync();
  await rm(folder, { recursive: true, force: true });
});

const startAt = async (moment: string): Promise<AppProcess> =>
  await startAppProcess({
    moment,
    env: { DATABASE_URL: address, TOKEN: "t" },
    yaml: `
store: { url: env:DATABASE_URL }
channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, notificationToken: env:TOKEN } }
schedules: [{ name: morning, cron: "0 9 * * *", portals: [test], channels: [ops] }]
`,
  });

const texts = (): string[] =>
  room.received.map(({ body }) => {
    const { message }: { message: string } = JSON.parse(body.toString());
    return message;
  });
const count = async (text: string): Promise<number> => (await database.query(text)).length;
const accepted = async (): Promise<number> => await count("select from chartbell.alert");
const remembered = async (): Promise<number> =>
  await count("select from chartbell.schedule where last_due_at is not null");
const isHeld = async (): Promise<boolean> =>
  (await count("select from pg_locks where locktype = 'advisory' and not granted")) > 0;

/** The schedule is known from the day before on. */
async function knowIt(): Promise<void> {
  const first = await startAt("2026-11-22T12:00:00Z");
  parts.defer(async () => await first.end("SIGKILL"));
  await until("the schedule is known", async () => (await count("select from chartbell.schedule")) === 1);
  await first.end("SIGTERM");
}

/** Starts a process when the run is due, and kills it while it is held where it writes. */
async function killAt(
  writing: "insert on chartbell.alert" | "update on chartbell.schedule",
  isTime: () => Promise<boolean>,
) {
  const lock = 77;
  await database.query(`
    create function chartbell.hold() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(${lock}); return new; end $$;
    create trigger hold before ${writing} for each row execute function chartbell.hold()`);
  await database.transaction(async (query) => {
    await query("select pg_advisory_xact_lock($1)", [lock]);
    const killed = await startAt("2026-11-23T09:00:10Z");
    try {
      await until(`the process is held at the ${writing}`, async () => (await isHeld()) && (await isTime()));
    } finally {
      await killed.end("SIGKILL");
    }
    // The server would carry the dead process's statement out to its end.
    await query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted");
  });
  await database.query("drop function chartbell.hold cascade");
}

/** Three processes are started one after the other in each test: 48 s on a busy machine. */
const timeout = 150_000;

test(
  "killed between the due time and the acceptance, the run is made by the next start, once",
  { timeout },
  async () => {
    await knowIt();
    await killAt("insert on chartbell.alert", async () => true);
    expect([await accepted(), await remembered(), texts()]).toEqual([0, 0, []]);
    const next = await startAt("2026-11-23T09:00:40Z");
    parts.defer(async () => await next.end("SIGKILL"));
    await until("the run is remembered", async () => (await remembered()) === 1);
    await until("the text is there", async () => texts().length > 0);
    await next.end("SIGTERM");
    expect(await accepted()).toBe(1);
    expect(texts().filter((text) => text.startsWith("morning: Test portal"))).toHaveLength(1);
  },
);

test("killed after the acceptance, before it is remembered, the run is not made again", { timeout }, async () => {
  await knowIt();
  const isSent = async (): Promise<boolean> =>
    (await count("select from chartbell.alert where completed_at is not null")) === 1;
  await killAt("update on chartbell.schedule", isSent);
  expect([await accepted(), await remembered()]).toEqual([1, 0]);
  const next = await startAt("2026-11-23T09:00:40Z");
  parts.defer(async () => await next.end("SIGKILL"));
  await until("the run is remembered", async () => (await remembered()) === 1);
  await next.end("SIGTERM");
  expect(await accepted()).toBe(1);
  expect(texts().filter((text) => text.startsWith("morning: Test portal"))).toHaveLength(1);
});
