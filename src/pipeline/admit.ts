import type { Alert } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { Route } from "../core/route.ts";
import { choose } from "./choose.ts";
import type { ReadyRoute } from "./choose.ts";

/**
 * Which channels an alert goes to: those of the alert itself, or those of the routes that it takes. A channel that several
 * routes name gets one message, with the first route's text and the portals of all.
 */
export function admit(alert: Alert, routes: readonly ReadyRoute[]): readonly Plan[] {
  if (alert.channels !== undefined) {
    return alert.channels.map((channel) => ({ channel, portals: alert.portals ?? [], text: undefined }));
  }
  const plans = new Map<string, Plan>();
  for (const route of choose(alert, routes)) {
    const { text, picture, send } = textsOf(route, alert);
    if (!send) continue;
    const portals = picture ? (alert.portals ?? route.portals) : [];
    for (const channel of route.channels) {
      const earlier = plans.get(channel);
      const names = [...(earlier?.routes ?? []), ...(route.name === undefined ? [] : [route.name])];
      plans.set(channel, {
        channel,
        portals: [...new Set([...(earlier?.portals ?? []), ...portals])],
        text: earlier === undefined ? text : earlier.text,
        ...(names.length === 0 ? {} : { routes: names }),
      });
    }
  }
  return [...plans.values()];
}

function textsOf(route: Route, alert: Alert): Route["open"] {
  return { OPEN: route.open, REPEAT: route.repeat, CANCEL: route.cancel }[alert.status];
}

/** Refuses names of channels or portals that the configuration does not have, before anything is accepted. */
export function refuseUnknownNames(
  what: "channel" | "portal",
  names: readonly string[],
  known: readonly string[],
): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName(what, unknown, known);
}

/** The error for a name that the configuration does not have; it names the nearest one or all. */
export function unknownName(what: "channel" | "portal" | "schedule", name: string, known: readonly string[]): AppError {
  const near = nearest(name, known);
  const hint = near === undefined ? `Configured: ${known.join(", ") || "none"}.` : `Did you mean \`${near}\`?`;
  return new AppError(`${what}_unknown`, `There is no ${what} \`${name}\`.`, { hint, details: { [what]: name } });
}
