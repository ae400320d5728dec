import type { Clock } from "../core/clock.ts";
import { AppError, errorCodes } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Verdict } from "../core/picture.ts";
import type { Imaging } from "../image/contract.ts";
import type { PictureStore } from "../store/pictures/contract.ts";
import type { Shot } from "./shoot.ts";
import type { Target } from "./target.ts";

/*
 * What becomes of a shot that is not all it should be, by the portal's `onTimeout`: no picture; the picture with a bar that
 * says what was not ready; or the last good picture with its age. An address that a caller gave is handed out as it is.
 */

const lastGoodMax = 50;

interface Good {
  readonly png: Buffer;
  readonly takenAt: Date;
}

export interface UnreadyDeps {
  readonly imaging: Imaging;
  readonly clock: Clock;
  readonly pictures: PictureStore | undefined;
  readonly log: Logger;
}

/** A picture from before took no time. */
const noTimings: Shot["timings"] = { queueMs: 0, navigateMs: 0, dataMs: 0, settleMs: 0, captureMs: 0, cropMs: 0 };

/**
 * Wraps the taking of a target's shots; remembers the last good one of each: at most `lastGoodMax` in memory, and in the
 * picture store, where the next start and other machines find them.
 */
export function createUnreadyPolicy({ imaging, clock, pictures, log }: UnreadyDeps) {
  const lastGood = new Map<string, Good>();

  const keep = (portal: string, key: string, { png }: Shot): void => {
    const takenAt = clock.now();
    lastGood.delete(key);
    lastGood.set(key, { png, takenAt });
    const [oldest] = lastGood.keys();
    if (lastGood.size > lastGoodMax && oldest !== undefined) lastGood.delete(oldest);
    if (pictures === undefined) return;
    // Nobody waits for this: the picture is on its way already.
    imaging
      .original(png)
      .then(async (picture) => await pictures.putLastGood({ portal, target: key }, { picture, takenAt }))
      .catch((error: unknown) => log.warn({ portal, err: error }, "The last good picture could not be kept."));
  };
  const newest = async (portal: string, key: string): Promise<Good | undefined> => {
    const here = lastGood.get(key);
    const kept = await pictures?.lastGood({ portal, target: key }).catch((error: unknown) => {
      log.warn({ portal, err: error }, "The last good picture could not be looked up.");
      return undefined;
    });
    if (kept === undefined || (here !== undefined && here.takenAt >= kept.takenAt)) return here;
    return { png: kept.picture.bytes, takenAt: kept.takenAt };
  };
  const labelled = async (shot: Shot, text: string, verdict: Verdict): Promise<Shot> => ({
    ...shot,
    png: await imaging.label(shot.png, text),
    verdict,
  });
  const older = async ({ name }: Target, key: string, reason: string): Promise<Shot | undefined> => {
    const good = await newest(name, key);
    if (good === undefined) return undefined;
    const age = ageOf(Math.max(0, clock.now().getTime() - good.takenAt.getTime()));
    const verdict: Verdict = { kind: "partial", unready: [`this is the last good picture, ${age} old: ${reason}`] };
    return await labelled(
      { png: good.png, verdict, timings: noTimings },
      `Last good picture, ${age} old: ${reason}`,
      verdict,
    );
  };

  return async (target: Target, key: string, take: () => Promise<Shot>): Promise<Shot> => {
    const { onTimeout, title } = target;
    let shot: Shot;
    try {
      shot = await take();
    } catch (error) {
      const isRender = error instanceof AppError && errorCodes[error.code].kind === "render";
      const instead = onTimeout === "last-good" && isRender ? await older(target, key, error.message) : undefined;
      if (instead === undefined) throw error;
      return instead;
    }
    if (shot.verdict.kind === "ready") {
      if (onTimeout === "last-good") keep(target.name, key, shot);
      return shot;
    }
    const reason = shot.verdict.kind === "blank" ? "the page drew nothing" : shot.verdict.unready.join("; ");
    if (onTimeout === "last-good") return (await older(target, key, reason)) ?? shot;
    if (shot.verdict.kind === "blank" || onTimeout === "as-is") return shot;
    if (onTimeout === "fail") throw new AppError("page_unready", `${title} was not ready: ${reason}.`);
    return await labelled(shot, `Incomplete: ${reason}`, shot.verdict);
  };
}

function ageOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
