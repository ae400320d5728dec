import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";

let postgres: TestDatabase;

beforeAll(async () => {
  postgres = await openTestDatabase();
  await postgres.database.query("create table kept (place serial, word text not null)");
});

afterAll(async () => await postgres[Symbol.asyncDispose]());

beforeEach(async () => void (await postgres.database.query("truncate kept restart identity")));

const keep = "insert into kept (word) values ($1)";

async function keptWords(): Promise<readonly string[]> {
  const rows = await postgres.database.query<{ word: string }>("select word from kept order by place");
  return rows.map(({ word }) => word);
}

test("what a transaction asks for at the same time is done in its order", async () => {
  const words = Array.from({ length: 50 }, (_, index) => `word ${index}`);
  await postgres.database.transaction(
    async (query) => await Promise.all(words.map(async (word) => await query(keep, [word]))),
  );
  expect(await keptWords()).toEqual(words);
});

test("when one of them fails nothing is kept, and its own error is told", async () => {
  const { database } = postgres;
  const words = ["before", null, "after"];
  const kept = database.transaction(
    async (query) => await Promise.all(words.map(async (word) => await query(keep, [word]))),
  );
  await expect(kept).rejects.toThrow(/null value in column "word"/u);
  expect(await keptWords()).toEqual([]);
});

test("when the first statement fails nothing is kept of those after it", async () => {
  const { database } = postgres;
  const kept = database.transaction(async (query) => {
    await query("insert into nowhere values ($1)", [1]).catch(() => undefined);
    await query(keep, ["after"]);
  });
  await expect(kept).rejects.toThrow(/current transaction is aborted/u);
  expect(await keptWords()).toEqual([]);
});

test("when one fails before another is asked for, that one is not run by itself", async () => {
  const { database } = postgres;
  const { promise: hasFailed, resolve: fail } = Promise.withResolvers<void>();
  const { promise: late, resolve: end } = Promise.withResolvers<unknown>();
  const kept = database.transaction(async (query) => {
    const laterOne = hasFailed.then(async () => await query(keep, ["late"]));
    laterOne.then(end, end);
    await Promise.all([query(keep, [null]), laterOne]);
  });
  await expect(kept).rejects.toThrow(/null value in column "word"/u);
  fail();
  expect(await late).toEqual(new Error("The statement's transaction has ended."));
  expect(await keptWords()).toEqual([]);
});
