import { z } from "zod";
import type { AlertStatus, Severity } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseText, SomeText } from "./loose.ts";
import { lookUp } from "./severity.ts";

/*
 * Datadog's webhooks integration has no fixed payload: its template makes it. Ours is in docs/sources.md; the variables are
 * those of Datadog's documentation. `snapshot` is never fetched. A variable without a value is empty or stays as it is.
 */

const Variable = LooseText.transform((text) => (/^\$[A-Z_]+$/u.test(text) || text === "null" ? "" : text));

const Event = z.looseObject({
  id: Variable,
  title: SomeText,
  transition: Variable,
  type: Variable,
  priority: Variable,
  text: Variable,
  body: Variable,
  link: Variable,
  metric: Variable,
  scope: Variable,
  tags: Variable,
  host: Variable,
  date: Variable,
  last_updated: Variable,
  snapshot: Variable,
  query: Variable,
  alert_id: Variable,
  cycle_key: Variable,
  // As Keep's template names them.
  alert_transition: Variable,
  scopes: Variable,
  url: Variable,
  monitor_id: Variable,
});

const severities: Readonly<Record<string, Severity>> = {
  error: "critical",
  warning: "warning",
  success: "normal",
  info: "normal",
};

export const datadog = defineSource({
  options: z.strictObject({ source: z.literal("datadog"), ...hookOptions }),
  forms: ["json", "form"],
  example: {
    id: "7654321",
    transition: "Triggered",
    type: "error",
    title: "[Triggered on {host:web01}] CPU is high",
    text: "CPU is above 90 %",
    link: "https://app.datadoghq.com/event/event?id=7654321",
    metric: "system.cpu.user",
    scope: "host:web01",
    host: "web01",
    date: "1700000000000",
  },
  read({ body }) {
    const event = parseInput(Event, body);
    const scope = pairsOf(event.scope || event.scopes);
    const { host: scopeHost, ...tags } = scope;
    const { cycle_key, type, priority, query, snapshot } = event;
    const transition = event.transition || event.alert_transition;
    return one({
      alert: fit({
        status: statusOf(transition, type),
        severity: severityOf(transition, type),
        rule: event.title.replace(/^\[[^\]]{0,500}\]\s*/u, "") || event.title,
        entity: scopeHost ?? event.host,
        metric: event.metric,
        tags,
        message: event.text || withoutMarks(event.body),
        ruleLink: [event.link, event.url],
        time: event.last_updated || event.date,
        fields: {
          transition,
          alert_id: event.alert_id || event.monitor_id,
          cycle_key,
          type,
          priority,
          query,
          snapshot,
          tags: event.tags,
          scope: event.scope,
        },
      }),
      key: event.id === "" ? undefined : [event.id, transition].join(" "),
    });
  },
});

/** Datadog marks Markdown with `%%%` before and after it. */
function withoutMarks(text: string): string {
  const begun = text.startsWith("%%%") ? text.slice(3) : text;
  return (begun.endsWith("%%%") ? begun.slice(0, -3) : begun).trim();
}

/** `host:web01,env:prod`; a tag without a value is left out. */
function pairsOf(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((pair): [string, string][] => {
    const colon = pair.indexOf(":");
    return colon < 0 ? [] : [[pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}

/** Transitions: Triggered, Re-Triggered, Warn, No Data, Recovered. */
function statusOf(transition: string, type: string): AlertStatus {
  const word = transition.toLowerCase();
  if (word.includes("recovered") || (word === "" && type === "success")) return "CANCEL";
  return word.startsWith("re-") || word === "renotify" ? "REPEAT" : "OPEN";
}

function severityOf(transition: string, type: string): Severity {
  if (/no data/iu.test(transition)) return "unknown";
  if (/warn/iu.test(transition)) return "warning";
  return lookUp(severities, type) ?? "undefined";
}
