import { z } from "zod";
import { limits } from "../core/limits.ts";
import { parseInput } from "../core/input.ts";
import { readEach } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { ReadAlert, Reading } from "./contract.ts";
import { fit } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseMap, LooseText } from "./loose.ts";
import { severityOf } from "./severity.ts";

/*
 * Prometheus Alertmanager's webhook, version 4: notify/webhook/webhook.go and template.Data of Alertmanager 0.34.
 * A group's message holds every alert of the group, firing and resolved.
 */

/** Labels that say what an alert is about, the most telling one first. */
const entityLabels = ["instance", "host", "hostname", "node", "pod", "service", "job"];

export const Group = z.object({
  alerts: z.array(z.unknown(), { error: "must be a list of alerts" }),
  receiver: LooseText,
  groupKey: LooseText,
  externalURL: LooseText,
  truncatedAlerts: LooseText,
  notification_reason: LooseText,
});
export type Group = z.output<typeof Group>;

/** One alert of a group; Grafana's has more fields, which its own source reads. */
export const GroupMember = z.looseObject({
  status: z.enum(["firing", "resolved"], { error: "must be firing or resolved" }),
  labels: LooseMap.refine((labels) => Object.keys(labels).length > 0, "must have at least one label"),
  annotations: LooseMap,
  startsAt: LooseText,
  endsAt: LooseText,
  generatorURL: LooseText,
  fingerprint: LooseText,
});
export type GroupMember = z.output<typeof GroupMember>;

export const alertmanager = defineSource({
  options: z.strictObject({ source: z.literal("alertmanager"), ...hookOptions }),
  forms: ["json"],
  example: {
    version: "4",
    groupKey: '{}:{alertname="HighCpuUsage"}',
    status: "firing",
    alerts: [
      {
        status: "firing",
        labels: { alertname: "HighCpuUsage", instance: "web01:9100", severity: "warning" },
        annotations: { summary: "High cpu usage" },
        startsAt: "2026-01-22T11:47:17Z",
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: "http://prometheus:9090/graph",
        fingerprint: "c6eadffa33fcdf37",
      },
    ],
  },
  read: ({ body }) => readGroup(body, () => ({})),
});

/** Reads a group's message; `more` adds to each alert what only its sender has. */
export function readGroup(body: unknown, more: (member: GroupMember) => Partial<Draft>): Reading {
  const group = parseInput(Group, body);
  return readEach(group.alerts, ["alerts"], GroupMember, (member) => readMember(member, group, more(member)));
}

function readMember(member: GroupMember, group: Group, more: Partial<Draft>): ReadAlert {
  const { labels, annotations, startsAt, endsAt, fingerprint, generatorURL } = member;
  const label = (name: string): string => textOf(labels[name]);
  const annotation = (name: string): string => textOf(annotations[name]);
  const entityLabel = entityLabels.find((name) => label(name) !== "") ?? "";
  const { alertname: _alertname, [entityLabel]: _entity, ...tags } = labels;
  const isFiring = member.status === "firing";
  const { receiver, externalURL, truncatedAlerts, notification_reason } = group;
  const about = { fingerprint, startsAt, receiver, externalURL, notification_reason };
  const alert = fit({
    status: isFiring ? undefined : "CANCEL",
    severity: severityOf(label("severity")),
    rule: label("alertname") || "unnamed",
    entity: label(entityLabel),
    tags,
    value: annotation("value"),
    message: annotation("summary") || annotation("description") || annotation("message"),
    ruleLink: generatorURL,
    link: ["chart_url", "dashboard_url", "dashboard", "runbook_url"].map(annotation),
    time: isFiring ? startsAt : endsAt,
    ...more,
    fields: {
      ...annotations,
      ...about,
      ...(truncatedAlerts === "0" ? {} : { truncatedAlerts }),
      ...(isFiring ? {} : { endsAt }),
      ...more.fields,
    },
  });
  // A group is sent again on purpose while it fires (repeat_interval), with the same words.
  const key = fingerprint === "" ? undefined : [fingerprint, member.status, startsAt].join(" ");
  return { alert, key, keyForMs: limits.hookRepeatMs };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
}
