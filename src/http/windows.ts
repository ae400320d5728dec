import { Router } from "express";
import { z } from "zod";
import { interval } from "../core/duration.ts";
import type { Clock } from "../core/clock.ts";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import type { Window } from "../core/window.ts";
import type { WindowBook } from "../store/contract.ts";
import { onlyMethods } from "./problem.ts";

export const WindowsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(limits.windowsListedMax).default(200),
});

/** `GET /api/windows`: what is open now, what opened last first. */
export function windowRoutes(windows: WindowBook, clock: Clock): Router {
  const router = Router();
  router.get("/api/windows", async (request, response) => {
    const { limit } = parseInput(WindowsQuery, request.query);
    const open = await windows.open(limit);
    response.json({ windows: open.map((window) => windowJson(window, clock.now())) });
  });
  router.all("/api/windows", onlyMethods("GET"));
  return router;
}

function windowJson(window: Window, now: Date): unknown {
  const { rule, entity, metric, tags, severity, status, openTime, heardAt, repeats, openValue, values, delayed } =
    window;
  return {
    rule,
    entity,
    metric,
    tags,
    severity,
    status,
    since: openTime,
    duration: interval(now.getTime() - openTime.getTime()),
    heardAt,
    repeats,
    openValue,
    value: values[0]?.value,
    delayed: delayed.map(({ channel, dueAt }) => ({ channel, dueAt })),
  };
}
