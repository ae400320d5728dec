import { backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Failure, StepRecord } from "../core/delivery.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import type { Step } from "../core/message.ts";
import { wait } from "../core/wait.ts";
import type { Channel } from "./channel.ts";

export interface DeliverDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** [0, 1) */
  readonly random: () => number;
}

interface StepOrder {
  readonly deliveryId: string;
  /** Monotonic milliseconds when the alert was accepted. */
  readonly acceptedMs: number;
}

/**
 * Sends one step to a channel, in the channel's order, and tries again where that can help: full jitter, the server's own
 * wish obeyed, at most limits.deliveryTriesMax tries and limits.deliveryAgeMsMax in all. A wait for a rate limit uses up no
 * try. Never throws for what the other side did; the record says what became of the step.
 */
export async function deliver(
  step: Step,
  channel: Channel,
  order: StepOrder,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<StepRecord> {
  return await channel.inOrder(async () => {
    const outcome = await tryUntilDone(step, channel, order, deps, signal);
    const afterMs = Math.round(deps.clock.monotonicMs() - order.acceptedMs);
    const record: StepRecord = { kind: step.kind, afterMs, ...outcome };
    logOutcome(record, channel, order, deps.log);
    return record;
  });
}

type Outcome = Omit<StepRecord, "kind" | "afterMs">;

async function tryUntilDone(
  step: Step,
  channel: Channel,
  { deliveryId }: StepOrder,
  { clock, log, random }: DeliverDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const startedMs = clock.monotonicMs();
  let attempts = 0;
  for (;;) {
    try {
      const attempt = { deliveryId, number: attempts + 1, signal };
      const { remoteId } = await channel.destination.deliver(step, attempt);
      const id = remoteId === undefined ? {} : { remoteId };
      return { status: "delivered", attempts: attempts + 1, ...id };
    } catch (error) {
      const isFlowControl = error instanceof AppError && error.code === "delivery_limited";
      if (!isFlowControl) attempts++;
      const waitMs = nextWaitMs(error, attempts, random);
      const ageMs = clock.monotonicMs() - startedMs;
      const isOver =
        waitMs === undefined || attempts >= limits.deliveryTriesMax || ageMs + waitMs > limits.deliveryAgeMsMax;
      if (isOver || signal.aborted) return { status: "failed", attempts, failure: failureOf(error) };
      log.debug({ channel: channel.name, deliveryId, attempts, waitMs, reason: messageOf(error) }, "Delivery waits.");
      const isWaiting = await wait(waitMs, signal).then(
        () => true,
        () => false,
      );
      if (!isWaiting) return { status: "failed", attempts, failure: failureOf(error) };
    }
  }
}

/** Undefined when trying again cannot help. */
function nextWaitMs(error: unknown, attempts: number, random: () => number): number | undefined {
  if (!(error instanceof AppError) || !error.isRetryable) return undefined;
  return backoffMs(Math.max(1, attempts), limits.deliveryBackoff, random, error.retryAfterMs);
}

/** What a person and a program are told of anything thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AppError) return { code: error.code, message: `${error.message} ${error.hint}` };
  return {
    code: "internal",
    message: "An unexpected fault inside Chartbell; its log says which (CHARTBELL_LOG_LEVEL=debug).",
  };
}

function logOutcome(record: StepRecord, channel: Channel, { deliveryId }: StepOrder, log: Logger): void {
  const facts = { channel: channel.name, deliveryId, step: record.kind, attempts: record.attempts };
  if (record.status === "delivered") log.info({ ...facts, afterMs: record.afterMs }, "Delivered.");
  else log.error({ ...facts, code: record.failure?.code, reason: record.failure?.message }, "Not delivered.");
}
