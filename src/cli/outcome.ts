import type { App } from "../app.ts";
import type { AlertInput } from "../core/alert.ts";
import type { DeliveryRecord, Failure, Plan, ShotRecord, StepRecord } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { formatBytes, formatMs, print } from "./terminal.ts";

/** Posts one message to one channel and waits until every step of it has ended. */
export async function post(app: App, input: AlertInput, plan: Plan): Promise<DeliveryRecord> {
  if (app.settings.current.channels.get(plan.channel)?.enabled === false) {
    throw new AppError("channel_disabled", `The channel \`${plan.channel}\` is not enabled.`);
  }
  const { id } = await app.pipeline.post(input, [plan], undefined);
  const delivery = (await app.pipeline.outcome(id))?.deliveries[0];
  if (delivery === undefined || delivery.state === "silent")
    throw new AppError("usage", "Nothing was sent: the text is empty and no portal is named.");
  return delivery;
}

/** Prints what became of a delivery, a line a step. */
export function printDelivery({ channel, steps, shots }: DeliveryRecord): void {
  const lines = steps.map((step) => stepLine(step, channel));
  print([...lines, ...shots.map(shotLine)].join("\n"));
}

function stepLine({ kind, status, afterMs, attempts, failure }: StepRecord, channel: string): string {
  const tries = attempts > 1 ? ` after ${attempts} tries` : "";
  return status === "delivered"
    ? `${kind} → ${channel}: delivered in ${formatMs(afterMs)}${tries}`
    : `${kind} → ${channel}: FAILED${tries}: ${failure?.message ?? ""}`;
}

function shotLine({ portal, verdict, width, height, bytes, unready, failure }: ShotRecord): string {
  if (failure !== undefined) return `portal ${portal}: ${verdict.toUpperCase()}: ${failure.message}`;
  const size = bytes === undefined ? "" : `, ${width}x${height}, ${formatBytes(bytes)}`;
  const missing = unready === undefined ? "" : ` (${unready.join("; ")})`;
  return `portal ${portal}: ${verdict}${missing}${size}`;
}

/** Throws the first failure of a delivery, so that the command ends with that error's exit code. */
export function throwFailure({ channel, steps, shots }: DeliveryRecord): void {
  const undelivered = steps.find(({ status }) => status === "failed")?.failure;
  if (undelivered !== undefined) throw asError(undelivered, `Not everything reached ${channel}: `);
  const shot = shots.find(({ failure }) => failure !== undefined);
  if (shot?.failure !== undefined) throw asError(shot.failure, `No picture of ${shot.portal}: `);
}

function asError({ code, message }: Failure, prefix: string): Error {
  return code === "internal" ? new Error(prefix + message) : new AppError(code, prefix + message);
}
