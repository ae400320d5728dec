import { Router } from "express";
import type { Request } from "express";
import { AppError } from "../core/errors.ts";
import { parseInput } from "../core/input.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { LiveSettings } from "../pipeline/settings.ts";
import { helloTo, ScreenshotWish, screenshotTo, TestWish } from "../triggers/index.ts";
import type { ChannelTest } from "../triggers/index.ts";
import { requireNames } from "./access.ts";
import type { ApiTokens } from "./access.ts";
import { apiBody, bytesOf, jsonOf } from "./body.ts";
import { onlyMethods } from "./problem.ts";

export interface ChannelDeps {
  readonly pipeline: Pick<Pipeline, "post">;
  readonly settings: Pick<LiveSettings, "current">;
  readonly tokens: ApiTokens;
}

/** `POST /api/channels/NAME/test` and `…/send-screenshot`: ATSD's buttons. 202 with the id under which it was kept. */
export function channelRoutes(deps: ChannelDeps): Router {
  const router = Router();
  const calls = {
    "/api/channels/:name/test": (name: string, body: unknown) => helloTo(name, parseInput(TestWish, body)),
    "/api/channels/:name/send-screenshot": (name: string, body: unknown) =>
      screenshotTo(name, parseInput(ScreenshotWish, body)),
  };
  for (const [path, testOf] of Object.entries(calls)) {
    router.post<string, { name: string }>(path, apiBody, async (request, response) => {
      const test = testOf(request.params.name, bodyOf(request));
      response.status(202).json({ id: await post(test, request, deps) });
    });
    router.all(path, onlyMethods("POST"));
  }
  return router;
}

/** A button needs no body. */
function bodyOf(request: Request<{ name: string }>): unknown {
  return bytesOf(request).length === 0 ? {} : jsonOf(request);
}

async function post(
  { input, plan }: ChannelTest,
  request: Request<{ name: string }>,
  { pipeline, settings, tokens }: ChannelDeps,
): Promise<string> {
  requireNames(request, tokens, [{ channels: [plan.channel], portals: [...plan.portals] }]);
  // Nobody who presses a button is content with silence.
  if (settings.current.channels.get(plan.channel)?.enabled === false) {
    throw new AppError("channel_disabled", `The channel \`${plan.channel}\` is not enabled.`);
  }
  const { id } = await pipeline.post(input, [plan], undefined);
  return id;
}
