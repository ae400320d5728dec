import { z } from "zod";
import type { Severity } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { ReadAlert } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseText, looseSection, SomeText } from "./loose.ts";
import { lookUp } from "./severity.ts";

/*
 * Mackerel's webhook channel: docs of mackerelio/documents (howto/alerts/webhook.md) for `alert`; the other events by the
 * schemas of kmuto/mackerel-webhook-gateway (webhooks/*.json). "Items may be added at any time": what is not known is kept as
 * a field. `imageUrl` is never fetched: the portal of the route is photographed instead.
 */

const severities: Readonly<Record<string, Severity>> = {
  ok: "normal",
  warning: "warning",
  critical: "critical",
  unknown: "unknown",
};

const Names = { name: LooseText, url: LooseText };

const Event = z.object({
  event: SomeText,
  orgName: LooseText,
  message: LooseText,
  memo: LooseText,
  imageUrl: LooseText,
  type: LooseText,
  fromStatus: LooseText,
  host: looseSection({ ...Names, id: LooseText, status: LooseText }),
  service: looseSection(Names),
  user: looseSection({ screenName: LooseText }),
});

const Alert = z.object({
  alert: z.looseObject(
    {
      id: LooseText,
      status: SomeText,
      monitorName: SomeText,
      isOpen: z.boolean().nullish(),
      metricLabel: LooseText,
      metricValue: LooseText,
      url: LooseText,
      openedAt: LooseText,
      statusChangedAt: LooseText,
      closedAt: LooseText,
    },
    { error: "must be an object" },
  ),
});

const AlertGroup = z.object({
  alertGroup: z.object(
    { id: LooseText, status: SomeText, createdAt: LooseText, closedAt: LooseText, url: LooseText },
    { error: "must be an object" },
  ),
  alertGroupSetting: z.object({ name: SomeText, memo: LooseText, url: LooseText }, { error: "must be an object" }),
});

const MonitorChange = z.object({
  monitor: z.looseObject({ name: SomeText, id: LooseText, type: LooseText }, { error: "must be an object" }),
});

/** What a person would say of the events that are no alerts. */
const happenings: Readonly<Record<string, string>> = {
  hostStatus: "host status",
  hostRegister: "host registered",
  hostRetire: "host retired",
  monitorCreate: "monitor created",
  monitorUpdate: "monitor changed",
  monitorDelete: "monitor deleted",
};

export const mackerel = defineSource({
  options: z.strictObject({ source: z.literal("mackerel"), ...hookOptions }),
  forms: ["json"],
  example: {
    event: "alert",
    orgName: "MY_ORG",
    host: { name: "app01", url: "https://mackerel.io/orgs/MY_ORG/hosts/22D4" },
    alert: {
      id: "2bj",
      status: "critical",
      isOpen: true,
      monitorName: "loadavg5",
      metricLabel: "loadavg5",
      metricValue: 2.25,
      openedAt: 1473129912,
      url: "https://mackerel.io/orgs/MY_ORG/alerts/2bj",
    },
  },
  read({ body }) {
    const event = parseInput(Event, body);
    if (event.event === "alert") return one(readAlert(body, event));
    if (event.event === "alertGroup") return one(readGroup(body, event));
    if (event.event.startsWith("monitor")) return one(readMonitorChange(body, event));
    return one(readHappening(event));
  },
});

type Event = z.output<typeof Event>;

function readAlert(body: unknown, event: Event): ReadAlert {
  const { alert } = parseInput(Alert, body);
  const { host, service, orgName, message, memo, type, imageUrl } = event;
  const { id, status, monitorName, url, openedAt, statusChangedAt, closedAt } = alert;
  const isOver = status.toLowerCase() === "ok" || alert.isOpen === false;
  const changedAt = statusChangedAt || (isOver ? closedAt : openedAt);
  return {
    alert: fit({
      status: isOver ? "CANCEL" : undefined,
      severity: severityOf(status),
      rule: monitorName,
      entity: host.name || service.name,
      metric: alert.metricLabel,
      value: alert.metricValue,
      message: message || memo,
      ruleLink: url,
      link: host.url || service.url,
      time: changedAt,
      fields: { orgName, type, memo, imageUrl, alert, host, service },
    }),
    // The same state is notified again on purpose (notificationInterval).
    key: id === "" ? undefined : [id, status, changedAt].join(" "),
    keyForMs: limits.hookRepeatMs,
  };
}

function readGroup(body: unknown, { orgName, imageUrl }: Event): ReadAlert {
  const { alertGroup, alertGroupSetting } = parseInput(AlertGroup, body);
  const { id, status, createdAt, closedAt, url } = alertGroup;
  const isOver = status.toLowerCase() === "ok" || closedAt !== "";
  return {
    alert: fit({
      status: isOver ? "CANCEL" : undefined,
      severity: severityOf(status),
      rule: alertGroupSetting.name,
      message: alertGroupSetting.memo,
      ruleLink: alertGroupSetting.url,
      link: url,
      time: closedAt || createdAt,
      fields: { orgName, imageUrl, alertGroup },
    }),
    key: id === "" ? undefined : [id, status, closedAt || createdAt].join(" "),
    keyForMs: limits.hookRepeatMs,
  };
}

function readMonitorChange(body: unknown, event: Event): ReadAlert {
  const { monitor } = parseInput(MonitorChange, body);
  return readHappening(event, { monitor: { ...monitor, headers: undefined, requestBody: undefined } }, monitor.name);
}

/** The test button's `sample`, changes of hosts and monitors, and events that are not known yet. */
function readHappening(event: Event, fields: Readonly<Record<string, unknown>> = {}, subject?: string): ReadAlert {
  const { host, user, orgName, fromStatus, message, imageUrl } = event;
  const change = fromStatus === "" ? "" : `${fromStatus} → ${host.status}`;
  const by = user.screenName === "" ? "" : `by ${user.screenName}`;
  return {
    alert: fit({
      status: "OPEN",
      once: true,
      severity: "normal",
      rule: Object.hasOwn(happenings, event.event) ? (happenings[event.event] ?? event.event) : event.event,
      entity: subject ?? host.name,
      message: message || [change, by].filter((part) => part !== "").join(" "),
      link: host.url,
      fields: { orgName, imageUrl, fromStatus, host, user: user.screenName, ...fields },
    }),
  };
}

function severityOf(status: string): Severity {
  return lookUp(severities, status) ?? "unknown";
}
