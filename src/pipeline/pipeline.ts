import type { Alert, AlertInput } from "../core/alert.ts";
import type { HandledAlert, Plan } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Heard } from "../core/room.ts";
import { reasonOf } from "../core/wait.ts";
import type { Accepted, PendingAlert, PendingDelivery, Worker } from "../store/contract.ts";
import { createAcceptor } from "./accept.ts";
import { refuseUnknownNames } from "./admit.ts";
import { findChannel } from "./channel.ts";
import type { Channel } from "./channel.ts";
import { emptyBacklog } from "./backlog.ts";
import type { BacklogDeps } from "./backlog.ts";
import { deliver } from "./deliver.ts";
import { orderOf, picturesOf, recordDisabled, recordGone, textOf } from "./delivery.ts";
import { observeHandling } from "./observe.ts";
import type { LiveSettings } from "./settings.ts";
import { keepWindows } from "./windows.ts";

/*
 * The way of an alert: accept → admit → compose → shoot → deliver → record. Admitting happens within the store's own
 * transaction, where the alert's window is known. What was accepted is in the store with the channels it was admitted to;
 * from there the store hands it out, after a crash again. The text is on its way before the picture is begun to be waited
 * for, and a picture that fails becomes a sentence with the portal's link. What a channel cannot take goes into its backlog,
 * which is emptied by importance once the channel takes messages again.
 */

export interface PipelineDeps extends Omit<BacklogDeps, "channels" | "portals"> {
  readonly settings: LiveSettings;
}

export interface Pipeline {
  /**
   * Keeps the alerts and answers; they are handled afterwards. Throws channel_unknown or portal_unknown for names that the
   * configuration lacks, store_unavailable when they cannot be kept, shutting_down once `drain` was called.
   */
  accept(inputs: readonly AlertInput[], idempotencyKey: string | undefined): Promise<readonly Accepted[]>;
  /** As `accept`, for one alert with plans of the caller's, whatever the routes say. It has no window. */
  post(input: AlertInput, plans: readonly Plan[], idempotencyKey: string | undefined): Promise<Accepted>;
  /**
   * Keeps what a message of a room brings about, where it does; also while draining, to be handled after the next start. The same
   * message is taken once. Throws store_unavailable.
   */
  hear(heard: Heard): Promise<void>;
  /** What became of an alert, once everything of it has ended; undefined for an id that is not known. */
  outcome(alertId: string): Promise<HandledAlert | undefined>;
  /** Begins to handle what was accepted, now and before the last stop. */
  start(): void;
  /** Whether alerts are taken: from the start until `drain`. */
  isTaking(): boolean;
  /** Takes no more alerts, waits for those underway at most limits.drainMs; the rest stays in the store. */
  drain(): Promise<void>;
}

export function createPipeline(deps: PipelineDeps): Pipeline {
  let worker: Worker | undefined;
  let keeping: Promise<void> | undefined;
  const stopped = new AbortController();
  let isDraining = false;

  const withSettings = async <Result>(work: (current: BacklogDeps) => Promise<Result>): Promise<Result> =>
    await deps.settings.use(async ({ reachable, portals }) => await work({ ...deps, channels: reachable, portals }));
  const refuse = (channels: readonly string[], portals: readonly string[]): void => {
    if (isDraining) throw new AppError("shutting_down", "Chartbell is stopping.", { retryAfterMs: 5000 });
    const { current } = deps.settings;
    refuseUnknownNames("channel", channels, [...current.channels.keys()]);
    refuseUnknownNames("portal", portals, [...current.portals.keys()]);
  };
  const acceptor = createAcceptor(deps);
  return {
    async accept(inputs, idempotencyKey) {
      refuse(
        inputs.flatMap((input) => input.channels ?? []),
        inputs.flatMap((input) => input.portals ?? []),
      );
      return await acceptor.accept(inputs, idempotencyKey);
    },
    async post(input, plans, idempotencyKey) {
      refuse(
        plans.map(({ channel }) => channel),
        plans.flatMap(({ portals }) => portals),
      );
      return await acceptor.post(input, plans, idempotencyKey);
    },
    hear: async (heard) => await acceptor.hear(heard),
    outcome: async (alertId) => await deps.store.outcome(alertId),
    start() {
      worker ??= deps.store.work(
        async (pending, signal) =>
          await withSettings(
            async (current) =>
              await observeHandling(pending.alert, current, async (own) => await handle(pending, own, signal)),
          ),
        async (backlog, signal) => await withSettings(async (current) => await emptyBacklog(backlog, current, signal)),
      );
      const { windows } = deps.store;
      const endSilent = async (): Promise<number> => await acceptor.endSilent();
      keeping ??= keepWindows({ ...deps, windows, endSilent }, stopped.signal);
    },
    isTaking: () => !isDraining,
    async drain() {
      isDraining = true;
      stopped.abort();
      await keeping;
      await worker?.drain(AbortSignal.timeout(limits.drainMs));
    },
  };
}

/**
 * Everything up to each channel's turn happens at once, so that alerts take their turns in the order they are handed out.
 * Returns the channels that the alert waits for now.
 */
async function handle(
  { alert, deliveries }: PendingAlert,
  deps: BacklogDeps,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(
    deliveries.map(async (delivery) => {
      const channel = findChannel(deps.channels, delivery.plan.channel);
      if (channel?.enabled === true) return await carryOut(alert, delivery, channel, deps, signal);
      await (channel === undefined ? recordGone(delivery, deps) : recordDisabled(delivery, deps));
      return "ended";
    }),
  );
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return deliveries.flatMap(({ plan }, index) => {
    const outcome = outcomes[index];
    return outcome?.status === "fulfilled" && outcome.value === "waits" ? [plan.channel] : [];
  });
}

/**
 * One message to one channel: text first, then each picture as it is ready; what has ended before is not done again. What
 * the channel cannot take is in its backlog then, with all that comes after it.
 */
async function carryOut(
  alert: Alert,
  delivery: PendingDelivery,
  channel: Channel,
  deps: BacklogDeps,
  signal: AbortSignal,
): Promise<"ended" | "waits"> {
  const unwanted = new AbortController();
  const pictures = picturesOf(alert, delivery, channel, deps, AbortSignal.any([signal, unwanted.signal]));
  const text = textOf(alert, delivery, channel, deps.portals);
  const isSaid =
    text.text === "" || (await deliver(text, channel, orderOf(alert, delivery, 0, text), deps, signal)) === "ended";
  if (!isSaid) {
    unwanted.abort(new AppError("cancelled", "The message waits for its channel, and its pictures with it."));
    return "waits";
  }
  const outcomes = await Promise.all(
    pictures.map(async ({ position, prepared }) => {
      const { step, record } = await prepared;
      if (signal.aborted) throw reasonOf(signal);
      return await deliver(step, channel, orderOf(alert, delivery, position, step, record), deps, signal);
    }),
  );
  if (outcomes.includes("waits")) return "waits";
  await deps.store.endDelivery(delivery.id, text.text);
  return "ended";
}
