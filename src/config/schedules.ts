import { formatPath } from "../core/input.ts";
import { nearest } from "../core/nearest.ts";
import type { Portal } from "../core/portal.ts";
import { reservedParams } from "../core/schedule.ts";
import type { Schedule } from "../core/schedule.ts";
import { placeholdersOf } from "../core/template.ts";
import { unknownNames } from "./problems.ts";
import type { Problem } from "./problems.ts";
import type { Config } from "./schema.ts";

/** What can be said of schedules only beside the rest of the configuration. */

/** Names that must exist, names that must not exist twice, parameters that nothing takes. */
export function scheduleProblems(config: Config): Problem[] {
  const channels = Object.keys(config.channels);
  const portals = [...Object.keys(config.portals), "test"];
  return config.schedules.flatMap((schedule, index) => [
    ...nameProblems(config.schedules, index),
    ...unknownNames(schedule.channels, channels, "channel", ["schedules", index, "channels"]),
    ...unknownNames(schedule.portals, portals, "portal", ["schedules", index, "portals"]),
    ...paramProblems(schedule, config, index),
  ]);
}

/** Placeholders of a portal's URL that a schedule leaves empty: an alert fills them in, a schedule must. */
export function scheduleWarnings(config: Config): string[] {
  return config.schedules.flatMap((schedule, index) =>
    portalsOf(schedule, config).flatMap(([name, portal]) => {
      const given = [...Object.keys(portal.defaults), ...Object.keys(schedule.params), ...reservedParams];
      const empty = placeholdersOf(portal.url).filter((placeholder) => !given.includes(placeholder));
      const path = formatPath(["schedules", index, "params"]);
      return empty.map(
        (placeholder) =>
          `${path}: \`${placeholder}\` stays empty in the URL of portal \`${name}\`; give it a value here`,
      );
    }),
  );
}

function nameProblems(schedules: readonly Schedule[], index: number): Problem[] {
  const name = schedules[index]?.name;
  const first = schedules.findIndex((one) => one.name === name);
  if (first === index) return [];
  return [{ path: ["schedules", index, "name"], message: `\`${name}\` is the name of schedules[${first}] already` }];
}

function paramProblems(schedule: Schedule, config: Config, index: number): Problem[] {
  const portals = portalsOf(schedule, config);
  // The built-in test portal says only at run time what it takes, and an unknown portal is a problem of its own.
  if (portals.length < schedule.portals.length) return [];
  const texts = [...portals.map(([, { url }]) => url), schedule.text ?? ""];
  const known = [...new Set(texts.flatMap(placeholdersOf))].filter((name) => !reservedParams.includes(name));
  const unknown = Object.keys(schedule.params).filter((name) => !known.includes(name));
  return unknown.map((name) => {
    const near = nearest(name, known);
    const hint = near === undefined ? `they have: ${known.join(", ") || "none"}` : `did you mean \`${near}\`?`;
    const message = `neither the portals' URLs nor the text have a placeholder \`${name}\`; ${hint}`;
    return { path: ["schedules", index, "params", name], message };
  });
}

function portalsOf(schedule: Schedule, config: Config): readonly (readonly [string, Portal])[] {
  return schedule.portals.flatMap((name) => {
    const portal = Object.hasOwn(config.portals, name) ? config.portals[name] : undefined;
    return portal === undefined ? [] : [[name, portal] as const];
  });
}
