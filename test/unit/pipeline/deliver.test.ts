import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { AppError } from "../../../src/core/errors.ts";
import { createLog } from "../../../src/core/log.ts";
import type { Step } from "../../../src/core/message.ts";
import type { Attempt, Destination } from "../../../src/destinations/contract.ts";
import { deliver } from "../../../src/pipeline/deliver.ts";
import { textStep } from "../../support/messages.ts";
import { channelOf } from "../../support/pipeline.ts";

const deps = { clock: systemClock, log: createLog({ level: "silent", pretty: false }), random: () => 0 };
const order = { deliveryId: "d1", acceptedMs: 0 };

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
const run = async (destination: Destination, signal = AbortSignal.timeout(10_000)) =>
  await deliver(textStep("x"), channelOf(destination), order, deps, signal);

describe("deliver", () => {
  test("tries again while that can help, with the same id and rising numbers", async () => {
    const destination = scripted([unavailable, unavailable]);
    expect(await run(destination)).toMatchObject({ status: "delivered", attempts: 3, remoteId: "m1" });
    expect(destination.attempts.map(({ deliveryId, number }) => [deliveryId, number])).toEqual([
      ["d1", 1],
      ["d1", 2],
      ["d1", 3],
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

  test("an abort ends the wait for the next try", async () => {
    const controller = new AbortController();
    const destination = scripted([new AppError("delivery_limited", "429", { retryAfterMs: 300_000 })]);
    const running = run(destination, controller.signal);
    controller.abort();
    expect(await running).toMatchObject({ status: "failed" });
  });

  test("messages of one channel never overtake each other", async () => {
    const destination = scripted([unavailable, unavailable]);
    const channel = channelOf(destination);
    const { signal } = new AbortController();
    const texts = ["first", "second", "third"];
    await Promise.all(texts.map(async (text) => await deliver(textStep(text), channel, order, deps, signal)));
    expect(destination.steps.map((step) => (step.kind === "text" ? step.text : ""))).toEqual(texts);
  });
});
