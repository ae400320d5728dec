import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StepRecord } from "../../src/core/delivery.ts";
import { createLog } from "../../src/core/log.ts";
import type { PendingAlert, PlannedAlert, StepName, Store } from "../../src/store/contract.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { openStore } from "../../src/store/open.ts";
import { alertOf } from "../support/pipeline.ts";

/* What src/store/contract.ts promises, of every store. */

const log = createLog({ level: "silent", pretty: false });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-stores-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

const stores: readonly (readonly [string, () => Promise<Store>])[] = [
  ["memory", async () => createMemoryStore(log)],
  ["PostgreSQL", async () => await openStore({ dataDir: folder, url: undefined }, log)],
];

function planned(rule: string, channels: readonly string[] = ["ops"]): PlannedAlert {
  const alert = { ...alertOf({ rule, message: "NUL \u0000, half a pair \ud800, 🔔" }), id: randomUUID() };
  const plans = channels.map((channel) => ({ channel, portals: ["cpu"], text: "${rule}" }));
  return { alert, deliveries: plans.map((plan) => ({ id: randomUUID(), plan })) };
}

const delivered: StepRecord = { kind: "text", status: "delivered", attempts: 1, afterMs: 5, remoteId: "m\u00001" };
const textOf = (deliveryId: string): StepName => ({ deliveryId, position: 0, kind: "text" });

async function sendText(store: Store, { deliveries }: PendingAlert): Promise<void> {
  for (const { id } of deliveries) {
    expect(await store.beginAttempt(textOf(id))).toBe(true);
    await store.endStep(textOf(id), delivered, undefined);
    await store.endDelivery(id, "text \u0000");
  }
}

describe.each(stores)("%s", (_name, open) => {
  let store: Store;
  const handled: PendingAlert[] = [];
  let handler = async (pending: PendingAlert, _signal: AbortSignal): Promise<void> => await sendText(store, pending);
  const usual = handler;
  beforeAll(async () => {
    store = await open();
    const worker = store.work(async (pending, signal) => {
      handled.push(pending);
      await handler(pending, signal);
    });
    return async () => {
      await worker.drain(AbortSignal.timeout(5000));
      await store[Symbol.asyncDispose]();
    };
  });

  test("hands an accepted alert out once, as it was, and knows what became of it", async () => {
    const one = planned("once", ["ops", "lobby"]);
    expect(await store.accept([one], undefined)).toEqual([{ id: one.alert.id, duplicate: false }]);
    const outcome = await store.outcome(one.alert.id);
    const pending = handled.filter(({ alert }) => alert.id === one.alert.id);
    expect(pending).toHaveLength(1);
    expect(pending[0]?.alert).toEqual(one.alert);
    expect(pending[0]?.deliveries.map(({ plan }) => plan)).toEqual(one.deliveries.map(({ plan }) => plan));
    expect(outcome).toMatchObject({ alert: one.alert, state: "handled" });
    expect(outcome?.deliveries).toEqual(
      one.deliveries.map(({ id, plan }) => ({
        id,
        channel: plan.channel,
        text: "text \u0000",
        steps: [delivered],
        shots: [],
      })),
    );
  });

  test("hands many out in the order of acceptance", async () => {
    const many = Array.from({ length: 50 }, (_, index) => planned(`order-${index}`));
    await store.accept(many, undefined);
    await Promise.all(many.map(async ({ alert }) => await store.outcome(alert.id)));
    const rules = handled.map(({ alert }) => alert.rule).filter((rule) => rule.startsWith("order-"));
    expect(rules).toEqual(many.map(({ alert }) => alert.rule));
  });

  test("answers a repeated key with the same ids, also to requests at the same time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => await store.accept([planned("race-a"), planned("race-b")], "key-1")),
    );
    const ids = answers.map((answer) => answer.map(({ id }) => id).join(" "));
    expect(new Set(ids).size).toBe(1);
    expect(answers.filter((answer) => answer.every(({ duplicate }) => !duplicate))).toHaveLength(1);
    await Promise.all(ids[0]?.split(" ").map(async (id) => await store.outcome(id)) ?? []);
    expect(handled.filter(({ alert }) => alert.rule.startsWith("race-"))).toHaveLength(2);
  });

  test("gives no alert a turn before an earlier one of its key has said its text in that channel", async () => {
    const [opened, cancelled, other] = [planned("turn"), planned("turn", ["ops", "lobby"]), planned("other")];
    const { promise: mayGo, resolve: go } = Promise.withResolvers<void>();
    handler = async () => await mayGo;
    await store.accept([opened, cancelled, other], undefined);
    const [ops, lobby] = cancelled.deliveries;
    expect(await store.beginAttempt(textOf(ops?.id ?? ""))).toBe(false);
    expect(await store.beginAttempt(textOf(lobby?.id ?? ""))).toBe(true);
    expect(await store.beginAttempt(textOf(other.deliveries[0]?.id ?? ""))).toBe(true);
    const first = textOf(opened.deliveries[0]?.id ?? "");
    expect(await store.beginAttempt(first)).toBe(true);
    await store.endAttempt(first, { code: "delivery_unavailable", message: "500" });
    expect(await store.beginAttempt(textOf(ops?.id ?? ""))).toBe(false);
    await store.endStep(first, delivered, undefined);
    expect(await store.beginAttempt(textOf(ops?.id ?? ""))).toBe(true);
    go();
    await Promise.all([opened, cancelled, other].map(async ({ alert }) => await store.outcome(alert.id)));
    handler = usual;
  });

  test("hands an alert out again whose handling failed, with what had ended before", async () => {
    const one = planned("again", ["ops", "lobby"]);
    const [ops] = one.deliveries;
    handler = async (pending) => {
      if (handled.filter(({ alert }) => alert.id === pending.alert.id).length > 1) return;
      await store.beginAttempt(textOf(ops?.id ?? ""));
      await store.endStep(textOf(ops?.id ?? ""), delivered, undefined);
      throw new Error("A fault of ours.");
    };
    await store.accept([one], undefined);
    await store.outcome(one.alert.id);
    handler = usual;
    const [, second] = handled.filter(({ alert }) => alert.id === one.alert.id);
    expect(second?.deliveries[0]?.steps.get(0)?.record).toEqual(delivered);
    expect(second?.deliveries[1]?.steps.size).toBe(0);
  });

  test("remembers schedules: since when, until when, and the last run", async () => {
    const { schedules } = store;
    const at = (time: string): Date => new Date(`2026-11-23T${time}Z`);
    const run = (dueAt: string | undefined, ranAt: string) => ({
      dueAt: dueAt === undefined ? undefined : at(dueAt),
      at: at(ranAt),
      alertId: randomUUID(),
    });
    await schedules.know(
      new Map([
        ["a", "daily"],
        ["b", "daily"],
      ]),
      at("08:00:00"),
    );
    const first = run("09:00:00", "09:00:01");
    await schedules.ran("a", first);
    // Another process is later, or was asked again: the first one counts.
    await schedules.ran("a", run("09:00:00", "09:00:02"));
    await schedules.ran("a", run("08:30:00", "09:00:03"));
    await schedules.ran("nobody", run("09:00:00", "09:00:01"));
    expect((await schedules.known()).get("a")).toMatchObject({
      since: at("08:00:00"),
      lastDueAt: at("09:00:00"),
      lastRun: { at: at("09:00:01"), alertId: first.alertId },
    });
    const asked = run(undefined, "10:00:00");
    await schedules.ran("a", asked);
    await schedules.know(
      new Map([
        ["a", "daily"],
        ["c", "hourly"],
      ]),
      at("11:00:00"),
    );
    const known = await schedules.known();
    expect([...known.keys()].toSorted()).toEqual(["a", "c"]);
    expect(known.get("a")).toMatchObject({
      since: at("08:00:00"),
      lastDueAt: at("09:00:00"),
      lastRun: { at: at("10:00:00"), alertId: asked.alertId },
    });
    expect(known.get("c")).toMatchObject({ since: at("11:00:00"), lastDueAt: undefined, lastRun: undefined });
    await schedules.know(new Map([["a", "weekly"]]), at("12:00:00"));
    expect((await schedules.known()).get("a")).toMatchObject({ since: at("12:00:00"), lastDueAt: at("09:00:00") });
  });

  test("knows nothing of other ids", async () => {
    expect(await store.find(randomUUID())).toBeUndefined();
    expect(await store.find("nonsense")).toBeUndefined();
    expect(await store.outcome(randomUUID())).toBeUndefined();
  });
});
