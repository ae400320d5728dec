import { Router } from "express";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { isTimeout } from "../core/wait.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Store } from "../store/contract.ts";
import type { WebDriver } from "../web-driver/contract.ts";
import { onlyMethods, sendProblem } from "./problem.ts";

export interface HealthDeps {
  readonly pipeline: Pick<Pipeline, "isTaking">;
  readonly store: Pick<Store, "ping">;
  readonly driver: Pick<WebDriver, "load">;
}

/**
 * `/healthz`: the process lives. `/readyz`: it takes alerts and its database answers; otherwise 503 with the reason and
 * Retry-After. The browser is told of and decides nothing: the first shot starts it, and texts go without it.
 */
export function healthRoutes(deps: HealthDeps): Router {
  const router = Router();
  router.get("/healthz", (_request, response) => void response.json({ status: "ok" }));
  router.get("/readyz", async (_request, response) => {
    const refusal = deps.pipeline.isTaking()
      ? undefined
      : new AppError("shutting_down", "Chartbell is stopping.", { retryAfterMs: 5000 });
    const absence = await absenceOf(deps.store);
    const parts = {
      alerts: { ok: refusal === undefined, detail: refusal?.message ?? "Alerts are taken." },
      database: { ok: absence === undefined, detail: absence?.message ?? "The database answers." },
      browser: { ok: true, ...deps.driver.load() },
    };
    const reason = refusal ?? absence;
    if (reason === undefined) response.json({ status: "ready", parts });
    else sendProblem(response, reason, { parts });
  });
  router.all(["/healthz", "/readyz"], onlyMethods("GET"));
  return router;
}

/** Why the database cannot be used at the moment, or undefined. Callers need no token: nothing of the server's own words is told. */
async function absenceOf(store: Pick<Store, "ping">): Promise<AppError | undefined> {
  try {
    await store.ping(AbortSignal.timeout(limits.databaseLookMs));
    return undefined;
  } catch (error) {
    const seconds = limits.databaseLookMs / 1000;
    const said = isTimeout(error)
      ? `The database did not answer within ${seconds} s.`
      : "The database is not there at the moment.";
    return new AppError("store_unavailable", said, { cause: error, retryAfterMs: 2000 });
  }
}
