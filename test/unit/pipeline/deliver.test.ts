import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { AppError } from "../../../src/core/errors.ts";
import type { StepRecord } from "../../../src/core/delivery.ts";
import { createLog } from "../../../src/core/log.ts";
import type { Step } from "../../../src/core/message.ts";
import type { Metrics } from "../../../src/core/metrics.ts";
import { createMetrics } from "../../../src/core/metrics.ts";
import type { Attempt, Destination } from "../../../src/destinations/contract.ts";
import { deliver } from "../../../src/pipeline/deliver.ts";
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
  readonly metrics?: Metrics;
}

/** Sends the text of a new alert and says what the store has of it. */
async function run(
  destination: Destination,
  { channel, signal, progress, ...given }: Setting = {},
): Promise<StepRecord> {
  await using store = createMemoryStore(log);
  const metrics = given.metrics ?? createMetrics({ version: "test", channels: [] });
  const deps = { store, clock: systemClock, log, metrics, random: () => 0 };
  const alert = alertOf();
  const plan = { channel: "ops", portals: [], text: undefined };
  await store.accept([{ alert, deliveries: [{ id: "d1", plan }] }], undefined);
  const name = { deliveryId: "d1", position: 0, kind: "text" } as const;
  const order = { name, acceptedAt: alert.acceptedAt, progress };
  const limit = signal ?? AbortSignal.timeout(10_000);
  await deliver(textStep("x"), channel ?? channelOf(destination), order, deps, limit);
  await store.endDelivery("d1", "x");
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

  test("gives up after the last try", async () => {
    const destination = scripted(Array.from({ length: 20 }, () => unavailable));
    expect(await run(destination)).toMatchObject({ status: "failed", attempts: 6 });
  });

  test("a rate limit uses up no try", async () => {
    const destination = scripted([...Array.from({ length: 10 }, () => limited), unavailable]);
    expect(await run(destination)).toMatchObject({ status: "delivered", attempts: 2 });
  });

  test("a wish to wait beyond the message's age is a failure now, not a wait", async () => {
    const destination = scripted([new AppError("delivery_limited", "429", { retryAfterMs: 3_600_000 })]);
    expect(await run(destination)).toMatchObject({ status: "failed", failure: { code: "delivery_limited" } });
  });

  test("a fault of our own is told as such, without its words", async () => {
    const record = await run(scripted([new TypeError("secret detail")]));
    expect(record.failure).toMatchObject({ code: "internal" });
    expect(record.failure?.message).not.toContain("secret detail");
  });

  test("an abort ends the wait for the next try and leaves the step open", async () => {
    const controller = new AbortController();
    const destination = scripted([new AppError("delivery_limited", "429", { retryAfterMs: 300_000 })]);
    const running = run(destination, { signal: controller.signal });
    controller.abort(new AppError("shutting_down", "Stopped."));
    await expect(running).rejects.toMatchObject({ code: "shutting_down" });
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
    const metrics = createMetrics({ version: "test", channels: ["ops"] });
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
    const metrics = createMetrics({ version: "test", channels: [] });
    const deps = { store, clock: systemClock, log, metrics, random: () => 0 };
    const destination = scripted([unavailable, unavailable]);
    const channel = channelOf(destination);
    const { signal } = new AbortController();
    const texts = ["first", "second", "third"];
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
