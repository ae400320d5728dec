import type { Alert } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { choose } from "./choose.ts";
import type { ReadyRoute } from "./choose.ts";
import { isSaidAnyway, sayingOf } from "./policy.ts";

/**
 * Which channels an alert goes to: those of the alert itself, or those of the routes that it takes and that say something
 * about its state. A channel that several routes name gets one message, with the first route's text, the portals of all and
 * the shortest delay.
 */
export function admit(alert: Alert, routes: readonly ReadyRoute[]): readonly Plan[] {
  if (alert.channels !== undefined) {
    if (!isSaidAnyway(alert)) return [];
    return alert.channels.map((channel) => ({ channel, portals: alert.portals ?? [], text: undefined }));
  }
  const plans = new Map<string, Plan>();
  for (const route of choose(alert, routes)) {
    const saying = sayingOf(route, alert);
    if (saying === undefined) continue;
    const portals = saying.picture ? (alert.portals ?? route.portals) : [];
    for (const channel of route.channels) {
      const earlier = plans.get(channel);
      const names = [...(earlier?.routes ?? []), ...(route.name === undefined ? [] : [route.name])];
      const { text, details } = earlier ?? saying;
      const delayMs = Math.min(saying.delayMs, earlier === undefined ? saying.delayMs : (earlier.delayMs ?? 0));
      plans.set(channel, {
        channel,
        portals: [...new Set([...(earlier?.portals ?? []), ...portals])],
        text,
        ...(names.length === 0 ? {} : { routes: names }),
        ...(details === true ? { details } : {}),
        ...(delayMs > 0 ? { delayMs } : {}),
      });
    }
  }
  return [...plans.values()];
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
