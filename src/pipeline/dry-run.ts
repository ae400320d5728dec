import type { Alert } from "../core/alert.ts";
import { AppError } from "../core/errors.ts";
import type { TextStep } from "../core/message.ts";
import { admit, refuseUnknownNames } from "./admit.ts";
import { explain } from "./choose.ts";
import type { ReadyRoute, RouteVerdict } from "./choose.ts";
import { textOf } from "./delivery.ts";
import type { Settings } from "./settings.ts";
import { alertTarget } from "./target.ts";
import type { Portals } from "./target.ts";

/** What would become of an alert: nothing is kept, photographed or sent. */
export interface DryRun {
  /** In the order of the configuration; empty when the alert itself names its channels. */
  readonly routes: readonly { readonly route: ReadyRoute; readonly verdict: RouteVerdict }[];
  readonly messages: readonly DryMessage[];
}

/** What one channel would get. */
export interface DryMessage {
  readonly channel: string;
  readonly enabled: boolean;
  readonly text: TextStep;
  readonly pictures: readonly DryPicture[];
}

export interface DryPicture {
  readonly portal: string;
  /** The page that would be photographed, or why there would be no picture. */
  readonly outcome: { readonly url: string } | { readonly problem: string };
}

/** Throws channel_unknown or portal_unknown, as accepting the alert would. */
export function dryRun(alert: Alert, { channels, portals, routes }: Settings): DryRun {
  refuseUnknownNames("channel", alert.channels ?? [], [...channels.keys()]);
  refuseUnknownNames("portal", alert.portals ?? [], [...portals.keys()]);
  const verdicts = alert.channels === undefined ? explain(alert, routes) : [];
  return {
    routes: verdicts.flatMap((verdict, index) => {
      const route = routes[index];
      return route === undefined ? [] : [{ route, verdict }];
    }),
    messages: admit(alert, routes).flatMap((plan) => {
      const channel = channels.get(plan.channel);
      if (channel === undefined) return [];
      const text = textOf(alert, { id: "", plan, steps: new Map() }, channel, portals);
      const wanted = channel.destination.pictures.taken && text.text !== "" ? plan.portals : [];
      const pictures = wanted.map((portal) => ({ portal, outcome: pictureOf(alert, portal, portals) }));
      return [{ channel: plan.channel, enabled: channel.enabled, text, pictures }];
    }),
  };
}

function pictureOf(alert: Alert, portal: string, portals: Portals): DryPicture["outcome"] {
  try {
    return { url: alertTarget(portals, portal, alert).url };
  } catch (error) {
    if (error instanceof AppError) return { problem: error.message };
    throw error;
  }
}
