import { Router } from "express";
import type { Schedules } from "../pipeline/schedules.ts";
import { onlyMethods } from "./problem.ts";

/** `GET /api/schedules` and `POST /api/schedules/NAME/run`. */
export function scheduleRoutes(schedules: () => Schedules): Router {
  const router = Router();
  router.get("/api/schedules", async (_request, response) => {
    response.json({ schedules: await schedules().list() });
  });
  router.all("/api/schedules", onlyMethods("GET"));
  router.post("/api/schedules/:name/run", async (request, response) => {
    const { id } = await schedules().run(request.params.name);
    response.status(202).json({ id });
  });
  router.all("/api/schedules/:name/run", onlyMethods("POST"));
  return router;
}
