import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import express, { Router } from "express";
import { testPortalData } from "../../portals/test/data.ts";
import { limits } from "../core/limits.ts";
import { wait } from "../core/wait.ts";
import { signalOf } from "./body.ts";

const folder = fileURLToPath(new URL("../../portals/test/", import.meta.url));
const uPlot = { file: "uPlot.iife.min.js", root: fileURLToPath(import.meta.resolve("uplot/dist/")) };
const pageFiles = ["index.html", "portal.js", "portal.css"];

/** For how long a page that is kept may show the script and style that it has, seconds. */
const assetMaxAge = 60;

/** The test portal under /portals/test/: a page of real charts, and the data they draw. */
export function testPortalRoutes(): Router {
  const router = Router({ strict: true });
  // With it, a new page would change its process on the way here: 60 ms more for each picture, and nothing to protect.
  router.use("/portals/test", (_request, response, next) => {
    response.removeHeader("cross-origin-opener-policy");
    next();
  });
  router.get("/portals/test", (_request, response) => response.redirect(308, "/portals/test/"));
  router.get("/portals/test/data", async (request, response) => {
    const query = new URLSearchParams(request.originalUrl.split("?", 2)[1] ?? "");
    const { status, body } = testPortalData(query, new Date());
    const latencyMs = status === 200 ? Math.min(Number(query.get("latency") ?? 0), limits.shotTimeoutMsMax) : 0;
    await wait(latencyMs, signalOf(response));
    response.status(status).set("cache-control", "no-store").json(body);
  });
  router.get("/portals/test/uplot.js", (_request, response) => {
    // With a root, for a package may lie in a folder like ~/.npm, from which nothing is sent otherwise.
    response.sendFile(uPlot.file, { root: uPlot.root, maxAge: "1h" });
  });
  router.use("/portals/test", (request, _response, next) => {
    const name = request.path === "/" ? "index.html" : request.path.slice(1);
    if (pageFiles.includes(name)) next();
    else next("router");
  });
  router.use("/portals/test", express.static(folder, { index: "index.html", setHeaders: keepShortly }));
  return router;
}

function keepShortly(response: ServerResponse, path: string): void {
  if (!path.endsWith(".html")) response.setHeader("cache-control", `public, max-age=${assetMaxAge}`);
}
