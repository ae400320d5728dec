import { expect, test } from "vitest";
import { AppError } from "../../../src/core/errors.ts";
import { Pool } from "../../../src/web-driver/pool.ts";

const never = new AbortController().signal;

function poolOf(concurrency: number, queueMax = 10) {
  let nowMs = 0;
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { pool: new Pool({ concurrency, queueMax }, { clock }), pass };
}

test("as many callers enter at once as there are places; the others follow in the order they came", async () => {
  const { pool } = poolOf(2);
  const first = await pool.enter(never);
  const second = await pool.enter(never);
  const order: number[] = [];
  const waiting = [3, 4, 5].map(async (number) => {
    const place = await pool.enter(never);
    order.push(number);
    return place;
  });
  expect([pool.busy, pool.waiting]).toEqual([2, 3]);
  first[Symbol.dispose]();
  const third = await waiting[0];
  expect([order, pool.busy, pool.waiting]).toEqual([[3], 2, 2]);
  second[Symbol.dispose]();
  third?.[Symbol.dispose]();
  for (const place of await Promise.all(waiting)) place[Symbol.dispose]();
  expect(order).toEqual([3, 4, 5]);
  expect([pool.busy, pool.waiting]).toEqual([0, 0]);
});

test("a place that is given back twice is given back once", async () => {
  const { pool } = poolOf(1);
  const place = await pool.enter(never);
  place[Symbol.dispose]();
  place[Symbol.dispose]();
  expect(pool.busy).toBe(0);
});

test("an abort takes a waiter out of the queue, with the signal's reason", async () => {
  const { pool } = poolOf(1);
  const place = await pool.enter(never);
  const abort = new AbortController();
  const waiting = pool.enter(abort.signal);
  const next = pool.enter(never);
  abort.abort(new AppError("shutting_down", "Stop."));
  await expect(waiting).rejects.toThrow("Stop.");
  expect(pool.waiting).toBe(1);
  place[Symbol.dispose]();
  using _next = await next;
  expect(pool.busy).toBe(1);
});

test("an abort that comes after the place was handed over loses nothing", async () => {
  const { pool } = poolOf(1);
  const place = await pool.enter(never);
  const abort = new AbortController();
  const waiting = pool.enter(abort.signal);
  place[Symbol.dispose]();
  abort.abort();
  (await waiting)[Symbol.dispose]();
  expect([pool.busy, pool.waiting]).toEqual([0, 0]);
});

test("an aborted signal does not enter", async () => {
  const { pool } = poolOf(1);
  await expect(pool.enter(AbortSignal.abort())).rejects.toThrow();
  expect(pool.busy).toBe(0);
});

test("a full queue is overloaded, and says when to come again by how long shots take", async () => {
  const { pool, pass } = poolOf(1, 2);
  for (let count = 0; count < 40; count += 1) {
    const place = await pool.enter(never);
    pass(10_000);
    place[Symbol.dispose]();
  }
  await pool.enter(never);
  void pool.enter(never);
  void pool.enter(never);
  const error = await pool.enter(never).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "overloaded" });
  expect(error instanceof AppError ? error.retryAfterMs : 0).toBeGreaterThan(15_000);
});
