import { Router } from "express";
import { z } from "zod";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import { AppError } from "../core/errors.ts";
import type { DeliveryDesk, ListedDelivery } from "../store/contract.ts";
import { apiBody, jsonOf } from "./body.ts";
import { onlyMethods } from "./problem.ts";

export const DeliveryStates = z.enum(["open", "waiting", "delivered", "failed", "unknown", "folded", "silent"]);
const channel = z.string().min(1).max(200).optional();

/** Query of `GET /api/deliveries`. */
export const DeliveriesQuery = z.strictObject({
  state: DeliveryStates.optional(),
  channel,
  limit: z.coerce.number().int().min(1).max(limits.deliveriesListedMax).default(50),
  before: z
    .string()
    .regex(/^\d{1,18}\.\d{1,9}$/u, "must be the `next` of an earlier answer")
    .optional(),
});

/** Body of `POST /api/deliveries/retry`. */
export const RetryWish = z.union([
  z.strictObject({ ids: z.array(z.uuid()).min(1).max(limits.retryMax) }),
  z.strictObject({ all: z.literal(true), channel, state: z.enum(["failed", "unknown"]).optional() }),
]);

/** `GET /api/deliveries`, `POST /api/deliveries/retry` and `POST /api/deliveries/ID/retry`. */
export function deliveryRoutes(desk: DeliveryDesk): Router {
  const router = Router();
  router.get("/api/deliveries", async (request, response) => {
    const { limit, before, ...filter } = parseInput(DeliveriesQuery, request.query);
    const page = await desk.list(filter, { limit, ...(before === undefined ? {} : { before }) });
    response.json({ ...page, items: page.items.map(deliveryJson) });
  });
  router.all("/api/deliveries", onlyMethods("GET"));
  router.post("/api/deliveries/retry", apiBody, async (request, response) => {
    const wanted = parseInput(RetryWish, jsonOf(request));
    const found = await desk.retry("ids" in wanted ? wanted.ids : { channel: wanted.channel, state: wanted.state });
    response.status(202).json({ retried: found });
  });
  router.all("/api/deliveries/retry", onlyMethods("POST"));
  router.post("/api/deliveries/:id/retry", async (request, response) => {
    const retried = await desk.retry([request.params.id]);
    if (retried.length === 0) {
      throw new AppError("not_found", "There is no failed or unknown delivery of this id.", {
        hint: "GET /api/deliveries?state=failed lists those that can be sent again.",
      });
    }
    response.status(202).json({ retried });
  });
  router.all("/api/deliveries/:id/retry", onlyMethods("POST"));
  return router;
}

function deliveryJson({ alert, ...delivery }: ListedDelivery): unknown {
  const { id: alertId, rule, entity, status, severity, acceptedAt } = alert;
  return { ...delivery, alertId, rule, entity, status, severity, acceptedAt };
}
