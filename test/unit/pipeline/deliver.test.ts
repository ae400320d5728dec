import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { AppError } from "../../../src/core/errors.ts";
import type { StepRecord } from "../../../src/core/delivery.ts";
import { limits } from "../../../src/core/limits.ts";
import { createLog } from "../../../src/core/log.ts";
import type { Step } from "../../../src/core/message.ts";
import { createMetrics } from "../../../src/core/metrics.ts";
import type { Metrics } from "../../../src/core/metrics.ts";
import { race } from "../../../src/core/wait.ts";
import type { Attempt, Destination } from "../../../src/destinations/contract.ts";
import { deliver, deliverWaiting } from "../../../src/pipeline/deliver.ts";
import type { DeliverDeps } from "../../../src/pipeline/deliver.ts";
import type { Channel } from "../../../src/pipeline/channel.ts";
import type { StepProgress } from "../../../src/store/contract.ts";
import { createMemoryStore } from "../../../src/store/memory.ts";
import { textStep } from "../../support/messages.ts";
import { alertOf, channelOf } from "../../support/pipeline.ts";

const log = createLog({ level: "silent", pretty: false });

/** A destination that follows a script: each entry is thrown, undefined accepts. */
function scripted(
  script: readonly (Error | undefined)[],
): Destination & { readonly attempts: Attempt[]; readonly steps: Step[] } {
  const attempts: Attempt[] = [];
  const steps: Step[] = [];
  return {
    attempts,
    steps,
    format: "text",
    pictures: { taken: false, reason: "" },
    async deliver(step, attempt) {
      const error = script[attempts.length];
      attempts.push(attempt);
      if (error !== undefined) throw error;
      steps.push(step);
      return { remoteId: "m1" };
    },
    check: async () => [],
    async [Symbol.asyncDispose]() {},
  };
}

const unavailable = new AppError("delivery_unavailable", "500");
const limited = new AppError("delivery_limited", "429", { retryAfterMs: 1 });

interface Setting {
  readonly channel?: Channel;
  readonly signal?: AbortSignal;
  readonly progress?: StepProgress;
  readonly now?: Date;
  readonly metrics?: Metrics;
}

const newMetrics = (): Metrics => createMetrics({ version: "test", channels: ["ops"] });

/** Sends the text of a new alert, from the channel's backlog where it must, and says what the store has of it. */
async function run(
  destination: Destination,
  { channel, signal, progress, now, metrics = newMetrics() }: Setting = {},
): Promise<StepRecord> {
  await using store = createMemoryStore(log);
  const clock = now === undefined ? systemClock : { ...systemClock, now: () => now };
  const deps = { store, clock, log, metrics, random: () => 0 };
  const alert = { ...alertOf(), acceptedAt: new Date() };
  const to = channel ?? channelOf(destination);
  const limit = signal ?? AbortSignal.timeout(10_000);
  const order = { name: { deliveryId: "d1", position: 0, kind: "text" }, acceptedAt: alert.acceptedAt } as const;
  const finish = async (): Promise<undefined> => {
    await store.endDelivery("d1", "x");
  };
  const worker = store.work(
    async () => {
      const outcome = await deliver(textStep("x"), to, { ...order, progress }, deps, limit);
      if (outcome === "ended") await finish();
    },
    async (backlog) => {
      const [waiting] = await backlog.next();
      if (waiting === undefined) return undefined;
      const again = { ...order, progress: waiting.steps.get(0) };
      return (await deliverWaiting(textStep("x"), to, again, backlog.failures, deps, limit)) ?? (await finish());
    },
  );
  await store.accept(
    [{ alert, deliveries: [{ id: "d1", plan: { channel: "ops", portals: [], text: undefined } }] }],
    undefined,
  );
  await race(store.outcome(alert.id), limit);
  await worker.drain(limit);
  const record = (await store.find(alert.id))?.deliveries[0]?.steps[0];
  if (record === undefined) throw new Error("The step was not recorded.");
  return record;
}

describe("deliver", () => {
  test("tries again while that can help, with the same id and rising numbers", async () => {
    const destination = scripted([unavailable, unavailable]);
    expect(await run(destination)).toMatchObject({ status: "delivered", attempts: 3, remoteId: "m1" });
    expect(destination.attempts.map(({ deliveryId, number }) => [deliveryId, number])).toEqual([
      ["d1-text", 1],
      ["d1-text", 2],
      ["d1-text", 3],
    ]);
  });

  test("gives up at once when trying again cannot help", async () => {
    const destination = scripted([new AppError("delivery_unauthorized", "401")]);
    const record = await run(destination);
    expect(record).toMatchObject({ status: "failed", attempts: 1, failure: { code: "delivery_unauthorized" } });
    expect(destination.attempts).toHaveLength(1);
  });

  test("gives a message up that a working channel refuses again and again", async () => {
    const destination = scripted(Array.from({ length: 20 }, () => unavailable));
    expect(await run(destination)).toMatchObject({ status: "failed", attempts: 6 });
  });

  test("a rate limit uses up no try", async () => {
    const destination = scripted([...Array.from({ length: 10 }, () => limited), unavailable]);
    expect(await run(destination)).toMatchObject({ status: "delivered", attempts: 2 });
  });

  test("gives a message up that is too old to be tried again", async () => {
    const now = new Date(Date.now() + limits.deliveryAgeMsMax + 60_000);
    const record = await run(scripted([limited]), { now });
    expect(record).toMatchObject({ status: "failed", failure: { code: "delivery_limited" } });
  });

  test("a fault of our own is told as such, without its words", async () => {
    const record = await run(scripted([new TypeError("secret detail")]));
    expect(record.failure).toMatchObject({ code: "internal" });
    expect(record.failure?.message).not.toContain("secret detail");
  });

  test("an abort while a message is sent leaves the step open", async () => {
    const controller = new AbortController();
    await using store = createMemoryStore(log);
    const deps = { store, clock: systemClock, log, metrics: newMetrics(), random: () => 0 };
    const isSending = Promise.withResolvers<void>();
    const destination: Destination = {
      ...scripted([]),
      async deliver(_step, { signal }) {
        isSending.resolve();
        return await race(new Promise<never>(() => undefined), signal);
      },
    };
    const alert = alertOf();
    const plan = { channel: "ops", portals: [], text: undefined };
    await store.accept([{ alert, deliveries: [{ id: "d1", plan }] }], undefined);
    const name = { deliveryId: "d1", position: 0, kind: "text" } as const;
    const order = { name, acceptedAt: alert.acceptedAt, progress: undefined };
    const running = deliver(textStep("x"), channelOf(destination), order, deps, controller.signal);
    await isSending.promise;
    controller.abort(new AppError("shutting_down", "Stopped."));
    await expect(running).rejects.toMatchObject({ code: "shutting_down" });
    expect((await store.find(alert.id))?.deliveries[0]?.steps).toEqual([]);
  });

  test("a receipt that cannot be written is no failure of the channel: the step stays open for the next handling", async () => {
    await using store = createMemoryStore(log);
    const calls: string[] = [];
    const away = new AppError("store_unavailable", "The database is not there at the moment.");
    const broken: DeliverDeps["store"] = {
      beginAttempt: async (name) => await store.beginAttempt(name),
      endAttempt: async () => {
        calls.push("endAttempt");
        return { attempts: 1, channelWorks: true };
      },
      endStep: async () => {
        throw away;
      },
      hold: async () => void calls.push("hold"),
    };
    const deps = { store: broken, clock: systemClock, log, metrics: newMetrics(), random: () => 0 };
    const alert = alertOf();
    const plan = { channel: "ops", portals: [], text: undefined };
    await store.accept([{ alert, deliveries: [{ id: "d1", plan }] }], undefined);
    const name = { deliveryId: "d1", position: 0, kind: "text" } as const;
    const order = { name, acceptedAt: alert.acceptedAt, progress: undefined };
    const destination = scripted([]);
    const { signal } = new AbortController();
    await expect(deliver(textStep("x"), channelOf(destination), order, deps, signal)).rejects.toBe(away);
    expect(destination.steps).toHaveLength(1);
    expect(calls).toEqual([]);
  });

  test("what was sent and not answered is sent again and counted, or only recorded where the channel says mark", async () => {
    const unanswered = new AppError("delivery_unanswered", "The connection broke.");
    const again = scripted([unanswered]);
    expect(await run(again)).toMatchObject({ status: "delivered", attempts: 2, unknownAttempts: 1 });
    const once = scripted([unanswered]);
    const record = await run(once, { channel: channelOf(once, { onUnknown: "mark" }) });
    expect(record).toMatchObject({ status: "unknown", failure: { code: "delivery_unknown" }, unknownAttempts: 1 });
    expect(once.attempts).toHaveLength(1);
  });

  const unheard = { record: undefined, shot: undefined, attempts: 1, unknownAttempts: 1 };

  test("sends again what a crash left unknown, and counts it", async () => {
    const destination = scripted([]);
    const record = await run(destination, { progress: unheard });
    expect(record).toMatchObject({ status: "delivered", attempts: 2, unknownAttempts: 1 });
    expect(destination.attempts).toMatchObject([{ deliveryId: "d1-text", number: 2 }]);
  });

  test("only records it where the channel says mark", async () => {
    const destination = scripted([]);
    const channel = channelOf(destination, { onUnknown: "mark" });
    const record = await run(destination, { channel, progress: unheard });
    expect(record).toMatchObject({ status: "unknown", failure: { code: "delivery_unknown" }, unknownAttempts: 1 });
    expect(destination.attempts).toEqual([]);
  });

  test("counts what ended and every try that failed, with its code", async () => {
    const metrics = newMetrics();
    await run(scripted([unavailable, limited]), { metrics });
    await run(scripted([new AppError("delivery_unauthorized", "401")]), { metrics });
    await run(scripted([new TypeError("secret detail")]), { metrics });
    const text = await metrics.registry.metrics();
    for (const [series, value] of [
      ['steps_ended_total{channel="ops",kind="text",status="delivered"}', 1],
      ['steps_ended_total{channel="ops",kind="text",status="failed"}', 2],
      ['steps_ended_total{channel="ops",kind="picture",status="delivered"}', 0],
      ['attempts_failed_total{channel="ops",code="delivery_unavailable"}', 1],
      ['attempts_failed_total{channel="ops",code="delivery_limited"}', 1],
      ['attempts_failed_total{channel="ops",code="delivery_unauthorized"}', 1],
      ['attempts_failed_total{channel="ops",code="internal"}', 1],
      ['alert_to_text_seconds_count{channel="ops"}', 1],
      ['alert_to_picture_seconds_count{channel="ops"}', 0],
    ]) {
      expect(text).toContain(`chartbell_${series} ${value}\n`);
    }
  });

  test("messages of one channel never overtake each other", async () => {
    await using store = createMemoryStore(log);
    const deps = { store, clock: systemClock, log, metrics: newMetrics(), random: () => 0 };
    const destination = scripted([]);
    const channel = channelOf(destination);
    const { signal } = new AbortController();
    const texts = ["first", "second", "third"];
    const alerts = texts.map((text) => ({ ...alertOf({ rule: text }), id: text }));
    const plan = { channel: "ops", portals: [], text: undefined };
    await store.accept(
      alerts.map((alert) => ({ alert, deliveries: [{ id: alert.id, plan }] })),
      undefined,
    );
    await Promise.all(
      texts.map(async (text) => {
        const name = { deliveryId: text, position: 0, kind: "text" } as const;
        const order = { name, acceptedAt: new Date(), progress: undefined };
        await deliver(textStep(text), channel, order, deps, signal);
      }),
    );
    expect(destination.steps.map((step) => (step.kind === "text" ? step.text : ""))).toEqual(texts);
  });
});
