import type { Alert } from "../core/alert.ts";
import type { ShotRecord } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import type { PictureStep, TextStep } from "../core/message.ts";
import type { Picture, PictureLimits, Verdict } from "../core/picture.ts";
import { isTimeout, race, wait } from "../core/wait.ts";
import type { PictureStore, StepPlace } from "../store/pictures/contract.ts";
import type { Channel } from "./channel.ts";
import { captionOf, fileNameOf, noPictureText, portalLink } from "./compose.ts";
import type { PortalMention } from "./compose.ts";
import { failureOf } from "./deliver.ts";
import { readPortalReference } from "./portal-link.ts";
import type { Shooter, Shot } from "./shoot.ts";
import { alertTarget } from "./target.ts";
import type { Portals, Target } from "./target.ts";

/** A portal's picture for one channel, or the sentence that stands for it. */
export interface PreparedPicture {
  readonly step: PictureStep | TextStep;
  readonly record: ShotRecord;
}

export interface PictureDeps {
  readonly shooter: Shooter;
  readonly portals: Portals;
  /** Undefined where nothing outlives the process. */
  readonly pictures: PictureStore | undefined;
  readonly log: Logger;
}

/** Which step of which delivery a picture is for. */
export interface PicturePlace extends StepPlace {
  /** What an earlier handling of this step had come to. */
  readonly earlier: ShotRecord | undefined;
}

/**
 * The picture of a portal for one step, fitted to its channel: the one that an earlier handling of the step was about to
 * send, because it shows the moment of the alert, or else a new shot. Never throws: a failure becomes a sentence.
 */
export async function preparePicture(
  alert: Alert,
  portal: string,
  channel: Channel,
  pictureLimits: PictureLimits,
  place: PicturePlace,
  deps: PictureDeps,
  signal: AbortSignal,
): Promise<PreparedPicture> {
  const { title } = mentionOf(alert, portal, deps.portals);
  const again = await earlierPicture(alert, place, deps);
  if (again !== undefined) {
    return { step: pictureStep(again.picture, verdictOf(again.record), title, alert, portal), record: again.record };
  }
  try {
    const target = alertTarget(deps.portals, portal, alert);
    const shot = await shootPatiently(target, deps.shooter, alert.id, signal);
    if (shot.verdict.kind === "blank") {
      throw new AppError("picture_blank", "The page drew nothing that differs from its background.");
    }
    const picture = await deps.shooter.fit(shot, pictureLimits);
    const { kind } = shot.verdict;
    const record: ShotRecord = {
      portal,
      verdict: kind,
      ...(kind === "partial" ? { unready: shot.verdict.unready } : {}),
      bytes: picture.bytes.length,
      width: picture.width,
      height: picture.height,
      timings: { ...shot.timings },
    };
    const step = pictureStep(picture, shot.verdict, title, alert, portal);
    return { step, record: await keepPicture(alert, picture, record, place, deps) };
  } catch (error) {
    return withoutPicture(error, portal, mentionOf(alert, portal, deps.portals), channel, deps.log);
  }
}

/** A browser that has too much to do is waited for: the text is said already, and a late picture is better than none. */
async function shootPatiently(target: Target, shooter: Shooter, alertId: string, signal: AbortSignal): Promise<Shot> {
  try {
    for (;;) {
      try {
        return await shooter.shoot(target, signal, alertId);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "overloaded") throw error;
        await wait(Math.min(error.retryAfterMs ?? 0, limits.shotRetryMs), signal);
      }
    }
  } catch (error) {
    if (!isTimeout(error)) throw error;
    const minutes = limits.pictureDeadlineMs / 60_000;
    throw new AppError("overloaded", `The browser had no time for this picture within ${minutes} minutes.`);
  }
}

function pictureStep(picture: Picture, verdict: Verdict, title: string, alert: Alert, portal: string): PictureStep {
  return {
    kind: "picture",
    picture,
    caption: captionOf(title, alert, verdict),
    fileName: fileNameOf(alert, readPortalReference(portal).name, picture.mediaType),
  };
}

/** The picture that the step was about to send before, where it was kept. */
async function earlierPicture(
  { id: alertId }: Alert,
  { earlier, deliveryId }: PicturePlace,
  { pictures, log }: PictureDeps,
): Promise<{ readonly picture: Picture; readonly record: ShotRecord } | undefined> {
  if (earlier?.picture === undefined) return undefined;
  try {
    const picture = await pictures?.get(earlier.picture.sha256);
    return picture === undefined ? undefined : { picture, record: earlier };
  } catch (error) {
    log.warn({ alertId, deliveryId, err: error }, "A kept picture could not be read; a new one is taken.");
    return undefined;
  }
}

/**
 * Keeps a picture and notes it at its step, at the same time; waits at most limits.pictureKeepWaitMs, and lets a slow
 * storage go on beside the sending. The record names the picture unless keeping it has failed.
 */
async function keepPicture(
  { id: alertId }: Alert,
  picture: Picture,
  record: ShotRecord,
  place: PicturePlace,
  { pictures, log }: PictureDeps,
): Promise<ShotRecord> {
  if (pictures === undefined) return record;
  const kept: ShotRecord = { ...record, picture: { sha256: picture.hash, mediaType: picture.mediaType } };
  const keeping = Promise.all([pictures.put(picture), pictures.noteStep(place, kept)]).then(
    () => kept,
    (error: unknown) => {
      log.warn({ alertId, portal: record.portal, err: error }, "A picture could not be kept; it is sent all the same.");
      return record;
    },
  );
  return await race(keeping, AbortSignal.timeout(limits.pictureKeepWaitMs)).catch(() => kept);
}

function verdictOf({ verdict, unready }: ShotRecord): Verdict {
  return verdict === "partial" ? { kind: "partial", unready: unready ?? [] } : { kind: "ready" };
}

function withoutPicture(
  error: unknown,
  portal: string,
  mention: PortalMention,
  channel: Channel,
  log: Logger,
): PreparedPicture {
  const failure = failureOf(error);
  const unexpected = error instanceof AppError ? {} : { err: error };
  // One that nobody waits for any more is taken later, or not wanted.
  const level = failure.code === "cancelled" ? "debug" : "error";
  log[level]({ portal, code: failure.code, reason: failure.message, ...unexpected }, "No picture.");
  const { format } = channel.destination;
  const reason = error instanceof AppError ? error.message : failure.message;
  const text = noPictureText(mention, reason, format);
  return {
    step: { kind: "text", text, format, color: "gray", notify: false },
    record: { portal, verdict: failure.code === "picture_blank" ? "blank" : "failed", failure },
  };
}

/** The text for a channel that takes no pictures: with the portals' links and the plain reason. */
export function linkInstead(
  text: TextStep,
  alert: Alert,
  portals: readonly string[],
  reason: string,
  known: Portals,
): TextStep {
  if (portals.length === 0) return text;
  const lines = portals.map((portal) => noPictureText(mentionOf(alert, portal, known), reason, text.format));
  return withLines(text, lines);
}

/** The text with links to the portals whose pictures follow; an empty one stays empty. */
export function linkBeside(text: TextStep, alert: Alert, portals: readonly string[], known: Portals): TextStep {
  if (portals.length === 0 || text.text === "") return text;
  const links = portals.map((portal) => portalLink(mentionOf(alert, portal, known), text.format));
  return withLines(text, [links.join(text.format === "html" ? " · " : "\n")]);
}

function withLines(text: TextStep, lines: readonly string[]): TextStep {
  const separator = text.format === "html" ? "<br>" : "\n";
  return { ...text, text: [text.text, ...lines].filter((line) => line !== "").join(separator) };
}

/** A portal whose URL cannot be made is still mentioned by its name: the text matters more than the link. */
function mentionOf(alert: Alert, portal: string, known: Portals): PortalMention {
  try {
    return alertTarget(known, portal, alert);
  } catch {
    return { title: portal, url: undefined };
  }
}
