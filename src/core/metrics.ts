import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/*
 * Every number that Chartbell tells Prometheus. Labels are few and known beforehand: channels of the configuration, codes of
 * core/errors.ts, closed sets; never a rule, an entity or an address. docs/operations.md shows the same as a table.
 */

/** The edges hold the promises: text in 40 ms (half) and 250 ms (99 %), picture in 0.5 s (half), its deadline of 15 s. */
const deliverySeconds = [0.01, 0.02, 0.04, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900];
/** Up to limits.shotTimeoutMsMax. */
const shotSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120];

export type Metrics = ReturnType<typeof createMetrics>;

export interface MetricsOptions {
  readonly version: string;
  /** Their series begin at 0, so that the first failure of one is a rise that a rule can see. */
  readonly channels: Iterable<string>;
}

/** The metrics of one running Chartbell, in a registry of their own. */
export function createMetrics({ version, channels }: MetricsOptions) {
  const registry = new Registry();
  const make = makerFor(registry);
  const metrics = { registry, ...ofAlerts(make), ...ofShots(make), ...ofTheService(make) };
  metrics.buildInfo.set({ version }, 1);
  for (const channel of channels) {
    metrics.alertToText.zero({ channel });
    metrics.alertToPicture.zero({ channel });
    for (const kind of ["text", "picture"]) {
      for (const status of ["delivered", "failed", "unknown", "folded"])
        metrics.stepsEnded.inc({ channel, kind, status }, 0);
    }
  }
  for (const verdict of ["ready", "partial", "blank", "failed"]) metrics.shots.inc({ verdict }, 0);
  return metrics;
}

/** Adds prom-client's metrics of the process and of Node (`process_…`, `nodejs_…`); they are measured until the process ends. */
export function measureProcess({ registry }: Pick<Metrics, "registry">): void {
  collectDefaultMetrics({ register: registry });
}

function ofAlerts({ counter, gauge, histogram }: Maker) {
  return {
    alertsAccepted: counter("chartbell_alerts_accepted_total", "Alerts kept and answered with 202.", []),
    alertsDuplicate: counter(
      "chartbell_alerts_duplicate_total",
      "Alerts answered with 202 whose Idempotency-Key was known; nothing new was kept.",
      [],
    ),
    alertsRefused: counter(
      "chartbell_alerts_refused_total",
      "Requests to take alerts that were refused, by error code; a request may hold several alerts.",
      ["code"],
    ),
    alertsInHand: gauge("chartbell_alerts_in_hand", "Alerts that this process is handling.", []),
    alertsUnhandled: gauge(
      "chartbell_alerts_unhandled",
      "Alerts in the database whose handling has not ended, of all processes; not those that only wait for a channel.",
      [],
    ),
    queueAge: gauge("chartbell_queue_age_seconds", "Age of the oldest of them; 0 when there is none.", []),
    deliveriesWaiting: gauge(
      "chartbell_deliveries_waiting",
      "Deliveries in the backlog of their channel, of all processes.",
      ["channel"],
    ),
    stepsEnded: counter(
      "chartbell_steps_ended_total",
      "Texts and pictures that have ended, by channel, kind (text, picture) and status (delivered, failed, unknown, folded).",
      ["channel", "kind", "status"],
    ),
    attemptsFailed: counter(
      "chartbell_attempts_failed_total",
      "Tries to send a text or a picture that failed, by channel and error code; most are made again later.",
      ["channel", "code"],
    ),
    alertToText: histogram(
      "chartbell_alert_to_text_seconds",
      "From an alert's acceptance to the receipt of its text.",
      ["channel"],
      deliverySeconds,
    ),
    alertToPicture: histogram(
      "chartbell_alert_to_picture_seconds",
      "From an alert's acceptance to the receipt of a picture.",
      ["channel"],
      deliverySeconds,
    ),
  };
}

function ofShots({ counter, gauge, histogram }: Maker) {
  return {
    shots: counter(
      "chartbell_shots_total",
      "Shots that have ended, by verdict (ready, partial, blank, failed); one may serve several alerts.",
      ["verdict"],
    ),
    shotsFailed: counter("chartbell_shots_failed_total", "Shots that gave no picture, by error code.", ["code"]),
    shotDuration: histogram(
      "chartbell_shot_duration_seconds",
      "Shots that gave a picture, from the wish to the cropped pixels, the wait for a place included.",
      [],
      shotSeconds,
    ),
    shotPhases: counter(
      "chartbell_shot_phase_seconds_total",
      "Time that shots with a picture spent in each phase (queue, navigate, data, settle, capture, crop).",
      ["phase"],
    ),
    shotsUnderway: gauge("chartbell_shots_underway", "Shots being taken; browser.concurrency is the most.", []),
    shotsWaiting: gauge("chartbell_shots_waiting", "Shots that wait for a place.", []),
    pagesKept: gauge("chartbell_pages_kept", "Idle pages kept for their portal's next shot.", []),
    browsersRunning: gauge("chartbell_browsers_running", "Browsers that are running.", []),
    browsersStarted: counter("chartbell_browsers_started_total", "Browsers that were started.", []),
    browsersCrashed: counter("chartbell_browsers_crashed_total", "Browsers that ended without being asked to.", []),
  };
}

function ofTheService({ gauge }: Maker) {
  return {
    databaseUp: gauge("chartbell_database_up", "1 when the database answered this scrape in time, else 0.", []),
    buildInfo: gauge("chartbell_build_info", "Always 1; the label says which Chartbell runs.", ["version"]),
  };
}

type Maker = ReturnType<typeof makerFor>;

function makerFor(registry: Registry) {
  const registers = [registry];
  return {
    counter: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new Counter({ name, help, labelNames, registers }),
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new Gauge({ name, help, labelNames, registers }),
    histogram: <Label extends string>(name: string, help: string, labelNames: readonly Label[], buckets: number[]) =>
      new Histogram({ name, help, labelNames, buckets, registers }),
  };
}
