import { z } from "zod";
import { AlertStatus, Severity } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { SecretField } from "../core/secret.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { Payload, ReadAlert } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseMap, LooseText, SomeText } from "./loose.ts";
import { plainTextOf } from "./plain-text.ts";
import { requireHmac } from "./signature.ts";

/*
 * ATSD: its WEBHOOK notification (JSON or form; keys with dots, all of them possibly empty), by
 * rule-engine/notifications/webhook.md of axibase/atsd, with the time keys of both years (2018-03 and 2018-09 on); and the
 * fields of its HIPCHAT notification (`message`, `message_format`, `color`, `from`, `notify`; hipchat.md, params-map.md).
 */

const caseless = (schema: z.ZodType, change: (text: string) => string) =>
  z.preprocess((value) => (typeof value === "string" && value !== "" ? change(value) : undefined), schema);

const Webhook = z.looseObject({
  rule: SomeText,
  status: caseless(AlertStatus.optional(), (text) => text.toUpperCase()).pipe(AlertStatus.optional()),
  alert_type: caseless(AlertStatus.optional(), (text) => text.toUpperCase()).pipe(AlertStatus.optional()),
  severity: caseless(Severity.optional(), (text) => text.toLowerCase()).pipe(Severity.optional()),
  entity: LooseText,
  metric: LooseText,
  // A form has the map as text.
  tags: z.union([z.string().transform(tagsOfText), LooseMap], { error: "must be a map" }),
  value: LooseText,
  message: LooseText,
  alert_message: LooseText,
  repeat_count: LooseText,
});

const Message = z.object({
  message: SomeText,
  message_format: LooseText,
  color: LooseText,
  from: LooseText,
});

/** When the state changed or the window was last updated, by the names of both years; the first one that is there. */
const timeKeys = [
  "update_time",
  "command_time",
  "received_datetime",
  "event_datetime",
  "open_time",
  "alert_open_datetime",
];

/** What the webhook says beside what has a place of its own. */
const placed = new Set(["rule", "status", "alert_type", "severity", "entity", "metric", "tags", "value", "message"]);

export const atsd = defineSource({
  options: z.strictObject({
    source: z.literal("atsd"),
    ...hookOptions,
    secret: SecretField.optional().describe("The webhook's Secret; requests must then be signed with it."),
  }),
  forms: ["json", "form"],
  example: {
    status: "OPEN",
    rule: "docker-tcp-check",
    severity: "warning",
    entity: "nurswghbs001",
    metric: "docker.tcp-connect-status",
    tags: { host: "172.17.0.12", port: "50000" },
    value: 1,
    repeat_count: 0,
    update_time: "2026-09-13T12:03:00Z[Etc/UTC]",
  },
  read(payload, { secret }) {
    if (secret !== undefined) requireSignature(secret, payload);
    const { body } = payload;
    const isMessage = typeof body === "object" && body !== null && "message" in body && !("rule" in body);
    return one(isMessage ? readMessage(body) : readWebhook(body));
  },
});

/** `x-axi-signature: sha1=HEX` over the body, or over a form's parameters in the order of their names. */
function requireSignature(secret: z.output<typeof SecretField>, { bytes, headers }: Payload): void {
  const header = "x-axi-signature";
  const given = headers[header]?.replace(/^sha1=/u, "");
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  const parts = [isForm ? sortedForm(bytes) : bytes];
  requireHmac(secret, { algorithm: "sha1", parts, given, header });
}

function sortedForm(bytes: Uint8Array): string {
  const parameters = new URLSearchParams(Buffer.from(bytes).toString("utf8"));
  parameters.sort();
  return parameters.toString();
}

function readWebhook(body: unknown): ReadAlert {
  const webhook = parseInput(Webhook, body);
  const { rule, entity, metric, tags, message, alert_message, value } = webhook;
  const status = webhook.status ?? webhook.alert_type ?? "OPEN";
  const rest = Object.entries(webhook).filter(([name]) => !placed.has(name));
  const time = timeKeys.map((name) => webhook[name]).find(isText);
  const series = JSON.stringify([rule, entity, metric, tags]);
  return {
    alert: fit({
      status,
      severity: webhook.severity,
      rule,
      entity,
      metric,
      tags,
      value,
      time,
      message: message || alert_message,
      fields: Object.fromEntries(rest),
    }),
    key: time === undefined ? undefined : [series, status, time, webhook.repeat_count].join(" "),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** ATSD's recommended text: `[OPEN] RULE for ENTITY {TAG=VALUE}. …`. */
const recommended =
  /^\[(?<status>OPEN|REPEAT|CANCEL)\] (?<rule>.{1,300}?) for (?<entity>[^\s{]{1,300})(?: \{(?<tags>[^}]{0,2000})\})?\.(?:\s|$)/u;

function readMessage(body: unknown): ReadAlert {
  const { message, message_format, color, from } = parseInput(Message, body);
  const text = message_format === "text" ? message : plainTextOf(message);
  const match = recommended.exec(text);
  const groups = match?.groups ?? {};
  const status = AlertStatus.safeParse(groups["status"]);
  return {
    alert: fit({
      status: status.success ? status.data : "OPEN",
      once: status.success ? undefined : true,
      // The colours of ATSD's own HipChat messages.
      severity: color === "red" ? "critical" : color === "yellow" ? "warning" : "undefined",
      rule: groups["rule"] ?? (from || "ATSD"),
      entity: groups["entity"],
      tags: tagsOfText(groups["tags"] ?? ""),
      message: text.slice(match?.[0].length ?? 0),
      fields: { color, from },
    }),
  };
}

/** ATSD prints a map as `{host=web01, disk=/}`, and as `[host: web01, disk: /]` since September 2018. */
function tagsOfText(text: string): Record<string, string> {
  const pairs = text.replace(/^[{[]|[}\]]$/gu, "").split(", ");
  return Object.fromEntries(
    pairs.flatMap((pair): [string, string][] => {
      const { name, value } = /^(?<name>[^=:]{1,200})(?:=|: )(?<value>.*)$/su.exec(pair)?.groups ?? {};
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}
