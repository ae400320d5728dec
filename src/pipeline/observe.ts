import type { Alert } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { Plan, StepRecord } from "../core/delivery.ts";
import { AppError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Verdict } from "../core/picture.ts";
import type { Accepted, Hold, PlannedAlert } from "../store/contract.ts";
import type { ShotTimings } from "../web-driver/contract.ts";

/*
 * What an operator sees of the way of an alert: for each thing that ends, a line of the log and a count. The id of an alert
 * is on every line about it: the handling of an alert logs through a child that carries it.
 */

export interface Observed {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Says what was accepted, and hands it on. */
export function observeAccepted(
  planned: readonly PlannedAlert[],
  accepted: readonly Accepted[],
  { log, metrics }: Observed,
): readonly Accepted[] {
  for (const [index, { id: alertId, duplicate }] of accepted.entries()) {
    (duplicate ? metrics.alertsDuplicate : metrics.alertsAccepted).inc();
    const { alert, deliveries = [] } = planned[index] ?? {};
    const late = alert?.window?.isLate === true ? { late: true } : {};
    const facts = { alertId, rule: alert?.rule, entity: alert?.entity, status: alert?.status, ...late };
    if (duplicate) log.info(facts, "Alert known already.");
    else log.info({ ...facts, ...wayOf(deliveries.map(({ plan }) => plan)) }, "Alert accepted.");
  }
  return accepted;
}

function wayOf(plans: readonly Plan[]): Readonly<Record<string, readonly string[]>> {
  const routes = [...new Set(plans.flatMap((plan) => plan.routes ?? []))];
  return { channels: plans.map(({ channel }) => channel), ...(routes.length === 0 ? {} : { routes }) };
}

/** The same, with a log whose every line names the alert. */
export function about<Deps extends Observed>({ id: alertId }: Alert, deps: Deps): Deps {
  return { ...deps, log: deps.log.child({ alertId }) };
}

/** Handles an alert, which counts as in hand meanwhile; `handle` returns the channels that it waits for afterwards. */
export async function observeHandling<Deps extends Observed & { readonly clock: Clock }>(
  alert: Alert,
  deps: Deps,
  handle: (deps: Deps) => Promise<readonly string[]>,
): Promise<void> {
  const own = about(alert, deps);
  deps.metrics.alertsInHand.inc();
  try {
    own.log.debug("Alert in hand.");
    const waitsFor = await handle(own);
    const afterMs = deps.clock.now().getTime() - alert.acceptedAt.getTime();
    if (waitsFor.length === 0) own.log.info({ afterMs }, "Alert handled.");
    else own.log.info({ afterMs, waitsFor }, "Alert waits.");
  } finally {
    deps.metrics.alertsInHand.dec();
  }
}

/** Which step of which delivery. */
export interface StepFacts {
  readonly channel: string;
  /** As the destination knows it: one for each step. */
  readonly deliveryId: string;
  readonly attempts: number;
}

/** A try that failed. */
export function observeFailedAttempt(error: unknown, facts: StepFacts, { log, metrics }: Observed): void {
  const isOurs = !(error instanceof AppError);
  const code = isOurs ? "internal" : error.code;
  metrics.attemptsFailed.inc({ channel: facts.channel, code });
  if (isOurs) log.error({ ...facts, err: error }, "A message could not be sent by a fault of Chartbell's own.");
  else log.debug({ ...facts, code, reason: error.message }, "A try failed.");
}

/** Said once when a backlog begins; the tries that follow are details. */
export function observeHold({ waitMs, failure }: Hold, channel: string, { log }: Observed): void {
  const facts = { channel, code: failure.code, reason: failure.message, waitMs: Math.round(waitMs) };
  log.warn(facts, "The channel takes nothing at the moment; its messages wait.");
}

/** A delivery is in its channel's backlog now. */
export function observeWait(channel: string, deliveryId: string, { log }: Observed): void {
  log.info({ channel, deliveryId }, "Delivery waits.");
}

interface StepPlace {
  /** 0 is the text of an alert. A sentence that stands for a picture is a text, too. */
  readonly position: number;
  /** Deliveries of earlier states that were said with it. */
  readonly folded?: readonly string[] | undefined;
}

/** The end of a step, whatever it was. */
export function observeStep(
  { kind, status, afterMs, failure, foldedInto }: StepRecord,
  facts: StepFacts,
  { position, folded = [] }: StepPlace,
  { log, metrics }: Observed,
): void {
  const { channel } = facts;
  metrics.stepsEnded.inc({ channel, kind, status });
  if (folded.length > 0) metrics.stepsEnded.inc({ channel, kind: "text", status: "folded" }, folded.length);
  const shown = { ...facts, step: kind };
  switch (status) {
    case "delivered":
      if (position === 0) metrics.alertToText.observe({ channel }, afterMs / 1000);
      if (kind === "picture") metrics.alertToPicture.observe({ channel }, afterMs / 1000);
      log.info({ ...shown, ...(folded.length === 0 ? {} : { folded }), afterMs }, "Delivered.");
      return;
    case "folded":
      log.info({ ...shown, foldedInto }, "Folded.");
      return;
    case "failed":
    case "unknown":
      log.error({ ...shown, code: failure?.code, reason: failure?.message }, "Not delivered.");
  }
}

/** Which capture, for whom. */
export interface ShotFacts {
  readonly portal: string;
  /** Of all alerts that wait or waited for it; empty for a shot that somebody asked for directly. */
  readonly alertIds: readonly string[];
}

/** A shot that gave pixels, in `tookMs` from the wish to the cropped picture. */
export function observeShot(
  { verdict, timings }: { readonly verdict: Verdict; readonly timings: ShotTimings & { readonly cropMs: number } },
  tookMs: number,
  facts: ShotFacts,
  { log, metrics }: Observed,
): void {
  metrics.shots.inc({ verdict: verdict.kind });
  metrics.shotDuration.observe(tookMs / 1000);
  for (const [name, ms] of Object.entries(timings))
    metrics.shotPhases.inc({ phase: name.replace(/Ms$/u, "") }, ms / 1000);
  const unready = verdict.kind === "partial" ? { unready: verdict.unready } : {};
  log.info({ ...facts, verdict: verdict.kind, ...unready, tookMs: Math.round(tookMs) }, "Shot taken.");
}

export function observeFailedShot(error: unknown, tookMs: number, facts: ShotFacts, { log, metrics }: Observed): void {
  const code = error instanceof AppError ? error.code : "internal";
  metrics.shots.inc({ verdict: "failed" });
  metrics.shotsFailed.inc({ code });
  log.warn({ ...facts, code, reason: messageOf(error), tookMs: Math.round(tookMs) }, "Shot failed.");
}
