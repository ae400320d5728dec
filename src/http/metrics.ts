import { Router } from "express";
import type { ErrorRequestHandler } from "express";
import { limits } from "../core/limits.ts";
import type { Metrics } from "../core/metrics.ts";
import type { LiveSettings } from "../pipeline/settings.ts";
import type { Store } from "../store/contract.ts";
import type { WebDriver } from "../web-driver/contract.ts";
import { codeOf, onlyMethods } from "./problem.ts";

export interface MetricsDeps {
  readonly metrics: Metrics;
  readonly store: Pick<Store, "stats">;
  readonly driver: Pick<WebDriver, "load">;
  readonly settings: LiveSettings;
}

/** `GET /metrics` in Prometheus' text format. What is a state and not a count is looked at when it is asked for. */
export function metricsRoutes(deps: MetricsDeps): Router {
  const { registry } = deps.metrics;
  const router = Router();
  router.get("/metrics", async (_request, response) => {
    lookAtDriver(deps);
    await lookAtStore(deps);
    response.set("content-type", registry.contentType).end(await registry.metrics());
  });
  router.all("/metrics", onlyMethods("GET"));
  return router;
}

/** Counts the alerts that are refused, wherever on the way to their handler. */
export function countRefusals({ alertsRefused }: Pick<Metrics, "alertsRefused">): ErrorRequestHandler {
  return (error: unknown, request, _response, next) => {
    if (request.method === "POST") alertsRefused.inc({ code: codeOf(error) });
    next(error);
  };
}

function lookAtDriver({ metrics, driver }: MetricsDeps): void {
  const { shotsUnderway, shotsWaiting, pagesKept, browsersRunning } = driver.load();
  metrics.shotsUnderway.set(shotsUnderway);
  metrics.shotsWaiting.set(shotsWaiting);
  metrics.pagesKept.set(pagesKept);
  metrics.browsersRunning.set(browsersRunning);
}

/** What the database knows is left out while it is away: an old number would look like a new one. */
async function lookAtStore({ metrics, store, settings }: MetricsDeps): Promise<void> {
  const { alertsUnhandled, queueAge, deliveriesWaiting, databaseUp } = metrics;
  const found = await store.stats(AbortSignal.timeout(limits.databaseLookMs)).catch(() => undefined);
  databaseUp.set(found === undefined ? 0 : 1);
  deliveriesWaiting.reset();
  if (found === undefined) {
    alertsUnhandled.remove();
    queueAge.remove();
    return;
  }
  const { unhandled, oldestUnhandledAt, waiting } = found;
  const ageMs = oldestUnhandledAt === undefined ? 0 : Date.now() - oldestUnhandledAt.getTime();
  alertsUnhandled.set(unhandled);
  queueAge.set(Math.max(0, ageMs) / 1000);
  for (const channel of settings.current.channels.keys()) deliveriesWaiting.set({ channel }, waiting.get(channel) ?? 0);
}
