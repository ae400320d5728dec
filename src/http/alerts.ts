import { Router } from "express";
import { AppError } from "../core/errors.ts";
import type { HandledAlert } from "../core/delivery.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Store } from "../store/contract.ts";
import { triggers } from "../triggers/index.ts";
import { requireNames } from "./access.ts";
import type { ApiTokens } from "./access.ts";
import { apiBody, jsonOf } from "./body.ts";
import { onlyMethods } from "./problem.ts";

const keyPattern = /^[\x21-\x7e]{1,200}$/u;

/** `POST /api/alerts` and `GET /api/alerts/ID`. */
export function alertRoutes(pipeline: Pipeline, store: Store, tokens: ApiTokens): Router {
  const router = Router();
  router.post("/api/alerts", apiBody, async (request, response) => {
    const inputs = triggers.native.read(jsonOf(request));
    requireNames(request, tokens, inputs);
    const accepted = await pipeline.accept(inputs, idempotencyKeyOf(request.get("idempotency-key")));
    response.status(202).json({ alerts: accepted });
  });
  router.all("/api/alerts", onlyMethods("GET", "POST"));
  router.get("/api/alerts/:id", async (request, response) => {
    const found = await store.find(request.params.id);
    if (found === undefined) throw new AppError("not_found", "There is no alert of this id, or it is forgotten.");
    response.json(alertJson(found));
  });
  router.all("/api/alerts/:id", onlyMethods("GET"));
  return router;
}

function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined || keyPattern.test(header)) return header;
  throw new AppError("request_invalid", "Idempotency-Key: must be 1 to 200 printable ASCII characters.", {
    details: { problems: [{ field: "Idempotency-Key", message: "must be 1 to 200 printable ASCII characters" }] },
  });
}

function alertJson({ alert, state, deliveries }: HandledAlert): unknown {
  return { ...alert, state, deliveries };
}
