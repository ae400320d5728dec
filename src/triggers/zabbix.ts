import { z } from "zod";
import type { Severity } from "../core/alert.ts";
import { limits } from "../core/limits.ts";
import { parseInput } from "../core/input.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseText } from "./loose.ts";
import { lookUp } from "./severity.ts";

/*
 * Zabbix has no webhook payload of its own: a media type makes it. Ours is docs/sources/zabbix-media-type.yaml; it sends
 * Zabbix's macros under their own names. A macro that Zabbix could not resolve arrives as `{NAME}` or `*UNKNOWN*` and counts
 * as absent.
 */

/** Names of Zabbix's severities. */
const severities: Readonly<Record<string, Severity>> = {
  "not classified": "undefined",
  information: "normal",
  warning: "warning",
  average: "minor",
  high: "major",
  disaster: "critical",
};

const Macro = LooseText.transform((text) => (/^(?:\{[\w$.:#"<>-]+\}|\*UNKNOWN\*)$/u.test(text) ? "" : text));
const SomeMacro = Macro.refine((text) => text !== "", "is missing");

const Problem = z.looseObject({
  "EVENT.ID": SomeMacro,
  "EVENT.NAME": SomeMacro,
  "EVENT.VALUE": Macro,
  "EVENT.STATUS": Macro,
  "EVENT.UPDATE.STATUS": Macro,
  "EVENT.UPDATE.TIME": Macro,
  "EVENT.SEVERITY": Macro,
  "EVENT.TAGSJSON": Macro,
  "HOST.NAME": Macro,
  "ITEM.ID1": Macro,
  "ITEM.KEY1": Macro,
  "ITEM.LASTVALUE1": Macro,
  "TRIGGER.ID": Macro,
  "TRIGGER.URL": Macro,
  "ZABBIX.URL": Macro,
  "ALERT.MESSAGE": Macro,
});
type Problem = z.output<typeof Problem>;

export const zabbix = defineSource({
  options: z.strictObject({ source: z.literal("zabbix"), ...hookOptions }),
  forms: ["json"],
  example: {
    "EVENT.ID": "4711",
    "EVENT.NAME": "High CPU utilization",
    "EVENT.VALUE": "1",
    "EVENT.SEVERITY": "Warning",
    "HOST.NAME": "web01",
    "ITEM.ID1": "45678",
    "ITEM.LASTVALUE1": "97.1 %",
    "TRIGGER.ID": "12345",
    "ZABBIX.URL": "https://zabbix.example.com",
  },
  read({ body }) {
    const problem = parseInput(Problem, body);
    const isOver = problem["EVENT.VALUE"] === "0" || problem["EVENT.STATUS"].toUpperCase() === "RESOLVED";
    const isUpdate = problem["EVENT.UPDATE.STATUS"] === "1";
    const macros = Object.entries(problem).map(([name, value]): [string, unknown] => {
      const known = Macro.safeParse(value);
      return [name.toLowerCase(), known.success ? known.data : value];
    });
    return one({
      alert: fit({
        status: isOver ? "CANCEL" : isUpdate ? "REPEAT" : undefined,
        severity: lookUp(severities, problem["EVENT.SEVERITY"]),
        rule: problem["EVENT.NAME"],
        entity: problem["HOST.NAME"],
        metric: problem["ITEM.KEY1"],
        tags: tagsOf(problem["EVENT.TAGSJSON"]),
        value: problem["ITEM.LASTVALUE1"],
        message: problem["ALERT.MESSAGE"],
        ruleLink: [problem["TRIGGER.URL"], eventPage(problem)],
        link: graphPage(problem),
        fields: Object.fromEntries(macros.filter(([name]) => name !== "event.tagsjson")),
      }),
      key: ["EVENT.ID", "EVENT.VALUE", "EVENT.UPDATE.TIME"].map((name) => problem[name]).join(" "),
      // An escalation tells the same state again on purpose, at the earliest a minute later.
      keyForMs: limits.hookRepeatMs,
    });
  },
});

/** `[{"tag": "scope", "value": "performance"}, …]` */
function tagsOf(json: string): Record<string, string> {
  const Tags = z.array(z.object({ tag: z.string(), value: LooseText }));
  const tags = Tags.safeParse(parsed(json));
  return tags.success ? Object.fromEntries(tags.data.map(({ tag, value }) => [tag, value])) : {};
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // No tags, or a version of Zabbix without that macro.
    return undefined;
  }
}

function eventPage({ "ZABBIX.URL": base, "TRIGGER.ID": trigger, "EVENT.ID": event }: Problem): string {
  if (base === "" || trigger === "") return "";
  return `${base.replace(/\/+$/u, "")}/tr_events.php?triggerid=${encodeURIComponent(trigger)}&eventid=${encodeURIComponent(event)}`;
}

function graphPage({ "ZABBIX.URL": base, "ITEM.ID1": item }: Problem): string {
  if (base === "" || item === "") return "";
  return `${base.replace(/\/+$/u, "")}/history.php?action=showgraph&itemids[]=${encodeURIComponent(item)}`;
}
