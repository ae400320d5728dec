import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import type { Picture } from "../../src/core/picture.ts";
import { createLog } from "../../src/core/log.ts";
import type { PlannedAlert } from "../../src/store/contract.ts";
import { startHousekeeping } from "../../src/store/housekeeping.ts";
import { openStore } from "../../src/store/open.ts";
import type { OpenStore } from "../../src/store/open.ts";
import { Retention } from "../../src/store/options.ts";
import { createFileStorage } from "../../src/store/pictures/files.ts";
import { openTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { pictureOf } from "../support/pictures.ts";
import { alertOf } from "../support/pipeline.ts";

/* What is deleted, when, and what never: on a real PostgreSQL, with a clock that can be turned. */

const log = createLog({ level: "silent", pretty: false });
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let postgres: TestDatabase;
let store: OpenStore;
let aheadMs: number;
const clock: Clock = { now: () => new Date(Date.now() + aheadMs), monotonicMs: () => performance.now() };
const open = async (retention: object = {}): Promise<OpenStore> =>
  await openStore(
    { dataDir: postgres.folder, url: postgres.url, pictures: "files", retention: Retention.parse(retention) },
    log,
    clock,
  );

beforeAll(async () => {
  postgres = await openTestDatabase();
});
afterAll(async () => await postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  aheadMs = 0;
  store = await open();
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(join(postgres.folder, "pictures"), { recursive: true, force: true });
  const tables = ["alert", "idempotency_key", "picture", "last_good"].map((table) => `chartbell.${table}`);
  await postgres.database.query(`truncate ${tables.join(", ")}, chartbell_queue.job cascade`, []);
});

function planned(): PlannedAlert & { readonly deliveryId: string } {
  const deliveryId = randomUUID();
  const plan = { channel: "ops", portals: ["cpu"], text: undefined };
  return { alert: { ...alertOf(), id: randomUUID() }, deliveries: [{ id: deliveryId, plan }], deliveryId };
}

const fileOf = ({ hash }: Picture): string => join(postgres.folder, "pictures", hash.slice(0, 2), hash.slice(2));
const shotOf = ({ hash, mediaType }: Picture) =>
  ({ portal: "cpu", verdict: "ready", picture: { sha256: hash, mediaType } }) as const;
const count = async (table: string): Promise<number> => {
  const [row] = await postgres.database.query<{ count: number }>(`select count(*)::int from chartbell.${table}`, []);
  return row?.count ?? -1;
};

/** Accepts alerts and handles them to their end. */
async function handle(alerts: readonly ReturnType<typeof planned>[], key?: string): Promise<void> {
  await store.accept(alerts, key);
  const worker = store.work(
    async ({ deliveries }) => {
      for (const { id } of deliveries) {
        const name = { deliveryId: id, position: 0, kind: "text" } as const;
        await store.beginAttempt(name);
        await store.endStep(name, { kind: "text", status: "delivered", attempts: 1, afterMs: 1 }, undefined);
        await store.endDelivery(id, "");
      }
    },
    async () => undefined,
  );
  await Promise.all(alerts.map(async ({ alert }) => await store.outcome(alert.id)));
  await worker.drain(AbortSignal.timeout(5000));
}

/** A picture that a handled alert has sent. */
async function sentPicture(bytes = 1000): Promise<Picture> {
  const one = planned();
  const picture = pictureOf(randomBytes(bytes));
  await store.accept([one], undefined);
  await store.pictures.put(picture);
  const place = { deliveryId: one.deliveryId, position: 1 };
  await store.pictures.noteStep(place, shotOf(picture));
  const record = { kind: "picture", status: "delivered", attempts: 1, afterMs: 1 } as const;
  await store.endStep({ ...place, kind: "picture" }, record, shotOf(picture));
  return picture;
}

describe("alerts", () => {
  test("are deleted with all that is theirs when they are older than told, many batches of them", async () => {
    await handle(Array.from({ length: 230 }, planned));
    aheadMs = 29 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ alerts: 0 });
    aheadMs = 30 * dayMs + hourMs;
    expect(await store.housekeeping.round()).toMatchObject({ alerts: 230 });
    const tables = ["alert", "delivery", "step", "attempt"];
    expect(await Promise.all(tables.map(count))).toEqual([0, 0, 0, 0]);
  });

  test("that are not handled are never deleted, nor those with a delivery that has not ended", async () => {
    const [half, open] = [planned(), planned()];
    await handle([half]);
    await postgres.database.query("update chartbell.delivery set ended_at = null where id = $1", [half.deliveryId]);
    await store.accept([open], undefined);
    aheadMs = 400 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ alerts: 0 });
    expect(await store.find(open.alert.id)).toMatchObject({ state: "accepted" });
    expect(await store.find(half.alert.id)).toMatchObject({ state: "accepted" });
  });

  test("their idempotency keys are forgotten after seven days", async () => {
    const one = planned();
    await handle([one], "key");
    aheadMs = 6 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ idempotencyKeys: 0 });
    expect(await store.accept([planned()], "key")).toEqual([{ id: one.alert.id, duplicate: true }]);
    aheadMs = 8 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ idempotencyKeys: 1 });
    expect(await store.accept([planned()], "key")).toMatchObject([{ duplicate: false }]);
  });
});

describe("pictures", () => {
  test("are deleted from the database and the disk when they were last taken too long ago", async () => {
    const [old, again] = [await sentPicture(), await sentPicture()];
    aheadMs = 10 * dayMs;
    await store.pictures.put(again);
    aheadMs = 15 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ pictures: 1 });
    expect([await store.pictures.get(old.hash), existsSync(fileOf(old))]).toEqual([undefined, false]);
    expect((await store.pictures.get(again.hash))?.bytes).toEqual(again.bytes);
  });

  test("stay while a step that has not ended may send them", async () => {
    const one = planned();
    await store.accept([one], undefined);
    const picture = pictureOf(randomBytes(1000));
    await store.pictures.put(picture);
    await store.pictures.noteStep({ deliveryId: one.deliveryId, position: 1 }, shotOf(picture));
    await store[Symbol.asyncDispose]();
    store = await open({ picturesBytes: "1KiB", pictures: "1h" });
    aheadMs = 90 * dayMs;
    await store.pictures.put(pictureOf(randomBytes(1000)));
    await store.housekeeping.round();
    expect((await store.pictures.get(picture.hash))?.bytes).toEqual(picture.bytes);
  });

  test("that no step and no portal knows are deleted, but not within the first hour", async () => {
    const [stray, good] = [pictureOf(randomBytes(1000)), pictureOf(randomBytes(1000))];
    await store.pictures.put(stray);
    await store.pictures.putLastGood({ portal: "cpu", target: "x" }, { picture: good, takenAt: clock.now() });
    aheadMs = hourMs / 2;
    expect(await store.housekeeping.round()).toMatchObject({ pictures: 0 });
    aheadMs = 2 * hourMs;
    expect(await store.housekeeping.round()).toMatchObject({ pictures: 1 });
    expect(existsSync(fileOf(stray))).toBe(false);
    expect(await store.pictures.lastGood({ portal: "cpu", target: "x" })).toMatchObject({
      picture: { hash: good.hash },
    });
    aheadMs = 15 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ pictures: 1 });
    expect(await count("last_good")).toBe(0);
  });

  test("of a deleted alert go with it", async () => {
    await store[Symbol.asyncDispose]();
    store = await open({ alerts: "1d" });
    const picture = await sentPicture();
    await postgres.database.query("update chartbell.alert set completed_at = now()", []);
    await postgres.database.query("update chartbell.delivery set ended_at = now()", []);
    aheadMs = 2 * dayMs;
    expect(await store.housekeeping.round()).toMatchObject({ alerts: 1, pictures: 1 });
    expect(existsSync(fileOf(picture))).toBe(false);
  });

  test("beyond the bytes in all, the one last taken longest ago goes first", async () => {
    await store[Symbol.asyncDispose]();
    store = await open({ picturesBytes: "64KiB" });
    const pictures: Picture[] = [];
    for (let index = 0; index < 5; index++) {
      aheadMs += hourMs;
      pictures.push(await sentPicture(20 * 1024));
    }
    aheadMs += 2 * hourMs;
    expect(await store.housekeeping.round()).toMatchObject({ pictures: 2 });
    expect(pictures.map((picture) => existsSync(fileOf(picture)))).toEqual([false, false, true, true, true]);
  });

  test("a file that no row knows is deleted after an hour, a half written one too", async () => {
    const kept = await sentPicture();
    const home = join(postgres.folder, "pictures", "ab");
    await mkdir(home, { recursive: true });
    const fresh = join(home, "1".repeat(62));
    const stale = [join(home, "2".repeat(62)), join(home, "left.part")];
    const hoursAgo = new Date(Date.now() - 2 * hourMs);
    for (const file of [fresh, ...stale]) await writeFile(file, "x");
    for (const file of [...stale, fileOf(kept)]) await utimes(file, hoursAgo, hoursAgo);
    expect(await store.housekeeping.round()).toMatchObject({ strayFiles: 2 });
    expect([fresh, ...stale, fileOf(kept)].map((file) => existsSync(file))).toEqual([true, false, false, true]);
  });
});

describe("a round", () => {
  test("is one process's at a time", async () => {
    await postgres.database.transaction(async (query) => {
      await query("select pg_advisory_xact_lock($1)", [4_771_200_413]);
      expect(await store.housekeeping.round()).toBeUndefined();
    });
    expect(await store.housekeeping.round()).toBeDefined();
  });

  test("that fails is followed by the next one", async () => {
    const picturesFolder = join(postgres.folder, "elsewhere");
    await mkdir(picturesFolder);
    const folder = join(picturesFolder, "ab");
    await writeFile(folder, "not a folder");
    await handle([planned()]);
    aheadMs = 31 * dayMs;
    const { database } = postgres;
    const files = createFileStorage(picturesFolder);
    const deps = { database, storages: { files }, picturesFolder, clock, log };
    await using housekeeping = startHousekeeping(Retention.parse({}), deps, 50);
    await expect(housekeeping.round()).rejects.toMatchObject({ code: "ENOTDIR" });
    await rm(folder);
    const stray = join(folder, "3".repeat(62));
    await mkdir(folder);
    await writeFile(stray, "x");
    await expect.poll(() => existsSync(stray), { timeout: 5000 }).toBe(false);
  });
});
