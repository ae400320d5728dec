import { Router } from "express";
import type { Response } from "express";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import type { MediaType, Picture } from "../core/picture.ts";
import { Clip, Ready, ShotOptions, Viewport } from "../core/portal.ts";
import type { Shooter, Shot } from "../pipeline/shoot.ts";
import type { LiveSettings } from "../pipeline/settings.ts";
import { portalTarget, urlTarget } from "../pipeline/target.ts";
import type { Portals, Target } from "../pipeline/target.ts";
import { apiBody, jsonOf, signalOf } from "./body.ts";
import { onlyMethods, sendProblem } from "./problem.ts";

const formats = { png: "image/png", webp: "image/webp", jpeg: "image/jpeg" } as const satisfies Record<
  string,
  MediaType
>;

/** Body of `POST /api/shots`. */
export const ShotWish = z
  .strictObject({
    portal: z.string().min(1).max(100).optional(),
    url: z.string().min(1).max(limits.urlCharsMax).optional(),
    params: z.record(z.string().max(200), z.union([z.string().max(1000), z.number(), z.boolean()])).default({}),
    viewport: Viewport.optional(),
    selector: z.string().min(1).max(1000).optional(),
    clip: Clip.optional(),
    fullPage: z.boolean().optional(),
    ready: Ready.optional(),
    format: z.enum(["png", "webp", "jpeg"]).optional(),
    maxBytes: z.int().min(1000).max(limits.pictureBytesMax).optional(),
    timeoutMs: z.int().min(100).max(limits.shotTimeoutMsMax).optional(),
  })
  .refine((wish) => (wish.portal === undefined) !== (wish.url === undefined), {
    path: ["portal"],
    message: "name either a portal or a url",
  })
  .refine((wish) => wish.url === undefined || Object.keys(wish.params).length === 0, {
    path: ["params"],
    message: "belong to a portal, not to a url",
  })
  .refine((wish) => wish.selector === undefined || wish.clip === undefined, {
    path: ["clip"],
    message: "name a selector or a clip, not both",
  });
export type ShotWish = z.infer<typeof ShotWish>;

/** `POST /api/shots`: the picture itself, its verdict in headers. */
export function shotRoutes(shooter: Shooter, settings: LiveSettings): Router {
  const router = Router();
  router.post("/api/shots", apiBody, async (request, response) => {
    const wish = parseInput(ShotWish, jsonOf(request));
    try {
      const signal = signalOf(response);
      const target = targetOf(wish, settings.current.portals);
      const shot = await shooter.shoot(target, signal);
      const startedMs = performance.now();
      const picture = await encode(shot, wish, shooter);
      sendPicture(response, shot, picture, performance.now() - startedMs);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!response.destroyed) sendProblem(response, error, { verdict: "failed" });
    }
  });
  router.all("/api/shots", onlyMethods("POST"));
  return router;
}

function targetOf(wish: ShotWish, portals: Portals): Target {
  const overrides = overridesOf(wish);
  if (wish.url !== undefined) return urlTarget(wish.url, overrides, false);
  return portalTarget(portals, wish.portal ?? "", wish.params, { strict: true, overrides });
}

function overridesOf({ viewport, fullPage, ready, timeoutMs, selector, clip }: ShotWish): Partial<ShotOptions> {
  const crop = selector === undefined && clip === undefined ? undefined : { selector, clip };
  const plain = Object.entries({ viewport, fullPage, ready, timeoutMs }).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(plain),
    ...(crop === undefined ? {} : { crop: ShotOptions.shape.crop.parse(crop) }),
  };
}

/** The picture as captured, unless the caller asked for a format or a size. */
async function encode(shot: Shot, { format, maxBytes }: ShotWish, shooter: Shooter): Promise<Picture> {
  if (format === undefined && maxBytes === undefined) return await shooter.original(shot);
  return await shooter.fit(shot, {
    bytesMax: maxBytes ?? limits.pictureBytesMax,
    pixelsMax: limits.picturePixelsMax,
    sideMax: 16_383,
    mediaTypes: [formats[format ?? "png"]],
  });
}

function sendPicture(response: Response, { verdict, timings }: Shot, picture: Picture, encodeMs: number): void {
  const parts = {
    queue: timings.queueMs,
    navigate: timings.navigateMs,
    data: timings.dataMs,
    settle: timings.settleMs,
    capture: timings.captureMs,
    encode: timings.cropMs + encodeMs,
  };
  response.set({
    "content-type": picture.mediaType,
    "cache-control": "no-store",
    "chartbell-verdict": verdict.kind,
    "server-timing": Object.entries(parts)
      .map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`)
      .join(", "),
  });
  // Header values are ASCII; a page's own words may not be.
  if (verdict.kind === "partial")
    response.set("chartbell-unready", encodeURI(verdict.unready.join("; ")).slice(0, 4000));
  response.send(picture.bytes);
}
