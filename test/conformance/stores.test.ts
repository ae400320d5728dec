import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Alert } from "../../src/core/alert.ts";
import type { Failure, StepRecord } from "../../src/core/delivery.ts";
import { createLog } from "../../src/core/log.ts";
import type {
  Backlog,
  Hold,
  PendingAlert,
  PlannedAlert,
  StepName,
  Store,
  WaitingDelivery,
} from "../../src/store/contract.ts";
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

function planned(rule: string, channels: readonly string[] = ["ops"], facts: Partial<Alert> = {}): PlannedAlert {
  const alert = { ...alertOf({ rule, message: "NUL \u0000, half a pair \ud800, 🔔" }), id: randomUUID(), ...facts };
  const plans = channels.map((channel) => ({ channel, portals: ["cpu"], text: "${rule}" }));
  return { alert, deliveries: plans.map((plan) => ({ id: randomUUID(), plan })) };
}

const delivered: StepRecord = { kind: "text", status: "delivered", attempts: 1, afterMs: 5, remoteId: "m\u00001" };
const unavailable: Failure = { code: "delivery_unavailable", message: "500" };
const limited: Failure = { code: "delivery_limited", message: "429" };
const textOf = (deliveryId: string): StepName => ({ deliveryId, position: 0, kind: "text" });

async function sendText(store: Store, { deliveries }: PendingAlert): Promise<void> {
  for (const { id } of deliveries) {
    expect(await store.beginAttempt(textOf(id))).toBe("begun");
    await store.endStep(textOf(id), delivered, undefined);
    await store.endDelivery(id, "text \u0000");
  }
}

describe.each(stores)("%s", (_name, open) => {
  let store: Store;
  const handled: PendingAlert[] = [];
  let handler = async (pending: PendingAlert, _signal: AbortSignal): Promise<void> => await sendText(store, pending);
  const usual = handler;
  let emptier = async (_backlog: Backlog): Promise<Hold | undefined> => undefined;
  beforeAll(async () => {
    store = await open();
    const worker = store.work(
      async (pending, signal) => {
        handled.push(pending);
        await handler(pending, signal);
      },
      async (backlog) => await emptier(backlog),
    );
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
        state: "delivered",
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
    handler = async ({ deliveries }) => {
      await mayGo;
      for (const { id } of deliveries) await store.endDelivery(id, "");
    };
    await store.accept([opened, cancelled, other], undefined);
    const [ops, lobby] = cancelled.deliveries;
    expect(await store.beginAttempt(textOf(ops?.id ?? ""))).toBe("behind");
    expect(await store.beginAttempt(textOf(lobby?.id ?? ""))).toBe("begun");
    expect(await store.beginAttempt(textOf(other.deliveries[0]?.id ?? ""))).toBe("begun");
    const first = textOf(opened.deliveries[0]?.id ?? "");
    expect(await store.beginAttempt(first)).toBe("begun");
    await store.endAttempt(first, { failure: unavailable, kind: "failed" });
    expect(await store.beginAttempt(textOf(ops?.id ?? ""))).toBe("behind");
    await store.endStep(first, delivered, undefined);
    expect(await store.beginAttempt(textOf(ops?.id ?? ""))).toBe("begun");
    go();
    await Promise.all([opened, cancelled, other].map(async ({ alert }) => await store.outcome(alert.id)));
    handler = usual;
  });

  test("hands an alert out again whose handling failed, with what had ended before", async () => {
    const one = planned("again", ["ops", "lobby"]);
    const [ops] = one.deliveries;
    handler = async (pending) => {
      if (handled.filter(({ alert }) => alert.id === pending.alert.id).length > 1) {
        for (const { id } of pending.deliveries) await store.endDelivery(id, "");
        return;
      }
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

  describe("a channel that takes nothing", () => {
    /** Holds the first message of a channel and leaves the others to the backlog; then says what the backlog gives. */
    async function storm(channel: string, alerts: readonly PlannedAlert[]): Promise<readonly WaitingDelivery[]> {
      const said: WaitingDelivery[] = [];
      const full = Promise.withResolvers<void>();
      const first = alerts[0]?.deliveries[0]?.id ?? "";
      let seen = 0;
      handler = async ({ deliveries }) => {
        for (const { id } of deliveries) {
          const turn = await store.beginAttempt(textOf(id));
          expect(turn).toBe(id === first ? "begun" : "waits");
          if (turn === "begun") await store.endAttempt(textOf(id), { failure: limited, kind: "free" });
          if (turn === "begun") await store.hold(id, { waitMs: 100, failure: limited });
        }
        seen++;
        if (seen === alerts.length) full.resolve();
      };
      emptier = async (backlog) => {
        expect(backlog.channel).toBe(channel);
        await full.promise;
        for (let waiting = await backlog.next(); waiting.length > 0; waiting = await backlog.next()) {
          const [one] = waiting;
          if (one === undefined) break;
          said.push(one);
          expect(await store.beginAttempt(textOf(one.id))).toBe("begun");
          await store.endStep(textOf(one.id), delivered, undefined, one.earlier.deliveryIds);
          await store.endDelivery(one.id, "said");
        }
        return undefined;
      };
      await store.accept(alerts, undefined);
      await Promise.all(alerts.map(async ({ alert }) => await store.outcome(alert.id)));
      handler = usual;
      return said;
    }

    test("says the newest state of each alert, the severe first, and folds the earlier ones into it", async () => {
      const mild = (facts: Partial<Alert>): PlannedAlert =>
        planned("mild", ["storm"], { severity: "warning", ...facts });
      const all = [
        mild({ status: "OPEN" }),
        mild({ status: "REPEAT" }),
        mild({ status: "CANCEL" }),
        planned("harmless", ["storm"], { severity: "normal" }),
        planned("severe", ["storm"], { severity: "critical" }),
      ];
      const said = await storm("storm", all);
      expect(said.map(({ alert, earlier }) => [alert.rule, alert.status, earlier.statuses])).toEqual([
        ["severe", "OPEN", []],
        ["mild", "CANCEL", ["OPEN", "REPEAT"]],
        ["harmless", "OPEN", []],
      ]);
      const [opened, , cancelled] = all;
      const outcome = await store.find(opened?.alert.id ?? "");
      expect(outcome?.state).toBe("handled");
      expect(outcome?.deliveries).toMatchObject([
        { state: "folded", steps: [{ status: "folded", foldedInto: cancelled?.deliveries[0]?.id }] },
      ]);
    });

    test("what was sent without an answer is counted, also where a later state is said instead", async () => {
      const [opened, cancelled] = [planned("doubt", ["doubt"]), planned("doubt", ["doubt"], { status: "CANCEL" })];
      const [isHeld, bothWait] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      handler = async ({ deliveries: [delivery] }) => {
        const name = textOf(delivery?.id ?? "");
        if ((await store.beginAttempt(name)) === "waits") {
          bothWait.resolve();
          return;
        }
        await store.endAttempt(name, { failure: unavailable, kind: "unknown" });
        await store.hold(name.deliveryId, { waitMs: 0, failure: unavailable });
        isHeld.resolve();
      };
      emptier = async (backlog) => {
        await bothWait.promise;
        const [one] = await backlog.next();
        if (one === undefined) return undefined;
        await store.beginAttempt(textOf(one.id));
        await store.endStep(textOf(one.id), delivered, undefined, one.earlier.deliveryIds);
        await store.endDelivery(one.id, "said");
        return undefined;
      };
      await store.accept([opened], undefined);
      await isHeld.promise;
      await store.accept([cancelled], undefined);
      await store.outcome(cancelled.alert.id);
      handler = usual;
      expect(await store.outcome(opened.alert.id)).toMatchObject({
        deliveries: [{ state: "folded", steps: [{ status: "folded", unknownAttempts: 1 }] }],
      });
    });

    test("takes messages directly again once its backlog is empty", async () => {
      await storm("again", [planned("first", ["again"])]);
      const next = planned("next", ["again"]);
      await store.accept([next], undefined);
      await store.outcome(next.alert.id);
      expect(await store.find(next.alert.id)).toMatchObject({ state: "handled", deliveries: [{ state: "delivered" }] });
    });

    test("is left alone for as long as was said, and its failures are counted", async () => {
      const failures: number[] = [];
      const [one, ended] = [planned("held", ["held"]), Promise.withResolvers<void>()];
      handler = async ({ deliveries: [delivery] }) => {
        const name = textOf(delivery?.id ?? "");
        await store.beginAttempt(name);
        await store.endAttempt(name, { failure: unavailable, kind: "failed" });
        await store.hold(name.deliveryId, { waitMs: 10, failure: unavailable });
      };
      emptier = async (backlog) => {
        failures.push(backlog.failures);
        if (failures.length < 3) return { waitMs: 10, failure: unavailable };
        const [waiting] = await backlog.next();
        expect(waiting?.steps.get(0)).toMatchObject({ attempts: 1, record: undefined });
        await store.beginAttempt(textOf(waiting?.id ?? ""));
        await store.endStep(textOf(waiting?.id ?? ""), delivered, undefined);
        await store.endDelivery(waiting?.id ?? "", "x");
        ended.resolve();
        return undefined;
      };
      await store.accept([one], undefined);
      await ended.promise;
      await store.outcome(one.alert.id);
      handler = usual;
      expect(failures).toEqual([1, 2, 3]);
    });
  });

  test("answers a ping, and counts what is left to do", async () => {
    const signal = AbortSignal.timeout(10_000);
    await store.ping(signal);
    expect(await store.stats(signal)).toEqual({ unhandled: 0, oldestUnhandledAt: undefined, waiting: new Map() });
    const { promise: mayGo, resolve: go } = Promise.withResolvers<void>();
    handler = async (pending) => {
      await mayGo;
      await sendText(store, pending);
    };
    const [one, other] = [planned("left", ["far"]), planned("left-too", ["near"])];
    const earlier = { ...other, alert: { ...other.alert, acceptedAt: new Date("2026-02-01T00:00:00Z") } };
    await store.accept([one, earlier], undefined);
    const oldestUnhandledAt = earlier.alert.acceptedAt;
    expect(await store.stats(signal)).toEqual({ unhandled: 2, oldestUnhandledAt, waiting: new Map() });
    await store.hold(one.deliveries[0]?.id ?? "", { waitMs: 60_000, failure: limited });
    expect(await store.stats(signal)).toEqual({ unhandled: 2, oldestUnhandledAt, waiting: new Map([["far", 1]]) });
    await store.endDelivery(one.deliveries[0]?.id ?? "", "");
    handler = usual;
    go();
    await store.outcome(other.alert.id);
    expect((await store.stats(signal)).waiting).toEqual(new Map());
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
