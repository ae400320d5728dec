import { backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { Failure, ShotRecord, StepRecord } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Step } from "../core/message.ts";
import { reasonOf, wait } from "../core/wait.ts";
import type { Receipt } from "../destinations/contract.ts";
import type { AttemptEnd, Hold, StepName, StepProgress, Store } from "../store/contract.ts";
import type { Channel } from "./channel.ts";
import { observeFailedAttempt, observeHold, observeStep, observeWait } from "./observe.ts";
import type { Observed, StepFacts } from "./observe.ts";

export interface DeliverDeps extends Observed {
  readonly store: Pick<Store, "beginAttempt" | "endAttempt" | "endStep" | "hold">;
  readonly clock: Clock;
  /** [0, 1) */
  readonly random: () => number;
}

export interface StepOrder {
  readonly name: StepName;
  readonly acceptedAt: Date;
  /** Its age counts from here; default: from its acceptance. */
  readonly dueSince?: Date;
  /** How far an earlier handling had come with this step. */
  readonly progress: StepProgress | undefined;
  /** Kept beside the step's record. */
  readonly shot?: ShotRecord;
  /** Deliveries that are said with this step. */
  readonly folded?: readonly string[];
}

/**
 * Sends one step to a channel, once, in the channel's order. The try is written down before it is made, its receipt before
 * the next message's turn. `waits`: the channel could not take it or has a backlog, and the delivery is in there now. Never
 * throws for what the other side did; rejects when the signal aborts, with the step open for the next handling.
 */
export async function deliver(
  step: Step,
  channel: Channel,
  order: StepOrder,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<"ended" | "waits"> {
  if (await endBefore(channel, order, deps)) return "ended";
  const { deliveryId } = order.name;
  if (channel.turns.waiting >= limits.channelTurnsMax) {
    await deps.store.hold(deliveryId, busy);
    observeWait(channel.name, deliveryId, deps);
    return "waits";
  }
  for (let waitedMs = 0; ; waitedMs += limits.turnPollMs) {
    const outcome = await channel.turns.run(async () => {
      if (signal.aborted) throw reasonOf(signal);
      const turn = await deps.store.beginAttempt(order.name);
      if (turn !== "begun") return turn;
      const hold = await attempt(step, channel, order, 1, deps, signal);
      if (hold === undefined) return "ended";
      await deps.store.hold(deliveryId, hold);
      observeHold(hold, channel.name, deps);
      return "waits";
    });
    if (outcome === "waits") observeWait(channel.name, deliveryId, deps);
    if (outcome !== "behind") return outcome;
    if (waitedMs > limits.turnWaitMs) throw new Error("An earlier alert of the same key has not said its text yet.");
    await wait(limits.turnPollMs, signal);
  }
}

/**
 * Sends one step of what waited; `failures` counts how often in a row the channel took nothing before. Returns why the
 * channel is to be left alone now, or undefined when the step has ended.
 */
export async function deliverWaiting(
  step: Step,
  channel: Channel,
  order: StepOrder,
  failures: number,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<Hold | undefined> {
  if (await endBefore(channel, order, deps)) return undefined;
  return await channel.turns.run(async () => {
    if (signal.aborted) throw reasonOf(signal);
    const turn = await deps.store.beginAttempt(order.name);
    if (turn === "begun") return await attempt(step, channel, order, failures + 1, deps, signal);
    if (turn === "ended") return undefined;
    throw new Error("The backlog is in another process's hands.");
  });
}

const busy: Hold = {
  waitMs: 0,
  failure: { code: "channel_busy", message: "Messages come faster than the channel takes them." },
};

/** Whether nothing is to be sent: it has ended before, or nobody knows whether it was sent and the channel says `mark`. */
async function endBefore(channel: Channel, order: StepOrder, deps: DeliverDeps): Promise<boolean> {
  const { progress } = order;
  if (progress?.record !== undefined) return true;
  const isUnknown = progress !== undefined && progress.unknownAttempts > 0;
  if (!isUnknown || channel.onUnknown === "resend") return false;
  await end({ status: "unknown", attempts: progress.attempts, failure: unknownFailure }, channel, order, deps);
  return true;
}

const unknownFailure: Failure = {
  code: "delivery_unknown",
  message: "This was sent and never answered; nobody knows whether it arrived, and the channel's onUnknown is mark.",
};

type Outcome = Omit<StepRecord, "kind" | "afterMs">;

async function end(outcome: Outcome, channel: Channel, order: StepOrder, deps: DeliverDeps): Promise<void> {
  const { name, acceptedAt, progress, shot, folded } = order;
  const afterMs = deps.clock.now().getTime() - acceptedAt.getTime();
  const unknownAttempts = progress?.unknownAttempts ?? 0;
  const unknown = unknownAttempts > 0 ? { unknownAttempts } : {};
  const record: StepRecord = { kind: name.kind, afterMs, ...unknown, ...outcome };
  await deps.store.endStep(name, record, shot, folded);
  observeStep(
    record,
    { ...factsOf(channel, name), attempts: record.attempts },
    { position: name.position, folded },
    deps,
  );
}

/** One try, which has begun. Undefined when the step has ended with it, well or not. */
async function attempt(
  step: Step,
  channel: Channel,
  order: StepOrder,
  failures: number,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<Hold | undefined> {
  const { name, progress } = order;
  const attempts = (progress?.attempts ?? 0) + 1;
  const sent = { deliveryId: idAtDestination(name), number: attempts, signal };
  let receipt: Receipt;
  try {
    receipt = await channel.destination.deliver(step, sent);
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal);
    return await afterFailure(error, channel, order, { attempts, failures }, deps);
  }
  const { remoteId } = receipt;
  const id = remoteId === undefined ? {} : { remoteId };
  // A receipt that cannot be written is no failure of the channel: the try stays open, and the next handling finds it unheard.
  await end({ status: "delivered", attempts, ...id }, channel, order, deps);
  return undefined;
}

/** Ends the step when trying again cannot help; otherwise says how long to leave the channel alone. */
async function afterFailure(
  error: unknown,
  channel: Channel,
  order: StepOrder,
  { attempts, failures }: { readonly attempts: number; readonly failures: number },
  deps: DeliverDeps,
): Promise<Hold | undefined> {
  observeFailedAttempt(error, { ...factsOf(channel, order.name), attempts }, deps);
  const failure = failureOf(error);
  const fail = async (outcome: Partial<Outcome> = {}): Promise<undefined> => {
    await end({ status: "failed", attempts, failure, ...outcome }, channel, order, deps);
  };
  if (!(error instanceof AppError) || !error.isRetryable) return await fail();
  const kind = kindOf(error);
  if (kind === "unknown" && channel.onUnknown === "mark") {
    return await fail({ status: "unknown", failure: unknownFailure, unknownAttempts: 1 });
  }
  const known = await deps.store.endAttempt(order.name, { failure, kind });
  const isTheMessage = kind === "failed" && known.channelWorks && known.attempts >= limits.deliveryTriesMax;
  const waitMs = backoffMs(failures, limits.deliveryBackoff, deps.random, error.retryAfterMs);
  const since = order.dueSince ?? order.acceptedAt;
  const isOld = deps.clock.now().getTime() + waitMs - since.getTime() > limits.deliveryAgeMsMax;
  if (isTheMessage || isOld) return await fail({ attempts: known.attempts });
  return { waitMs, failure };
}

function kindOf({ code }: AppError): AttemptEnd["kind"] {
  if (code === "delivery_limited") return "free";
  return code === "delivery_unanswered" ? "unknown" : "failed";
}

/** The same for every try of a step, before and after a crash. */
export function idAtDestination({ deliveryId, position }: StepName): string {
  return `${deliveryId}-${position === 0 ? "text" : `picture${position}`}`;
}

function factsOf(channel: Channel, name: StepName): Omit<StepFacts, "attempts"> {
  return { channel: channel.name, deliveryId: idAtDestination(name) };
}

/** What a person and a program are told of anything thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AppError) return { code: error.code, message: `${error.message} ${error.hint}` };
  return {
    code: "internal",
    message: "An unexpected fault inside Chartbell; its log says which (CHARTBELL_LOG_LEVEL=debug).",
  };
}
