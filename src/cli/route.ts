import type { Command } from "commander";
import { z } from "zod";
import type { Alert, AlertInput } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { parseJson } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { DryMessage, DryRun } from "../pipeline/dry-run.ts";
import type { ReadyRoute, RouteVerdict } from "../pipeline/choose.ts";
import { configOf, withConfig } from "./config-options.ts";
import type { ConfigFlags } from "./config-options.ts";
import { readText } from "./input.ts";
import { print, printJson, table, warn } from "./terminal.ts";

interface RouteFlags extends ConfigFlags {
  readonly alert: string;
  readonly at?: string;
  readonly json?: boolean;
}

const examples = `
FILE holds what \`POST /api/alerts\` takes: one alert, or {"alerts": [...]}.

Examples:
  chartbell route --alert alert.json
  echo '{"rule": "cpu_high", "severity": "critical"}' | chartbell route --alert -
  chartbell route --alert alert.json --at 2026-11-21T03:00:00+01:00     as if it came in at night
  chartbell route --alert alert.json --json`;

/** `chartbell route`: which routes an alert takes and why, and what each channel would get. Nothing is sent or photographed. */
export function route(program: Command): void {
  withConfig(program.command("route"))
    .description("explain which routes an alert takes, and show what each channel would get; sends nothing")
    .requiredOption("--alert <file>", "file with an alert as JSON; - for standard input")
    .option("--at <time>", "when the alert comes in, ISO 8601 with offset; default: now")
    .option("--json", "print the explanation as JSON")
    .addHelpText("after", examples)
    .action(async (flags: RouteFlags) => {
      const loaded = await configOf(flags);
      warn(loaded.warnings);
      const name = flags.alert === "-" ? "Standard input" : flags.alert;
      const text = await readText(flags.alert, limits.apiBodyBytesMax);
      const { triggers } = await import("../triggers/index.ts");
      const inputs = triggers.native.read(parseJson(text, name));
      const at = flags.at === undefined ? new Date() : timeOf(flags.at);
      const runs = await dryRuns(
        loaded,
        inputs.map((input) => alertOf(input, at)),
      );
      if (flags.json === true) printJson({ alerts: runs.map(({ alert, run }) => runJson(alert, run)) });
      else print(runs.map(({ alert, run }) => describe(alert, run)).join("\n\n"));
    });
}

type Loaded = Awaited<ReturnType<typeof configOf>>;

/** With the channels opened, as far as that needs no network, and closed again. */
async function dryRuns(loaded: Loaded, alerts: readonly Alert[]) {
  const { addTestPortal, configuredRoomServer, openSettings } = await import("../settings.ts");
  const { servedUrl } = await import("../config/schema.ts");
  const { dryRun } = await import("../pipeline/dry-run.ts");
  const { config } = loaded;
  await using settings = await openSettings(loaded, () => configuredRoomServer(config), undefined, {});
  addTestPortal(settings.portals, servedUrl(config));
  return alerts.map((alert) => ({ alert, run: dryRun(alert, settings) }));
}

function timeOf(text: string): Date {
  const { at } = parseInput(z.object({ at: z.iso.datetime({ offset: true }) }), { at: text });
  return new Date(at);
}

/** Without a window: every REPEAT and CANCEL counts as one that is said. */
function alertOf({ time, status = "OPEN", ...input }: AlertInput, at: Date): Alert {
  return { ...input, status, id: "dry-run", time: time === undefined ? at : new Date(time), acceptedAt: at };
}

function runJson(alert: Alert, { routes, messages }: DryRun): unknown {
  const { id: _id, ...shown } = alert;
  const indexOf = (wanted: ReadyRoute): number => routes.findIndex(({ route: one }) => one === wanted);
  return {
    alert: shown,
    routes: routes.map(({ route: one, verdict }, index) => ({
      index,
      ...(one.name === undefined ? {} : { name: one.name }),
      ...verdictJson(verdict, alert, indexOf),
    })),
    messages: messages.map(({ channel, enabled, text, pictures }) => {
      const { kind: _kind, ...look } = text;
      return {
        channel,
        enabled,
        ...look,
        pictures: pictures.map(({ portal, outcome }) => ({ portal, ...outcome })),
      };
    }),
  };
}

function verdictJson(
  verdict: RouteVerdict,
  alert: Alert,
  indexOf: (route: ReadyRoute) => number,
): Readonly<Record<string, unknown>> {
  switch (verdict.kind) {
    case "failed": {
      const { name, wanted } = verdict.condition;
      return { matched: false, condition: name, wanted, saw: verdict.condition.saw(alert) };
    }
    case "stopped":
      return { matched: false, condition: "stop", stoppedBy: indexOf(verdict.by) };
    case "spared":
      return { matched: false, condition: "default" };
    case "matched":
      return { matched: true };
  }
}

function describe(alert: Alert, { routes, messages }: DryRun): string {
  const { status, rule, entity, severity, acceptedAt } = alert;
  const about = `[${status}] ${rule}${entity === "" ? "" : ` for ${entity}`}, ${severity}`;
  const labels = routes.map(({ route: one }, index) => one.name ?? `routes[${index}]`);
  const labelOf = (wanted: ReadyRoute): string => labels[routes.findIndex(({ route: one }) => one === wanted)] ?? "";
  const rows = routes.map(({ verdict }, index) => [
    `  ${verdict.kind === "matched" ? "yes" : "no"}`,
    labels[index] ?? "",
    reason(verdict, alert, labelOf),
  ]);
  const chosen = alert.channels === undefined ? "there are none" : "not asked: the alert itself names its channels";
  return [
    `${about}, at ${acceptedAt.toISOString()}`,
    "",
    routes.length === 0 ? `Routes: ${chosen}` : `Routes:\n${table(["  takes", "route", "why not"], rows)}`,
    "",
    messages.length === 0 ? "Messages: none" : `Messages:\n${messages.map(describeMessage).join("\n")}`,
  ].join("\n");
}

function reason(verdict: RouteVerdict, alert: Alert, labelOf: (route: ReadyRoute) => string): string {
  switch (verdict.kind) {
    case "failed":
      return `${verdict.condition.name}: ${verdict.condition.saw(alert)}; wanted: ${verdict.condition.wanted}`;
    case "stopped":
      return `stop: ${labelOf(verdict.by)} matched before`;
    case "spared":
      return "default: another route matched";
    case "matched":
      return "";
  }
}

function describeMessage({ channel, enabled, text, pictures }: DryMessage): string {
  const look = `${text.color}, ${text.notify ? "with sound" : "no sound"}, ${text.format}`;
  const lines = text.text === "" ? ["(no text: nothing is said)"] : text.text.split("\n");
  const pages = pictures.map(({ portal, outcome }) =>
    "url" in outcome ? `picture of ${portal}: ${outcome.url}` : `no picture of ${portal}: ${outcome.problem}`,
  );
  const head = `  ${channel}: ${enabled ? look : "NOT ENABLED: nothing is sent; it would be"}`;
  return [head, ...[...lines, ...pages].map((line) => `    ${line}`)].join("\n");
}
