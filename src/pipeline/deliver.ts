import { backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Failure, ShotRecord, StepRecord } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Step } from "../core/message.ts";
import { reasonOf, wait } from "../core/wait.ts";
import type { StepName, StepProgress, Store } from "../store/contract.ts";
import type { Channel } from "./channel.ts";
import { observeFailedAttempt, observeStep } from "./observe.ts";
import type { Observed } from "./observe.ts";

export interface DeliverDeps extends Observed {
  readonly store: Pick<Store, "beginAttempt" | "endAttempt" | "endStep">;
  readonly clock: Clock;
  /** [0, 1) */
  readonly random: () => number;
}

export interface StepOrder {
  readonly name: StepName;
  readonly acceptedAt: Date;
  /** How far an earlier handling of the alert had come with this step. */
  readonly progress: StepProgress | undefined;
  /** Kept beside the step's record. */
  readonly shot?: ShotRecord;
}

/**
 * Sends one step to a channel, in the channel's order, and tries again where that can help: full jitter, the server's own
 * wish obeyed, at most limits.deliveryTriesMax tries and limits.deliveryAgeMsMax in all. A wait for a rate limit uses up no
 * try. Each try is written down before it is made, and its receipt before the next message's turn. Never throws for what the
 * other side did; rejects when the signal aborts, with the step open for the next handling.
 */
export async function deliver(
  step: Step,
  channel: Channel,
  order: StepOrder,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<void> {
  const { progress, name } = order;
  if (progress?.record !== undefined) return;
  const isUnknown = progress !== undefined && progress.unknownAttempts > 0;
  if (isUnknown && channel.onUnknown === "mark") {
    await end({ status: "unknown", attempts: progress.attempts, failure: unknownFailure }, channel, order, deps);
    return;
  }
  for (let waitedMs = 0; ; waitedMs += limits.turnPollMs) {
    const hasEnded = await channel.inOrder(async () => {
      if (signal.aborted) throw reasonOf(signal);
      if (!(await deps.store.beginAttempt(name))) return false;
      await end(await tryUntilDone(step, channel, order, deps, signal), channel, order, deps);
      return true;
    });
    if (hasEnded) return;
    if (waitedMs > limits.turnWaitMs) throw new Error("An earlier alert of the same key has not said its text yet.");
    await wait(limits.turnPollMs, signal);
  }
}

const unknownFailure: Failure = {
  code: "delivery_unknown",
  message: "Chartbell ended while it sent this; nobody knows whether it arrived, and the channel's onUnknown is mark.",
};

type Outcome = Omit<StepRecord, "kind" | "afterMs">;

async function end(outcome: Outcome, channel: Channel, order: StepOrder, deps: DeliverDeps): Promise<void> {
  const { name, acceptedAt, progress, shot } = order;
  const afterMs = deps.clock.now().getTime() - acceptedAt.getTime();
  const unknownAttempts = progress?.unknownAttempts ?? 0;
  const unknown = unknownAttempts > 0 ? { unknownAttempts } : {};
  const record: StepRecord = { kind: name.kind, afterMs, ...outcome, ...unknown };
  await deps.store.endStep(name, record, shot);
  const { attempts } = record;
  observeStep(record, name.position, { channel: channel.name, deliveryId: idAtDestination(name), attempts }, deps);
}

/** Comes with its first attempt begun. */
async function tryUntilDone(
  step: Step,
  channel: Channel,
  { name, progress }: StepOrder,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { store, clock, random } = deps;
  const startedMs = clock.monotonicMs();
  const deliveryId = idAtDestination(name);
  let attempts = progress?.attempts ?? 0;
  for (;;) {
    try {
      const { remoteId } = await channel.destination.deliver(step, { deliveryId, number: attempts + 1, signal });
      const id = remoteId === undefined ? {} : { remoteId };
      return { status: "delivered", attempts: attempts + 1, ...id };
    } catch (error) {
      if (signal.aborted) throw reasonOf(signal);
      const isFlowControl = error instanceof AppError && error.code === "delivery_limited";
      if (!isFlowControl) attempts++;
      const waitMs = nextWaitMs(error, attempts, random);
      const ageMs = clock.monotonicMs() - startedMs;
      const isOver =
        waitMs === undefined || attempts >= limits.deliveryTriesMax || ageMs + waitMs > limits.deliveryAgeMsMax;
      const facts = { channel: channel.name, deliveryId, attempts };
      observeFailedAttempt(error, isOver ? undefined : waitMs, facts, deps);
      if (isOver) return { status: "failed", attempts, failure: failureOf(error) };
      await store.endAttempt(name, failureOf(error));
      await wait(waitMs, signal);
      await store.beginAttempt(name);
    }
  }
}

/** The same for every try of a step, before and after a crash. */
function idAtDestination({ deliveryId, position }: StepName): string {
  return `${deliveryId}-${position === 0 ? "text" : `picture${position}`}`;
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
