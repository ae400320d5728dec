import { expect, test, vi } from "vitest";
import type { Store } from "../../../src/store/contract.ts";
import { createMemoryStore } from "../../../src/store/memory.ts";
import { clockFrom } from "../../support/clock.ts";
import { noBacklog } from "../../support/pipeline.ts";
import { morning, openSchedules } from "../../support/schedules.ts";
import { silent } from "../../support/web-driver.ts";

/* Which times are run, by what the store remembers: nothing is sent, what was accepted is looked at. */

/** Follows schedules from a moment on until what is due has run; the times of their last runs. */
async function runFrom(store: Store, moment: string, schedules = [morning()]): Promise<string[]> {
  await using running = await openSchedules(store, schedules, clockFrom(moment));
  running.start();
  const names = schedules.map(({ name }) => name);
  await expect.poll(async () => [...(await store.schedules.known()).keys()]).toEqual(names);
  // The first look at the clock is over when the next one is waited for.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const runs = await Promise.all((await running.list()).map(async ({ lastRun }) => lastRun?.alertId));
  const alerts = await Promise.all(runs.map(async (id) => (id === undefined ? undefined : await store.find(id))));
  return alerts.flatMap((found) => (found === undefined ? [] : [found.alert.time.toISOString()]));
}

test("a time that comes is run then, once", async () => {
  const store = createMemoryStore(silent);
  await using running = await openSchedules(store, [morning()], clockFrom("2026-11-23T08:59:59.900Z"));
  running.start();
  await expect.poll(async () => (await running.list())[0]?.lastRun?.at.getTime()).toBeDefined();
  const [state] = await running.list();
  const lateMs = (state?.lastRun?.at.getTime() ?? 0) - Date.parse("2026-11-23T09:00:00Z");
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(1000);
  expect(state?.next[0]).toEqual(new Date("2026-11-24T09:00:00Z"));
});

test("a schedule that is new is not run for the time before it was known", async () => {
  const store = createMemoryStore(silent);
  expect(await runFrom(store, "2026-11-23T09:00:30Z")).toEqual([]);
});

test.each([
  ["once", "2026-11-24T09:00:40Z", ["2026-11-24T09:00:00.000Z"]],
  ["once", "2026-11-24T09:59:00Z", ["2026-11-24T09:00:00.000Z"]],
  ["once", "2026-11-24T10:00:30Z", []],
  ["once", "2026-11-30T09:20:00Z", ["2026-11-30T09:00:00.000Z"]],
  ["skip", "2026-11-24T09:00:40Z", ["2026-11-24T09:00:00.000Z"]],
  ["skip", "2026-11-24T09:02:00Z", []],
] as const)("missed: %s, nothing ran until %s: %j", async (missed, restartedAt, expected) => {
  const store = createMemoryStore(silent);
  await runFrom(store, "2026-11-23T12:00:00Z", [morning({ missed })]);
  expect(await runFrom(store, restartedAt, [morning({ missed })])).toEqual(expected);
});

test("of many missed times the latest is made up for, and only once", async () => {
  const store = createMemoryStore(silent);
  const often = [morning({ cron: "*/5 * * * *" })];
  await runFrom(store, "2026-11-23T12:01:00Z", often);
  expect(await runFrom(store, "2026-11-23T12:33:00Z", often)).toEqual(["2026-11-23T12:30:00.000Z"]);
  expect(await runFrom(store, "2026-11-23T12:34:00Z", often)).toEqual(["2026-11-23T12:30:00.000Z"]);
});

test("a schedule with other times begins anew; one that was not enabled owes nothing", async () => {
  const store = createMemoryStore(silent);
  await runFrom(store, "2026-11-23T12:00:00Z");
  expect(await runFrom(store, "2026-11-24T09:10:00Z", [morning({ cron: "5 9 * * *" })])).toEqual([]);
  await runFrom(store, "2026-11-24T12:00:00Z", [morning({ enabled: false })]);
  expect(await runFrom(store, "2026-11-25T09:10:00Z")).toEqual([]);
});

test("a run that was accepted and not remembered is not accepted again", async () => {
  const store = createMemoryStore(silent);
  await runFrom(store, "2026-11-23T12:00:00Z");
  const forgotten = vi.spyOn(store.schedules, "ran").mockResolvedValueOnce();
  await runFrom(store, "2026-11-24T09:00:10Z");
  expect(forgotten).toHaveBeenCalledOnce();
  await using again = await openSchedules(store, [morning()], clockFrom("2026-11-24T09:00:20Z"));
  again.start();
  await expect.poll(async () => (await again.list())[0]?.lastRun).toBeTruthy();
  let alerts = 0;
  const worker = store.work(async () => void alerts++, noBacklog);
  await worker.drain(AbortSignal.timeout(1000));
  expect(alerts).toBe(1);
});

test("a run that is asked for is made now, of a schedule that is not enabled too, and changes no time", async () => {
  const store = createMemoryStore(silent);
  await runFrom(store, "2026-11-23T12:00:00Z");
  await using schedules = await openSchedules(
    store,
    [morning(), morning({ name: "off", enabled: false })],
    clockFrom("2026-11-24T09:00:30Z"),
  );
  const { id } = await schedules.run("off");
  expect((await store.find(id))?.alert).toMatchObject({ rule: "off", message: "CPU", fields: { schedule: "off" } });
  await schedules.run("morning");
  await expect(schedules.run("mornin")).rejects.toMatchObject({
    code: "schedule_unknown",
    hint: "Did you mean `morning`?",
  });
  expect(await runFrom(store, "2026-11-24T09:00:40Z")).toEqual(["2026-11-24T09:00:00.000Z"]);
});
