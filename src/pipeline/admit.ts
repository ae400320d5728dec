import type { Alert } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import { matchesGlob } from "../core/glob.ts";
import { nearest } from "../core/nearest.ts";
import type { Route } from "../core/route.ts";
import { isSaidAnyway, sayingOf } from "./policy.ts";

/**
 * Which channels an alert goes to: those of the alert itself, or those of every route that matches and says something about
 * its state. A channel that several routes name gets one message, with the first route's text, the portals of all and the
 * shortest delay.
 */
export function admit(alert: Alert, routes: readonly Route[]): readonly Plan[] {
  if (alert.channels !== undefined) {
    if (!isSaidAnyway(alert)) return [];
    return alert.channels.map((channel) => ({ channel, portals: alert.portals ?? [], text: undefined }));
  }
  const plans = new Map<string, Plan>();
  for (const route of routes.filter((one) => matchesRoute(alert, one))) {
    const saying = sayingOf(route, alert);
    if (saying === undefined) continue;
    const portals = saying.picture ? (alert.portals ?? route.portals) : [];
    for (const channel of route.channels) {
      const earlier = plans.get(channel);
      const { text, details } = earlier ?? saying;
      const delayMs = Math.min(saying.delayMs, earlier === undefined ? saying.delayMs : (earlier.delayMs ?? 0));
      plans.set(channel, {
        channel,
        portals: [...new Set([...(earlier?.portals ?? []), ...portals])],
        text,
        ...(details === true ? { details } : {}),
        ...(delayMs > 0 ? { delayMs } : {}),
      });
    }
  }
  return [...plans.values()];
}

function matchesRoute(alert: Alert, { match }: Route): boolean {
  const fits = (text: string, patterns: readonly string[] | undefined): boolean =>
    patterns === undefined || patterns.some((pattern) => matchesGlob(text, pattern));
  return (
    fits(alert.rule, match.rule) &&
    fits(alert.entity, match.entity) &&
    fits(alert.metric, match.metric) &&
    (match.severity?.includes(alert.severity) ?? true) &&
    (match.status?.includes(alert.status) ?? true) &&
    Object.entries(match.tags ?? {}).every(([tag, patterns]) => fits(alert.tags[tag] ?? "", patterns))
  );
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
