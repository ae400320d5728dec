import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { AppError } from "../../src/core/errors.ts";
import { createAcceptance } from "../../src/store/accept.ts";
import { openQueue } from "../../src/store/queue.ts";
import { openStore } from "../../src/store/open.ts";
import type { OpenStore } from "../../src/store/open.ts";
import { openTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";
import { alertOf, noBacklog } from "../support/pipeline.ts";
import { arriving, decider, statusesOf } from "../support/windows.ts";
import { silent } from "../support/web-driver.ts";

/* Windows of several Chartbells on one database, and what is left of them. */

let postgres: TestDatabase;
let stores: readonly OpenStore[];
const open = async (): Promise<OpenStore> =>
  await openStore({ dataDir: postgres.folder, url: postgres.url, pictures: "database" }, silent);
beforeAll(async () => {
  postgres = await openTestDatabase();
  stores = [await open(), await open()];
}, 60_000);
afterAll(async () => {
  for (const store of stores) await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const accepted = alertOf().acceptedAt;
const delayed = [{ channels: ["ops"], open: { delay: "2m" } }];
const afterDelay = new Date(accepted.getTime() + 120_000);

describe("two Chartbells at the same moment", () => {
  test("open a window once, and count each REPEAT once", async () => {
    const { decide, made } = decider(undefined);
    const rules = ["a", "b", "c", "d"];
    await Promise.all(
      stores.flatMap((store) =>
        Array.from({ length: 10 }, async (_, index) => {
          const order = index % 2 === 0 ? rules : rules.toReversed();
          await store.accept(
            order.map((rule) => arriving(rule)),
            index % 3 === 0 ? randomUUID() : undefined,
            decide,
          );
        }),
      ),
    );
    for (const rule of rules) {
      const own = made.filter(({ alert }) => alert.rule === rule);
      expect(statusesOf(own).filter((status) => status === "OPEN")).toHaveLength(1);
      expect(Math.max(...own.map(({ window }) => window?.repeats ?? 0))).toBe(19);
    }
    expect((await stores[0]?.windows.open(10))?.map(({ repeats }) => repeats)).toEqual([19, 19, 19, 19]);
  });

  test("either say a delayed OPEN and its CANCEL, or neither", async () => {
    const [{ decide }, cancelling] = [decider(undefined, delayed), decider("CANCEL", delayed)];
    const [one, other] = stores;
    const both = Array.from({ length: 30 }, (_, index) => {
      const rule = `either-${index}`;
      return { opened: arriving(rule), cancelled: arriving(rule) };
    });
    await one?.accept(
      both.map(({ opened }) => opened),
      undefined,
      decide,
    );
    await Promise.all([
      ...both.map(async ({ cancelled }) => await one?.accept([cancelled], undefined, cancelling.decide)),
      ...Array.from({ length: 5 }, async () => await other?.windows.release(afterDelay)),
    ]);
    await other?.windows.release(afterDelay);
    const rows = await postgres.database.query<{ rule: string; open: string; cancel: number }>(`
      select rule, max(case when delivery.outcome = 'silent' then 'dropped' else 'said' end) as open,
        (select count(*)::int from chartbell.delivery said join chartbell.alert on alert.id = said.alert_id
          where alert.rule = opened.rule and alert.status = 'CANCEL') as cancel
      from chartbell.alert opened join chartbell.delivery on delivery.alert_id = opened.id
      where rule like 'either-%' and opened.status = 'OPEN' group by rule`);
    expect(rows).toHaveLength(30);
    for (const { open: became, cancel } of rows) expect([became, cancel]).toEqual([became, became === "said" ? 1 : 0]);
  });
});

test("what was delayed by a Chartbell that is gone is said by another, after a restart", async () => {
  const one = arriving("gone");
  {
    await using first = await open();
    await first.accept([one], undefined, decider(undefined, delayed).decide);
  }
  await using next = await open();
  const said: string[] = [];
  const worker = next.work(
    async () => undefined,
    async (backlog) => {
      for (const { id, alert } of await backlog.next()) {
        said.push(alert.rule);
        await next.endDelivery(id, "said");
      }
      return undefined;
    },
  );
  expect(await next.windows.release(afterDelay)).toBeGreaterThan(0);
  await next.outcome(one.alert.id);
  expect(said).toContain("gone");
  await worker.drain(AbortSignal.timeout(5000));
});

test("a commit whose answer was lost does not enter the window twice", async () => {
  const { database } = postgres;
  await using queue = await openQueue(database, true, silent);
  let lost = 0;
  const { accept } = createAcceptance(
    {
      ...database,
      async transaction(work) {
        const result = await database.transaction(work);
        if (lost++ === 0) throw new AppError("store_unavailable", "The answer was lost.");
        return result;
      },
    },
    queue,
  );
  const { decide, made } = decider(undefined);
  const one = arriving("lost");
  expect(await accept([one], undefined, decide)).toEqual([{ id: one.alert.id, duplicate: false }]);
  expect(lost).toBe(2);
  expect(statusesOf(made)).toEqual(["OPEN"]);
  await accept([arriving("lost")], undefined, decide);
  expect(made.at(-1)?.window?.repeats).toBe(1);
});

test("windows go when nothing was heard of them for as long as alerts are kept", async () => {
  const old = { acceptedAt: new Date("2025-01-01T00:00:00Z") };
  const [store] = stores;
  await store?.accept([arriving("old", old)], undefined, decider(undefined).decide);
  await store?.accept([arriving("fresh", { acceptedAt: new Date() })], undefined, decider(undefined).decide);
  const worker = store?.work(async () => undefined, noBacklog);
  await store?.housekeeping.round();
  const rules = (await store?.windows.open(1000))?.map(({ rule }) => rule) ?? [];
  expect([rules.includes("old"), rules.includes("fresh")]).toEqual([false, true]);
  await worker?.drain(AbortSignal.timeout(5000));
});

test("what was open before there were windows is open afterwards", async () => {
  await using older = await openTestDatabase();
  const { database } = older;
  const name = readdirSync(new URL("../../src/store/migrations/", import.meta.url)).find((one) =>
    one.startsWith("007"),
  );
  const migration = readFileSync(new URL(`../../src/store/migrations/${name}`, import.meta.url), "utf8");
  await database.query("drop table chartbell.alert_window; alter table chartbell.delivery drop column delayed_until");
  const said = (rule: string, status: string, sequence: number, more: object = {}) =>
    database.query(
      `with alert as (
         insert into chartbell.alert (id, body, accepted_at) values ($1, $2::json, $3) returning id, sequence, accepted_at
       )
       insert into chartbell.delivery (id, alert_id, sequence, position, channel, plan, alert_key, status)
       select gen_random_uuid(), id, sequence, 0, 'ops', '{}', $4, $5 from alert`,
      [
        randomUUID(),
        JSON.stringify({ ...alertOf({ rule }), ...more, status, time: `2026-01-01T00:0${sequence}:00.000Z` }),
        `2026-01-01T00:0${sequence}:00Z`,
        `key of ${rule}`,
        status,
      ],
    );
  await said("open", "OPEN", 1);
  await said("open", "REPEAT", 2);
  await said("over", "OPEN", 3);
  await said("over", "CANCEL", 4);
  await said("half", "REPEAT", 5);
  await said("morning", "OPEN", 6, { fields: { schedule: "morning" } });
  await said("nul", "OPEN", 7, { message: "NUL \u0000" });
  await said("pair", "OPEN", 8, { message: "half a pair \ud800" });
  await database.query(migration);
  await using store = await openStore({ dataDir: older.folder, url: older.url, pictures: "database" }, silent);
  const windows = await store.windows.open(10);
  expect(windows.map(({ rule, status, repeats }) => [rule, status, repeats])).toEqual([
    ["half", "REPEAT", 1],
    ["open", "REPEAT", 1],
  ]);
  expect(windows[1]).toMatchObject({
    openTime: new Date("2026-01-01T00:01:00Z"),
    closeTime: undefined,
    tags: {},
    values: [],
    delayed: [],
  });
});
