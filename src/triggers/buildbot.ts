import { z } from "zod";
import type { AlertInput, AlertStatus, Severity } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { Name } from "../core/name.ts";
import { nothing, one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseList, LooseMap, LooseNumber, LooseText, looseSection, SomeText } from "./loose.ts";

/*
 * Buildbot's HttpStatusPush: the build as the data API has it, with url, builder, buildset and buildrequest
 * (master/docs/manual/configuration/reporters/http_status.rst; spec/types/build.raml; times are Unix seconds).
 * Result codes by Buildbot's "Build Result Codes".
 */

interface Result {
  readonly name: string;
  readonly status: AlertStatus;
  readonly severity: Severity;
}

const results: readonly Result[] = [
  { name: "success", status: "CANCEL", severity: "normal" },
  { name: "warnings", status: "OPEN", severity: "warning" },
  { name: "failure", status: "OPEN", severity: "critical" },
  { name: "skipped", status: "OPEN", severity: "normal" },
  { name: "exception", status: "OPEN", severity: "critical" },
  { name: "retry", status: "OPEN", severity: "unknown" },
  { name: "cancelled", status: "OPEN", severity: "normal" },
];

const Build = z.object({
  builder: z.object({ name: SomeText, tags: LooseList }, { error: "must be an object" }),
  buildid: LooseText,
  number: LooseText,
  url: LooseText,
  complete: z.boolean().nullish(),
  results: LooseNumber,
  state_string: LooseText,
  started_at: LooseText,
  complete_at: LooseText,
  properties: LooseMap,
  buildset: looseSection({ reason: LooseText, sourcestamps: LooseList }),
});

const Stamp = z.object({ branch: LooseText, project: LooseText, revision: LooseText, repository: LooseText });

export const buildbot = defineSource({
  options: z.strictObject({
    source: z.literal("buildbot"),
    ...hookOptions,
    events: z
      .array(z.enum(["started", "finished"]))
      .min(1)
      .default(["finished"])
      .describe("Which builds are told: those that finished, those that started."),
    success: z
      .enum(["CANCEL", "OPEN"])
      .default("CANCEL")
      .describe("Status of a success. CANCEL: it ends an earlier failure; OPEN: every success is told."),
    builders: z
      .record(
        z.string().min(1).max(200),
        z.strictObject({
          channels: z.array(Name).max(50).optional().describe("Channels of this builder; an empty list: none."),
          portals: z.array(Name).max(10).optional().describe("Portals of this builder."),
        }),
      )
      .default({})
      .describe("Builders with channels of their own, as Buildbot's builder_room_map has rooms."),
  }),
  forms: ["json"],
  example: {
    buildid: 100,
    number: 7,
    url: "http://buildbot.example.com/#builders/1/builds/7",
    complete: true,
    complete_at: 1451001900,
    results: 2,
    state_string: "failed test (failure)",
    builder: { builderid: 1, name: "runtests" },
  },
  read({ body }, options) {
    const build = parseInput(Build, body);
    const isFinished = build.complete ?? build.complete_at !== "";
    if (!options.events.includes(isFinished ? "finished" : "started")) return nothing;
    const { name } = build.builder;
    const told = isFinished ? finished(build, options.success) : started(name);
    const first = Stamp.safeParse(build.buildset.sourcestamps[0]);
    const stamp = first.success ? first.data : { branch: "", project: "", revision: "", repository: "" };
    const place = Object.hasOwn(options.builders, name) ? options.builders[name] : undefined;
    const { number, url, state_string, buildid } = build;
    return one({
      alert: fit({
        ...told,
        tags: { branch: stamp.branch, project: stamp.project },
        ruleLink: url,
        time: isFinished ? build.complete_at : build.started_at,
        ...destinationOf(place),
        fields: {
          buildid,
          number,
          state_string,
          revision: stamp.revision,
          repository: stamp.repository,
          reason: build.buildset.reason,
          builder_tags: build.builder.tags,
          properties: propertiesOf(build.properties),
        },
      }),
      key: buildid === "" ? undefined : [url, buildid, isFinished ? "finished" : "started"].join(" "),
    });
  },
});

interface Place {
  readonly channels?: AlertInput["channels"];
  readonly portals?: AlertInput["portals"];
}

function destinationOf(place: Place | undefined): Place {
  return {
    ...(place?.channels === undefined ? {} : { channels: place.channels }),
    ...(place?.portals === undefined ? {} : { portals: place.portals }),
  };
}

/** The words of HipChatStatusPush (buildbot 2.10, reporters/hipchat.py). */
function finished({ builder, results: code, state_string }: z.output<typeof Build>, success: AlertStatus) {
  const result = results[code ?? -1] ?? { name: "unknown", status: "OPEN" as const, severity: "unknown" as const };
  const detail = state_string === "" ? "" : `: ${state_string}`;
  return {
    status: result.name === "success" ? success : result.status,
    severity: result.severity,
    rule: builder.name,
    value: result.name,
    message: `Buildbot finished build ${builder.name} with result ${result.name}${detail}`,
  };
}

/** A rule of its own: a build that starts neither opens nor ends a trouble. */
function started(name: string) {
  const message = `Buildbot started build ${name}`;
  return {
    status: "OPEN" as const,
    once: true as const,
    severity: "undefined" as const,
    rule: `${name} started`,
    message,
  };
}

/** Buildbot gives each property as [value, source]. */
function propertiesOf(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(properties).map(([name, pair]): [string, unknown] => {
    const value: unknown = Array.isArray(pair) ? pair[0] : pair;
    return [name, value];
  });
  return Object.fromEntries(entries);
}
