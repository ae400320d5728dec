import type { Alert } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { StepRecord } from "../core/delivery.ts";
import { AppError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Verdict } from "../core/picture.ts";
import type { Accepted, PlannedAlert } from "../store/contract.ts";
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
    const facts = { alertId, rule: alert?.rule, entity: alert?.entity, status: alert?.status };
    if (duplicate) log.info(facts, "Alert known already.");
    else log.info({ ...facts, channels: deliveries.map(({ plan }) => plan.channel) }, "Alert accepted.");
  }
  return accepted;
}

/** Handles an alert with a log whose every line names it; it counts as in hand meanwhile. */
export async function observeHandling<Deps extends Observed & { readonly clock: Clock }>(
  { id: alertId, acceptedAt }: Alert,
  deps: Deps,
  handle: (deps: Deps) => Promise<void>,
): Promise<void> {
  const log = deps.log.child({ alertId });
  deps.metrics.alertsInHand.inc();
  try {
    log.debug("Alert in hand.");
    await handle({ ...deps, log });
    log.info({ afterMs: deps.clock.now().getTime() - acceptedAt.getTime() }, "Alert handled.");
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

/** A try that failed; `waitMs` until the next one, undefined when there is none. The first is a warning, more are detail. */
export function observeFailedAttempt(
  error: unknown,
  waitMs: number | undefined,
  facts: StepFacts,
  { log, metrics }: Observed,
): void {
  const isOurs = !(error instanceof AppError);
  const code = isOurs ? "internal" : error.code;
  metrics.attemptsFailed.inc({ channel: facts.channel, code });
  if (isOurs) log.error({ ...facts, err: error }, "A message could not be sent by a fault of Chartbell's own.");
  if (waitMs === undefined) return;
  const level = facts.attempts === 1 && code !== "delivery_limited" ? "warn" : "debug";
  log[level]({ ...facts, waitMs, code, reason: messageOf(error) }, "Delivery waits.");
}

/** The end of a step, whatever it was. Only the text of an alert itself, not a sentence instead of a picture, is timed. */
export function observeStep(
  { kind, status, afterMs, failure }: StepRecord,
  position: number,
  facts: StepFacts,
  { log, metrics }: Observed,
): void {
  const { channel } = facts;
  metrics.stepsEnded.inc({ channel, kind, status });
  const shown = { ...facts, step: kind };
  if (status === "failed" || status === "unknown") {
    log.error({ ...shown, code: failure?.code, reason: failure?.message }, "Not delivered.");
    return;
  }
  if (position === 0) metrics.alertToText.observe({ channel }, afterMs / 1000);
  if (kind === "picture") metrics.alertToPicture.observe({ channel }, afterMs / 1000);
  log.info({ ...shown, afterMs }, "Delivered.");
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
