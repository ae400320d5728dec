import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { createLog } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { createBacklogs } from "../../src/store/backlogs.ts";
import type { PlannedAlert } from "../../src/store/contract.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openStore } from "../../src/store/open.ts";
import { identityFor } from "../../src/store/postgres/identity.ts";
import { openPrivateServer } from "../../src/store/postgres/private-server.ts";
import { chartbell } from "../support/cli.ts";
import { alertOf, noBacklog } from "../support/pipeline.ts";

/* The durable store on a real PostgreSQL: its folder, its schema, its start. */

const log = createLog({ level: "silent", pretty: false });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-store-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const open = async (dataDir = folder) => await openStore({ dataDir, url: undefined }, log);
const planned = (rule: string): PlannedAlert => ({
  alert: { ...alertOf({ rule }), id: randomUUID() },
  deliveries: [],
});

test("what was accepted is there after a restart, under its key too, and is handled then", async () => {
  const one = planned("kept");
  {
    await using store = await open();
    await store.accept([one], "key");
  }
  await using store = await open();
  expect(await store.accept([planned("kept")], "key")).toEqual([{ id: one.alert.id, duplicate: true }]);
  expect(await store.find(one.alert.id)).toMatchObject({ state: "accepted" });
  const worker = store.work(async () => undefined, noBacklog);
  expect(await store.outcome(one.alert.id)).toMatchObject({ state: "handled", alert: one.alert });
  await worker.drain(AbortSignal.timeout(1000));
});

test("what is underway when the drain's time is over is left for the next start", async () => {
  const one = planned("long");
  {
    await using store = await open();
    const { promise: isUnderway, resolve } = Promise.withResolvers<void>();
    const worker = store.work(async (_pending, signal) => {
      resolve();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("Stopped."))));
    }, noBacklog);
    await store.accept([one], undefined);
    await isUnderway;
    await worker.drain(AbortSignal.timeout(50));
    expect(await store.find(one.alert.id)).toMatchObject({ state: "accepted" });
  }
  await using store = await open();
  const worker = store.work(async () => undefined, noBacklog);
  expect(await store.outcome(one.alert.id)).toMatchObject({ state: "handled" });
  await worker.drain(AbortSignal.timeout(1000));
});

describe("a backlog", () => {
  test("whose handling failed while something was being sent knows of it as an unknown outcome", async () => {
    const one: PlannedAlert = {
      ...planned("doubt"),
      deliveries: [{ id: randomUUID(), plan: { channel: "ops", portals: [], text: undefined } }],
    };
    const name = { deliveryId: one.deliveries[0]?.id ?? "", position: 0, kind: "text" } as const;
    const hold = { waitMs: 0, failure: { code: "delivery_limited", message: "429" } } as const;
    const found: (number | undefined)[] = [];
    await using store = await open();
    const worker = store.work(
      async () => {
        await store.beginAttempt(name);
        await store.endAttempt(name, { failure: hold.failure, kind: "free" });
        await store.hold(name.deliveryId, hold);
      },
      async (backlog) => {
        const [waiting] = await backlog.next();
        found.push(waiting?.steps.get(0)?.unknownAttempts);
        await store.beginAttempt(name);
        if (found.length === 1) throw new Error("A fault of ours.");
        await store.endDelivery(name.deliveryId, "");
        return undefined;
      },
    );
    await store.accept([one], undefined);
    await store.outcome(one.alert.id);
    await worker.drain(AbortSignal.timeout(1000));
    expect(found).toEqual([0, 1]);
  });

  test("that a process could not give back is not kept by it for ever", async () => {
    await using server = await openPrivateServer(folder, log);
    const { host, user, database: name } = server;
    await using database = openDatabase({ host, user, database: name }, log);
    await migrate(database);
    const backlogs = createBacklogs(database);
    const timeGoesBy = "update chartbell.backlog set leased_until = now() - interval '1 second'";
    await database.query("insert into chartbell.backlog (channel, due_at) values ('ops', now())", []);
    expect(await backlogs.lease(5)).toHaveLength(1);
    await database.query(timeGoesBy, []);
    await backlogs.touch(["ops"]);
    expect(await backlogs.lease(5)).toHaveLength(0);
    await database.query(timeGoesBy, []);
    await backlogs.touch([]);
    expect(await backlogs.lease(5)).toHaveLength(1);
  });
});

describe("a data folder", () => {
  test("belongs to one Chartbell; the second is told whose it is", async () => {
    await using _first = await open();
    await expect(open()).rejects.toMatchObject({ code: "store_in_use", details: { pid: process.pid } });
    const { code, stderr } = await chartbell(["serve", "--listen", "127.0.0.1:0", "--data-dir", folder], {
      cwd: folder,
    });
    expect(code).toBe(8);
    expect(stderr).toMatch(new RegExp(`process ${process.pid}\\).*\n  → .*--data-dir`, "u"));
  });

  test("may be beyond the length of a socket's path, under a folder that only its owner may pass", async () => {
    const deep = join(folder, "x".repeat(120));
    await mkdir(deep, { mode: 0o700 });
    await using store = await open(deep);
    expect(await store.accept([planned("deep")], undefined)).toHaveLength(1);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "of root's, and programs that only root may reach, are reached by nobody",
    async () => {
      const home = join(folder, "home");
      await mkdir(home, { mode: 0o700 });
      const program = join(home, "program");
      await writeFile(program, "#!/bin/sh\nid -u\n", { mode: 0o755 });
      const identity = await identityFor(home, program);
      const [command = "", ...args] = identity?.wrapper ?? [];
      const { stdout } = spawnSync(command, [...args, "sh", "-c", 'test -x "$0" && exec "$0"', program], {
        encoding: "utf8",
      });
      expect([identity?.uid, stdout.trim()]).toEqual([65_534, "65534"]);
    },
  );

  test.each([
    ["17\n", "store_version_unknown", /PostgreSQL 17/u],
    [undefined, "store_folder_unusable", /no data directory/u],
  ])("that PostgreSQL %j wrote is refused with the way out", async (version, code, message) => {
    const data = join(folder, "postgres", "data");
    await mkdir(data, { recursive: true });
    if (version !== undefined) await writeFile(join(data, "PG_VERSION"), version);
    await expect(open()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("that is a file is refused", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    await expect(open(file)).rejects.toMatchObject({ code: "store_folder_unusable" });
  });
});

test("a text of several statements gives the rows of all, as the queue's upkeep expects it", async () => {
  await using server = await openPrivateServer(folder, log);
  const { host, user, database: name } = server;
  await using database = openDatabase({ host, user, database: name }, log);
  const rows = await database.query("begin; select 1 as one; select 2 as two; commit", []);
  expect(rows).toEqual([{ one: 1 }, { two: 2 }]);
});

describe("the schema", () => {
  test("is brought up to date by several at the same time and stays as it is then; a newer one is refused", async () => {
    await using server = await openPrivateServer(folder, log);
    const { host, user, database: name } = server;
    await using database = openDatabase({ host, user, database: name }, log);
    await Promise.all([migrate(database), migrate(database), migrate(database)]);
    await migrate(database);
    const versions = await database.query("select version from chartbell.schema_migration order by version", []);
    const files = await readdir(new URL("../../src/store/migrations/", import.meta.url));
    expect(versions).toEqual(files.toSorted().map((name) => ({ version: Number(name.slice(0, 3)) })));
    await database.query("insert into chartbell.schema_migration (version) values ($1)", [999]);
    await expect(migrate(database)).rejects.toMatchObject({ code: "store_version_unknown" });
  });
});

test("no more is accepted while too many messages wait, and the sender is told when to come back", async () => {
  await using server = await openPrivateServer(folder, log);
  const { host, user, database: name } = server;
  const url = new Secret(`postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`);
  await using store = await openStore({ dataDir: "/nowhere", url }, log);
  const one = planned("first");
  await store.accept([one], undefined);
  await using database = openDatabase({ host, user, database: name }, log);
  await database.query(
    `insert into chartbell.delivery (id, alert_id, sequence, position, channel, plan, alert_key)
    select gen_random_uuid(), $1, 1, place, 'ops', '{}', 'key' from generate_series(1, $2) as place`,
    [one.alert.id, limits.deliveriesOpenMax],
  );
  const refused = async (): Promise<unknown> =>
    await store.accept([planned("more")], undefined).then(
      () => undefined,
      (error: unknown) => error,
    );
  await expect.poll(refused, { timeout: 15_000 }).toMatchObject({ code: "overloaded", retryAfterMs: 30_000 });
  await database.query("update chartbell.delivery set ended_at = now() where ended_at is null", []);
  await expect.poll(refused, { timeout: 15_000 }).toBeUndefined();
});

describe("store.url", () => {
  test("may be an empty database on which several start at the same time", async () => {
    await using server = await openPrivateServer(folder, log);
    const url = new Secret(
      `postgres:///${server.database}?host=${encodeURIComponent(server.host)}&user=${server.user}`,
    );
    const stores = await Promise.all(
      Array.from({ length: 4 }, async () => await openStore({ dataDir: "/nowhere", url }, log)),
    );
    for (const store of stores) await store[Symbol.asyncDispose]();
  });

  test("is used instead of a private database; what one process accepts, another handles", async () => {
    await using server = await openPrivateServer(folder, log);
    const url = new Secret(
      `postgres:///${server.database}?host=${encodeURIComponent(server.host)}&user=${server.user}`,
    );
    await using intake = await openStore({ dataDir: "/nowhere", url }, log);
    await using other = await openStore({ dataDir: "/nowhere", url }, log);
    const worker = other.work(async () => undefined, noBacklog);
    const one = planned("far");
    await intake.accept([one], undefined);
    expect(await intake.outcome(one.alert.id)).toMatchObject({ state: "handled" });
    await worker.drain(AbortSignal.timeout(1000));
  });

  test("may name an empty database, for several processes at the same time", async () => {
    await using server = await openPrivateServer(folder, log);
    await using stores = new AsyncDisposableStack();
    const url = new Secret(
      `postgres:///${server.database}?host=${encodeURIComponent(server.host)}&user=${server.user}`,
    );
    const opening = Array.from({ length: 4 }, async () =>
      stores.use(await openStore({ dataDir: "/nowhere", url }, log)),
    );
    expect(await Promise.allSettled(opening)).toEqual(
      opening.map(() => expect.objectContaining({ status: "fulfilled" })),
    );
  });

  test.each([
    ["mysql://u:s3cr3t@127.0.0.1/x", "store_url_invalid"],
    ["postgres://u:s3cr3t@127.0.0.1:1/x", "store_unreachable"],
  ])("%s is refused without its password", async (url, code) => {
    const failure: unknown = await openStore({ dataDir: folder, url: new Secret(url) }, log).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain("s3cr3t");
  });
});
