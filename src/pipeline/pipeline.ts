import { randomUUID } from "node:crypto";
import type { Alert, AlertInput } from "../core/alert.ts";
import type { DeliveryRecord, HandledAlert } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { within } from "../core/wait.ts";
import type { Route } from "../core/route.ts";
import type { Accepted, Store } from "../store/contract.ts";
import { admit, refuseUnknownNames } from "./admit.ts";
import type { Plan } from "./admit.ts";
import type { Channel } from "./channel.ts";
import { composeText } from "./compose.ts";
import { deliver } from "./deliver.ts";
import type { DeliverDeps } from "./deliver.ts";
import { linkInstead, preparePicture } from "./picture.ts";
import type { PictureDeps } from "./picture.ts";

/*
 * The way of an alert: accept → admit → compose → shoot → deliver → record. The text is on its way before the picture is
 * begun to be waited for, and a picture that fails becomes a sentence with the portal's link.
 */

export interface PipelineDeps extends DeliverDeps, PictureDeps {
  readonly store: Store;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly routes: readonly Route[];
}

export interface Pipeline {
  /**
   * Keeps the alerts and answers; they are handled afterwards. Throws channel_unknown or portal_unknown for names that the
   * configuration lacks, overloaded when too many are underway, shutting_down once `drain` was called.
   */
  accept(inputs: readonly AlertInput[], idempotencyKey: string | undefined): Promise<readonly Accepted[]>;
  /** Handles one alert for one channel with a given plan, whatever the routes say; throws as `accept` does. */
  post(input: AlertInput, plan: Plan): Promise<Accepted>;
  /** What became of an alert, once everything of it has ended; undefined for an id that is not known. */
  outcome(alertId: string): Promise<HandledAlert | undefined>;
  /** Whether alerts are taken: from the start until `drain`. */
  isTaking(): boolean;
  /** Takes no more alerts, waits for those underway at most limits.drainMs, then gives them up. */
  drain(): Promise<void>;
}

export function createPipeline(deps: PipelineDeps): Pipeline {
  const underway = new Map<string, Promise<void>>();
  const stopped = new AbortController();
  let isDraining = false;

  const begin = (alert: Alert, plans: readonly Plan[]): void => {
    const work = handle(alert, plans, deps, stopped.signal)
      .catch((error: unknown) => deps.log.error({ err: error, alertId: alert.id }, "An alert could not be handled."))
      .finally(() => underway.delete(alert.id));
    underway.set(alert.id, work);
  };

  const refuse = (count: number, channels: readonly string[], portals: readonly string[]): void => {
    if (isDraining) throw new AppError("shutting_down", "Chartbell is stopping.", { retryAfterMs: 5000 });
    refuseOverload(underway.size + count);
    refuseUnknownNames("channel", channels, [...deps.channels.keys()]);
    refuseUnknownNames("portal", portals, [...deps.portals.keys()]);
  };

  return {
    async accept(inputs, idempotencyKey) {
      const channels = inputs.flatMap((input) => input.channels ?? []);
      refuse(
        inputs.length,
        channels,
        inputs.flatMap((input) => input.portals ?? []),
      );
      const alerts = inputs.map((input) => toAlert(input, deps.clock.now()));
      const accepted = await deps.store.accept(alerts, idempotencyKey);
      if (accepted.some(({ duplicate }) => duplicate)) return accepted;
      for (const alert of alerts) begin(alert, admit(alert, deps.routes));
      return accepted;
    },
    async post(input, plan) {
      refuse(1, [plan.channel], plan.portals);
      const alert = toAlert(input, deps.clock.now());
      await deps.store.accept([alert], undefined);
      begin(alert, [plan]);
      return { id: alert.id, duplicate: false };
    },
    async outcome(alertId) {
      await underway.get(alertId);
      return await deps.store.find(alertId);
    },
    isTaking: () => !isDraining,
    async drain() {
      isDraining = true;
      const deadline = AbortSignal.timeout(limits.drainMs);
      deadline.addEventListener("abort", () => stopped.abort(new AppError("shutting_down", "Chartbell has stopped.")));
      await Promise.all(underway.values());
    },
  };
}

function refuseOverload(count: number): void {
  if (count <= limits.alertsInFlightMax) return;
  throw new AppError("overloaded", `${limits.alertsInFlightMax} alerts are being handled already.`, {
    retryAfterMs: 5000,
  });
}

function toAlert(input: AlertInput, now: Date): Alert {
  const { time, ...rest } = input;
  return { ...rest, id: randomUUID(), time: time === undefined ? now : new Date(time), acceptedAt: now };
}

async function handle(alert: Alert, plans: readonly Plan[], deps: PipelineDeps, signal: AbortSignal): Promise<void> {
  const acceptedMs = deps.clock.monotonicMs();
  deps.log.info(
    { alertId: alert.id, rule: alert.rule, status: alert.status, channels: plans.length },
    "Alert accepted.",
  );
  await Promise.all(
    plans.map(async (plan) => {
      const channel = deps.channels.get(plan.channel);
      if (channel === undefined) return;
      const delivery = await carryOut(alert, plan, channel, acceptedMs, deps, signal);
      if (delivery !== undefined) await deps.store.record(alert.id, delivery);
    }),
  );
  await deps.store.complete(alert.id);
}

/** One message to one channel: text first, then each picture as it is ready. Undefined when there is nothing to say. */
async function carryOut(
  alert: Alert,
  plan: Plan,
  channel: Channel,
  acceptedMs: number,
  deps: PipelineDeps,
  signal: AbortSignal,
): Promise<DeliveryRecord | undefined> {
  const id = randomUUID();
  const text = composeText(alert, channel, plan.text);
  if (text.text === "" && plan.portals.length === 0) return undefined;
  const { pictures } = channel.destination;
  const shots = pictures.taken
    ? plan.portals.map((portal) =>
        preparePicture(alert, portal, channel, pictures.limits, deps, within(limits.pictureDeadlineMs, signal)),
      )
    : [];
  const first = pictures.taken ? text : linkInstead(text, alert, plan.portals, pictures.reason, deps.portals);
  const send = async (step: Parameters<typeof deliver>[0], name: string) =>
    await deliver(step, channel, { deliveryId: `${id}-${name}`, acceptedMs }, deps, signal);
  const textRecord = first.text === "" ? [] : [await send(first, "text")];
  const pictureRecords = await Promise.all(
    shots.map(async (prepared, index) => {
      const { step, record } = await prepared;
      return { step: await send(step, `picture${index + 1}`), shot: record };
    }),
  );
  return {
    id,
    channel: channel.name,
    text: first.text,
    steps: [...textRecord, ...pictureRecords.map(({ step }) => step)],
    shots: pictureRecords.map(({ shot }) => shot),
  };
}
