import { expect, test } from "vitest";
import { routeWarnings } from "../../../src/config/routes.ts";
import { Route } from "../../../src/core/route.ts";

const warningsOf = (...routes: readonly object[]): readonly string[] =>
  routeWarnings(routes.map((route) => Route.parse({ channels: [], ...route })));
const some = { match: { rule: "x" } };

test.each<[routes: readonly object[], warned: readonly string[]]>([
  [[some, some], []],
  [[some, {}], []],
  [[{ stop: true }, some], ["routes[1]: is never looked at"]],
  [[{ ...some, stop: true }, some], []],
  [[{ default: true }, some], []],
  [[{ default: true }, some, {}], ["routes[0].default: is never used"]],
  [[{ default: true, stop: true }, some], []],
  [[{ stop: true }, { match: { source: "room" } }], []],
  [[{}, { default: true, match: { source: "ro*" } }], []],
])("of %j it is warned %j", (routes, warned) => {
  const warnings = warningsOf(...routes);
  expect(warnings.map((warning) => warning.split(";", 1)[0])).toEqual(warned);
});
