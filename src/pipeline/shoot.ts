import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Picture, PictureLimits, Verdict } from "../core/picture.ts";
import { race } from "../core/wait.ts";
import type { Imaging } from "../image/contract.ts";
import type { PictureStore } from "../store/pictures/contract.ts";
import type { ShotTimings, WebDriver } from "../web-driver/contract.ts";
import { observeFailedShot, observeShot } from "./observe.ts";
import type { Observed } from "./observe.ts";
import type { Target } from "./target.ts";
import { createUnreadyPolicy } from "./unready.ts";

/** A capture after crop and trim. */
export interface Shot {
  readonly png: Buffer;
  readonly verdict: Verdict;
  readonly timings: ShotTimings & { readonly cropMs: number };
}

export interface Shooter {
  /** One capture serves everybody who wants the same target at the same time; the log names the alerts it is for. */
  shoot(target: Target, signal: AbortSignal, alertId?: string): Promise<Shot>;
  fit(shot: Shot, pictureLimits: PictureLimits): Promise<Picture>;
  original(shot: Shot): Promise<Picture>;
}

export interface ShooterDeps extends Observed {
  readonly driver: WebDriver;
  readonly imaging: Imaging;
  readonly clock: Clock;
  /** Keeps last good pictures beyond the life of the process, where there is one. */
  readonly pictures: PictureStore | undefined;
}

/** Photographs targets; the pixels leave cropped, with a verdict that also says whether anything was drawn. */
export function createShooter(deps: ShooterDeps): Shooter {
  const { driver, imaging, clock, pictures, log } = deps;
  const underway = new Map<string, Shared>();
  const byPolicy = createUnreadyPolicy({ imaging, clock, pictures, log });
  const take = async (target: Target, signal: AbortSignal): Promise<Shot> =>
    await byPolicy(
      target,
      keyOf(target, target.lastingUrl),
      async () => await capture(target, { driver, imaging }, signal),
    );
  return {
    async shoot(target, signal, alertId) {
      const key = keyOf(target, target.request.url);
      const shared =
        underway.get(key) ??
        share(
          key,
          underway,
          async (abandoned, alertIds) =>
            await observed(target, alertIds, deps, async () => await take(target, abandoned)),
        );
      return await shared.join(signal, alertId);
    },
    fit: async (shot, pictureLimits) => await imaging.fit(shot.png, pictureLimits),
    original: async (shot) => await imaging.original(shot.png),
  };
}

async function observed(
  { name: portal }: Target,
  alertIds: ReadonlySet<string>,
  deps: ShooterDeps,
  take: () => Promise<Shot>,
): Promise<Shot> {
  const startedMs = deps.clock.monotonicMs();
  const tookMs = (): number => deps.clock.monotonicMs() - startedMs;
  try {
    const shot = await take();
    observeShot(shot, tookMs(), { portal, alertIds: [...alertIds] }, deps);
    return shot;
  } catch (error) {
    observeFailedShot(error, tookMs(), { portal, alertIds: [...alertIds] }, deps);
    throw error;
  }
}

interface Shared {
  join(signal: AbortSignal, alertId: string | undefined): Promise<Shot>;
}

/** Everything that makes two shots the same picture. The identity belongs to the portal's name. */
function keyOf({ name, request }: Target, url: string): string {
  return JSON.stringify([name, url, request.trustUrl, request.options]);
}

/** A capture for all who join while it runs; it is given up when the last of them has gone. */
function share(
  key: string,
  underway: Map<string, Shared>,
  take: (abandoned: AbortSignal, alertIds: ReadonlySet<string>) => Promise<Shot>,
): Shared {
  const abandoned = new AbortController();
  const alertIds = new Set<string>();
  let waiting = 0;
  const work = take(abandoned.signal, alertIds).finally(() => {
    if (underway.get(key) === shared) underway.delete(key);
  });
  work.catch(() => undefined);
  const shared: Shared = {
    async join(signal, alertId) {
      if (alertId !== undefined) alertIds.add(alertId);
      waiting++;
      try {
        return await race(work, signal);
      } finally {
        waiting--;
        if (waiting === 0) {
          if (underway.get(key) === shared) underway.delete(key);
          abandoned.abort(new AppError("cancelled", "Nobody waits for this picture any more."));
        }
      }
    },
  };
  underway.set(key, shared);
  return shared;
}

async function capture(
  { request }: Target,
  { driver, imaging }: Pick<ShooterDeps, "driver" | "imaging">,
  signal: AbortSignal,
): Promise<Shot> {
  const captured = await driver.shoot(request, signal);
  const startedMs = performance.now();
  const png = request.options.crop.trim ? await imaging.crop(captured.png, { trim: true }) : captured.png;
  const verdict: Verdict = (await imaging.isBlank(png)) ? { kind: "blank" } : captured.verdict;
  return { png, verdict, timings: { ...captured.timings, cropMs: performance.now() - startedMs } };
}
