import type { Alert } from "../core/alert.ts";
import { compileMatch, namesSource } from "../core/matcher.ts";
import type { Condition } from "../core/matcher.ts";
import { roomSource } from "../core/room.ts";
import type { Route } from "../core/route.ts";

/** Which routes an alert takes. */

/** A route whose conditions are ready to be held against alerts. */
export interface ReadyRoute extends Route {
  readonly conditions: readonly Condition[];
  /** Whether messages of rooms may take it: only routes that ask for them by their source hear of them. */
  readonly hearsRooms: boolean;
}

/** A route for everything is none for what is said in rooms: it would say all of it again. */
const spareRooms: Condition = {
  name: "source",
  wanted: `any but \`${roomSource}\`, which a route has to name`,
  holds: ({ source }) => source !== roomSource,
  saw: ({ source = "" }) => `\`${source}\``,
};

/** The routes of a configuration, made ready once for all alerts. */
export function readyRoutes(routes: readonly Route[]): readonly ReadyRoute[] {
  return routes.map((route) => ({
    ...route,
    conditions: [...(route.match.source === undefined ? [spareRooms] : []), ...compileMatch(route.match)],
    hearsRooms: namesSource(route.match, roomSource),
  }));
}

/** In their order: every route that matches, up to one that stops; when there is none, the default routes that match. */
export function choose(alert: Alert, routes: readonly ReadyRoute[]): readonly ReadyRoute[] {
  const matched = matching(alert, routes, false);
  return matched.length > 0 ? matched : matching(alert, routes, true);
}

function matching(alert: Alert, routes: readonly ReadyRoute[], isDefault: boolean): readonly ReadyRoute[] {
  const matched: ReadyRoute[] = [];
  for (const route of routes) {
    if (route.default !== isDefault || !route.conditions.every((condition) => condition.holds(alert))) continue;
    matched.push(route);
    if (route.stop) break;
  }
  return matched;
}

/** What an alert made of one route, and why. */
export type RouteVerdict =
  | { readonly kind: "matched" }
  /** The first condition that does not hold. */
  | { readonly kind: "failed"; readonly condition: Condition }
  /** It would match, but an earlier route did and stops. */
  | { readonly kind: "stopped"; readonly by: ReadyRoute }
  /** It would match, but it is for alerts that no other route matched. */
  | { readonly kind: "spared" };

/** The same choice, explained: a verdict for each route. */
export function explain(alert: Alert, routes: readonly ReadyRoute[]): readonly RouteVerdict[] {
  const chosen = choose(alert, routes);
  const last = chosen.at(-1);
  return routes.map((route): RouteVerdict => {
    if (chosen.includes(route)) return { kind: "matched" };
    const condition = route.conditions.find((one) => !one.holds(alert));
    if (condition !== undefined) return { kind: "failed", condition };
    return last === undefined || last.default !== route.default ? { kind: "spared" } : { kind: "stopped", by: last };
  });
}
