import { z } from "zod";
import type { AlertStatus, Severity } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseText } from "./loose.ts";
import { lookUp } from "./severity.ts";

/*
 * Icinga 2 and Nagios run a command for a notification; docs/sources.md has one for each, which posts a form with the
 * macros under Icinga's or Nagios' own names. JSON with the same names is taken, too.
 */

const types: Readonly<Record<string, AlertStatus>> = {
  PROBLEM: "OPEN",
  RECOVERY: "CANCEL",
  // News about a trouble that goes on.
  ACKNOWLEDGEMENT: "REPEAT",
  DOWNTIMESTART: "REPEAT",
  DOWNTIMEEND: "REPEAT",
  DOWNTIMEREMOVED: "REPEAT",
  DOWNTIMECANCELLED: "REPEAT",
  FLAPPINGSTART: "REPEAT",
  FLAPPINGEND: "REPEAT",
  FLAPPINGSTOP: "REPEAT",
  FLAPPINGDISABLED: "REPEAT",
  CUSTOM: "REPEAT",
};

const severities: Readonly<Record<string, Severity>> = {
  ok: "normal",
  up: "normal",
  warning: "warning",
  critical: "critical",
  down: "critical",
  unreachable: "major",
  unknown: "unknown",
};

/** Each value by its name in Icinga and in Nagios. */
const names = {
  type: ["notification.type", "NOTIFICATIONTYPE"],
  host: ["host.name", "HOSTNAME"],
  hostState: ["host.state", "HOSTSTATE"],
  hostOutput: ["host.output", "HOSTOUTPUT"],
  service: ["service.name", "SERVICEDESC"],
  serviceState: ["service.state", "SERVICESTATE"],
  serviceOutput: ["service.output", "SERVICEOUTPUT"],
  author: ["notification.author", "NOTIFICATIONAUTHOR"],
  comment: ["notification.comment", "NOTIFICATIONCOMMENT"],
  time: ["icinga.timet", "TIMET"],
  link: ["link", "LINK"],
} as const;

type Values = Readonly<Record<keyof typeof names, string>>;

export const icinga = defineSource({
  options: z.strictObject({ source: z.literal("icinga"), ...hookOptions }),
  forms: ["form", "json"],
  example: {
    "notification.type": "PROBLEM",
    "host.name": "web01",
    "host.state": "UP",
    "service.name": "load",
    "service.state": "CRITICAL",
    "service.output": "CRITICAL - load average: 9.97",
    "icinga.timet": "1700000000",
  },
  read({ body }) {
    const macros = parseInput(z.record(z.string(), LooseText, { error: "must be a map of macros" }), body);
    const values = valuesOf(macros);
    const { type, host, service, author, comment, time } = values;
    const state = service === "" ? values.hostState : values.serviceState;
    const output = service === "" ? values.hostOutput : values.serviceOutput;
    const remark = [author, comment].filter((part) => part !== "").join(": ");
    return one({
      alert: fit({
        // A problem is notified again and again while it lasts.
        status: type === "PROBLEM" ? undefined : types[type],
        // Downtimes, flapping and remarks come without a problem, too.
        once: type === "PROBLEM" || type === "RECOVERY" || type === "ACKNOWLEDGEMENT" ? undefined : true,
        severity: lookUp(severities, state),
        rule: service || "host",
        entity: host,
        value: state,
        message: [output, remark].filter((part) => part !== "").join("\n"),
        link: values.link,
        time,
        fields: Object.fromEntries(Object.entries(macros).map(([name, text]) => [name.toLowerCase(), text])),
      }),
      key: time === "" ? undefined : [host, service, type, state, time].join(" "),
    });
  },
});

/** The values by our names; unresolved macros (`$host.name$`) are empty. */
function valuesOf(macros: Readonly<Record<string, string>>): Values {
  const entries = Object.entries(names).map(([ours, theirs]) => {
    const found = theirs.map((name) => macros[name] ?? "").find((text) => text !== "" && !/^\$[\w.:]+\$$/u.test(text));
    return [ours, found ?? ""];
  });
  const Found = z.object({
    ...Object.fromEntries(Object.keys(names).map((name) => [name, z.string()])),
    type: z.enum(Object.keys(types), { error: `must be one of ${Object.keys(types).join(", ")}` }),
    host: z.string().min(1, "is missing (host.name or HOSTNAME)"),
  });
  return parseInput(Found, Object.fromEntries(entries)) as Values;
}
