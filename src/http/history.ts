import { Router } from "express";
import { z } from "zod";
import { AlertStatus } from "../core/alert.ts";
import type { AlertSummary } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import type { History } from "../store/contract.ts";
import type { PictureStore } from "../store/pictures/contract.ts";
import { onlyMethods } from "./problem.ts";

/** Query of `GET /api/alerts`. */
export const HistoryQuery = z.strictObject({
  before: z
    .string()
    .regex(/^\d{1,18}$/u, "must be `next` of an earlier answer")
    .optional(),
  limit: z.coerce.number().int().min(1).max(limits.historyPageMax).default(50),
  status: AlertStatus.optional(),
  rule: z.string().min(1).max(500).optional(),
  channel: z.string().min(1).max(100).optional(),
  state: z.enum(["accepted", "handled"]).optional(),
});

/** `GET /api/alerts`: what was accepted, newest first. */
export function historyRoutes(history: History): Router {
  const router = Router();
  router.get("/api/alerts", async (request, response) => {
    const { before, limit, ...filter } = parseInput(HistoryQuery, { ...request.query });
    const { alerts, next } = await history.list(filter, before, limit);
    response.json({ alerts: alerts.map(summaryJson), next });
  });
  return router;
}

/** `GET /api/pictures/SHA256`: the picture as it was sent. Its name says its content, so it never changes. */
export function pictureRoutes(pictures: PictureStore): Router {
  const router = Router();
  router.get("/api/pictures/:sha256", async (request, response) => {
    const { sha256 } = request.params;
    const picture = /^[\da-f]{64}$/u.test(sha256) ? await pictures.get(sha256) : undefined;
    if (picture === undefined) {
      throw new AppError("not_found", "There is no picture of this hash, or it is forgotten.", {
        hint: "store.retention.pictures says how long pictures are kept.",
      });
    }
    response.set({
      "content-type": picture.mediaType,
      "cache-control": "private, max-age=31536000, immutable",
      etag: `"${sha256}"`,
    });
    response.send(picture.bytes);
  });
  router.all("/api/pictures/:sha256", onlyMethods("GET"));
  return router;
}

function summaryJson({ alert, state, deliveries }: AlertSummary): unknown {
  const { id, status, severity, rule, entity, time, acceptedAt } = alert;
  return {
    id,
    status,
    severity,
    rule,
    entity,
    time,
    acceptedAt,
    state,
    deliveries: deliveries.map(({ shots, ...delivery }) => ({
      ...delivery,
      pictures: shots.map(({ portal, verdict, picture, bytes, width, height }) => ({
        portal,
        verdict,
        ...picture,
        bytes,
        width,
        height,
      })),
    })),
  };
}
