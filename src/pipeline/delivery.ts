import type { Alert } from "../core/alert.ts";
import type { Failure, ShotRecord } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { Step, TextStep } from "../core/message.ts";
import { within } from "../core/wait.ts";
import type { PendingDelivery, Store } from "../store/contract.ts";
import type { Channel } from "./channel.ts";
import { asDecided, withDecided } from "./code.ts";
import { composeText } from "./compose.ts";
import type { StepOrder } from "./deliver.ts";
import { observeStep } from "./observe.ts";
import type { Observed } from "./observe.ts";
import { linkBeside, linkInstead, preparePicture } from "./picture.ts";
import type { PictureDeps, PreparedPicture } from "./picture.ts";
import type { Portals } from "./target.ts";

/** The steps of a delivery: its text at position 0, then a picture of each portal. */

/** The text, with the portals' links where the channel takes no pictures or wants them. Empty when there is nothing to say. */
export function textOf(alert: Alert, { plan }: PendingDelivery, channel: Channel, portals: Portals): TextStep {
  const { decided } = plan;
  const own = asDecided(channel, decided);
  const text = withDecided(composeText(alert, own, plan.text, plan.details), decided);
  const { pictures } = channel.destination;
  if (text.text === "" && !isAskedFor(alert, { plan })) return text;
  if (!pictures.taken) return linkInstead(text, alert, plan.portals, pictures.reason, portals);
  return channel.portalLinks ? linkBeside(text, alert, plan.portals, portals) : text;
}

/** A schedule's run, what was posted by hand, a plan of pictures alone: they are wanted with or without a text. */
function isAskedFor({ window, once }: Alert, { plan }: Pick<PendingDelivery, "plan">): boolean {
  return plan.text === "" || (window === undefined && once !== true);
}

export interface ComingPicture {
  readonly position: number;
  readonly prepared: Promise<PreparedPicture>;
}

/** Begins to photograph the portals whose pictures have not ended yet; none where a route's text came out empty. */
export function picturesOf(
  alert: Alert,
  delivery: PendingDelivery,
  channel: Channel,
  deps: PictureDeps,
  signal: AbortSignal,
): readonly ComingPicture[] {
  const { pictures } = channel.destination;
  if (!pictures.taken) return [];
  if (!isAskedFor(alert, delivery) && textOf(alert, delivery, channel, deps.portals).text === "") return [];
  return delivery.plan.portals.flatMap((portal, index) => {
    const position = index + 1;
    if (delivery.steps.get(position)?.record !== undefined) return [];
    const deadline = within(limits.pictureDeadlineMs, signal);
    const place = { deliveryId: delivery.id, position, earlier: delivery.steps.get(position)?.shot };
    return [{ position, prepared: preparePicture(alert, portal, channel, pictures.limits, place, deps, deadline) }];
  });
}

/** What `deliver` has to know of a step. */
export function orderOf(
  alert: Alert,
  { id: deliveryId, steps }: PendingDelivery,
  position: number,
  { kind }: Step,
  shot?: ShotRecord,
): StepOrder {
  const order = { name: { deliveryId, position, kind }, acceptedAt: alert.acceptedAt, progress: steps.get(position) };
  return shot === undefined ? order : { ...order, shot };
}

interface GoneDeps extends Observed {
  readonly store: Pick<Store, "endStep" | "endDelivery">;
}

/** A channel that the configuration had when the alert was accepted, and has no more. */
export async function recordGone(delivery: PendingDelivery, deps: GoneDeps): Promise<void> {
  const message = `There is no channel \`${delivery.plan.channel}\` any more.`;
  await recordUnsent(delivery, { code: "channel_unknown", message }, deps);
}

/** A channel that is not enabled: nothing is said. What was begun before can be sent again once it is enabled. */
export async function recordDisabled(delivery: PendingDelivery, deps: GoneDeps): Promise<void> {
  const { id: deliveryId, plan, steps } = delivery;
  const message = `Nothing was sent: the channel \`${plan.channel}\` is not enabled.`;
  if (steps.size > 0) return await recordUnsent(delivery, { code: "channel_disabled", message }, deps);
  deps.log.info({ channel: plan.channel, deliveryId }, "Nothing is sent: the channel is not enabled.");
  await deps.store.endDelivery(deliveryId, message);
}

async function recordUnsent(
  { id: deliveryId, plan }: PendingDelivery,
  failure: Failure,
  deps: GoneDeps,
): Promise<void> {
  const record = { kind: "text", status: "failed", attempts: 0, afterMs: 0, failure } as const;
  await deps.store.endStep({ deliveryId, position: 0, kind: "text" }, record, undefined);
  observeStep(record, { channel: plan.channel, deliveryId, attempts: 0 }, { position: 0 }, deps);
  await deps.store.endDelivery(deliveryId, "");
}
