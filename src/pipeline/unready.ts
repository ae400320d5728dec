import type { Clock } from "../core/clock.ts";
import { AppError, errorCodes } from "../core/errors.ts";
import type { Verdict } from "../core/picture.ts";
import type { Imaging } from "../image/contract.ts";
import type { Shot } from "./shoot.ts";
import type { Target } from "./target.ts";

/*
 * What becomes of a shot that is not all it should be, by the portal's `onTimeout`: no picture; the picture with a bar that
 * says what was not ready; or the last good picture with its age. An address that a caller gave is handed out as it is.
 */

const lastGoodMax = 50;

interface Good {
  readonly shot: Shot;
  readonly atMs: number;
}

export interface UnreadyDeps {
  readonly imaging: Imaging;
  readonly clock: Clock;
}

/** Wraps the taking of a target's shots; remembers the last good one of each, at most `lastGoodMax`, in memory. */
export function createUnreadyPolicy({ imaging, clock }: UnreadyDeps) {
  const lastGood = new Map<string, Good>();

  const keep = (key: string, shot: Shot): void => {
    lastGood.delete(key);
    lastGood.set(key, { shot, atMs: clock.monotonicMs() });
    const [oldest] = lastGood.keys();
    if (lastGood.size > lastGoodMax && oldest !== undefined) lastGood.delete(oldest);
  };
  const labelled = async (shot: Shot, text: string, verdict: Verdict): Promise<Shot> => ({
    ...shot,
    png: await imaging.label(shot.png, text),
    verdict,
  });
  const older = async (key: string, reason: string): Promise<Shot | undefined> => {
    const good = lastGood.get(key);
    if (good === undefined) return undefined;
    const age = ageOf(clock.monotonicMs() - good.atMs);
    const verdict: Verdict = { kind: "partial", unready: [`this is the last good picture, ${age} old: ${reason}`] };
    return await labelled(good.shot, `Last good picture, ${age} old: ${reason}`, verdict);
  };

  return async (target: Target, key: string, take: () => Promise<Shot>): Promise<Shot> => {
    const { onTimeout, title } = target;
    const shot = await take().catch(async (error: unknown) => {
      const isRender = error instanceof AppError && errorCodes[error.code].kind === "render";
      const instead = onTimeout === "last-good" && isRender ? await older(key, error.message) : undefined;
      if (instead === undefined) throw error;
      return instead;
    });
    if (shot.verdict.kind === "ready") {
      if (onTimeout === "last-good") keep(key, shot);
      return shot;
    }
    const reason = shot.verdict.kind === "blank" ? "the page drew nothing" : shot.verdict.unready.join("; ");
    if (onTimeout === "last-good") return (await older(key, reason)) ?? shot;
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
