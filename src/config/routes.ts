import { namesSource } from "../core/matcher.ts";
import { roomSource } from "../core/room.ts";
import type { Route } from "../core/route.ts";
import type { Problem } from "./problems.ts";

/** What can be said of routes only side by side. */

/** Names that stand twice. */
export function routeProblems(routes: readonly Route[]): Problem[] {
  return routes.flatMap(({ name }, index) => {
    const first = routes.findIndex((one) => one.name === name);
    if (name === undefined || first === index) return [];
    return [{ path: ["routes", index, "name"], message: `\`${name}\` is the name of routes[${first}] already` }];
  });
}

/** Routes that no alert can come to. */
export function routeWarnings(routes: readonly Route[]): string[] {
  const takesAll = (route: Route): boolean => Object.keys(route.match).length === 0;
  const end = routes.findIndex((route) => !route.default && route.stop && takesAll(route));
  const hasCatchAll = routes.some((route) => !route.default && takesAll(route));
  return routes.flatMap((route, index) => {
    // Messages of rooms pass by the routes that do not ask for them.
    if (!route.default && end >= 0 && index > end && !namesSource(route.match, roomSource)) {
      return [`routes[${index}]: is never looked at; routes[${end}] takes every alert and stops`];
    }
    return route.default && hasCatchAll && !namesSource(route.match, roomSource)
      ? [`routes[${index}].default: is never used; another route takes every alert`]
      : [];
  });
}
