import type { Alert } from "../core/alert.ts";
import type { ShotRecord } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { PictureStep, TextStep } from "../core/message.ts";
import type { PictureLimits } from "../core/picture.ts";
import type { Channel } from "./channel.ts";
import { captionOf, fileNameOf, noPictureText, placeholderValues } from "./compose.ts";
import type { PortalMention } from "./compose.ts";
import { failureOf } from "./deliver.ts";
import type { Shooter } from "./shoot.ts";
import { portalTarget } from "./target.ts";
import type { Portals } from "./target.ts";

/** A portal's picture for one channel, or the sentence that stands for it. */
export interface PreparedPicture {
  readonly step: PictureStep | TextStep;
  readonly record: ShotRecord;
}

export interface PictureDeps {
  readonly shooter: Shooter;
  readonly portals: Portals;
  readonly log: Logger;
}

/** Photographs a portal for an alert and fits the picture to the channel. Never throws: a failure becomes a sentence. */
export async function preparePicture(
  alert: Alert,
  portal: string,
  channel: Channel,
  pictureLimits: PictureLimits,
  deps: PictureDeps,
  signal: AbortSignal,
): Promise<PreparedPicture> {
  try {
    const target = portalTarget(deps.portals, portal, placeholderValues(alert), { strict: false });
    const shot = await deps.shooter.shoot(target, signal, alert.id);
    if (shot.verdict.kind === "blank") {
      throw new AppError("picture_blank", "The page drew nothing that differs from its background.");
    }
    const picture = await deps.shooter.fit(shot, pictureLimits);
    const { kind } = shot.verdict;
    return {
      step: {
        kind: "picture",
        picture,
        caption: captionOf(target.title, alert, shot.verdict),
        fileName: fileNameOf(alert, portal, picture.mediaType),
      },
      record: {
        portal,
        verdict: kind,
        ...(kind === "partial" ? { unready: shot.verdict.unready } : {}),
        bytes: picture.bytes.length,
        width: picture.width,
        height: picture.height,
        timings: { ...shot.timings },
      },
    };
  } catch (error) {
    return withoutPicture(error, portal, mentionOf(alert, portal, deps.portals), channel, deps.log);
  }
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
  const separator = text.format === "html" ? "<br>" : "\n";
  return { ...text, text: [text.text, ...lines].filter((line) => line !== "").join(separator) };
}

/** A portal whose URL cannot be made is still mentioned by its name: the text matters more than the link. */
function mentionOf(alert: Alert, portal: string, known: Portals): PortalMention {
  try {
    return portalTarget(known, portal, placeholderValues(alert), { strict: false });
  } catch {
    return { title: portal, url: undefined };
  }
}
