import { z } from "zod";
import { parseInput } from "../core/input.ts";
import { SecretField } from "../core/secret.ts";
import { readGroup } from "./alertmanager.ts";
import type { GroupMember } from "./alertmanager.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { Payload, Reading } from "./contract.ts";
import type { Draft } from "./draft.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseMap, LooseText, SomeText } from "./loose.ts";
import { requireHmac } from "./signature.ts";

/*
 * Grafana unified alerting's webhook: Alertmanager's form and more, by grafana/alerting (webhookMessage, ExtendedAlert) and
 * Grafana's documentation of the webhook contact point. A template of the contact point may replace the whole body: then
 * only a message is needed. `imageURL` is never fetched: Grafana itself calls it untrusted.
 */

const Extended = z.object({
  values: LooseMap.catch({}),
  valueString: LooseText.catch(""),
  dashboardURL: LooseText.catch(""),
  panelURL: LooseText.catch(""),
  silenceURL: LooseText.catch(""),
  imageURL: LooseText.catch(""),
  ruleUID: LooseText.catch(""),
});

/** What is left when a template made the body: `state` is `alerting` or `ok`, `status` is `firing` or `resolved`. */
const Templated = z.object({
  message: SomeText,
  title: LooseText,
  state: LooseText,
  status: LooseText,
  externalURL: LooseText,
});

export const grafana = defineSource({
  options: z.strictObject({
    source: z.literal("grafana"),
    ...hookOptions,
    secret: SecretField.optional().describe("The contact point's HMAC secret; requests must then be signed with it."),
    signatureHeader: z.string().min(1).max(100).default("X-Grafana-Alerting-Signature").describe("Header of the HMAC."),
    timestampHeader: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe("The contact point's timestamp header, if it has one."),
  }),
  forms: ["json"],
  example: {
    status: "firing",
    title: "[FIRING:1] High memory usage",
    alerts: [
      {
        status: "firing",
        labels: { alertname: "High memory usage", team: "blue" },
        annotations: { summary: "Memory is above 90 %" },
        startsAt: "2026-10-12T09:51:03.157076+02:00",
        endsAt: "0001-01-01T00:00:00Z",
        values: { B: 44.2 },
        panelURL: "https://grafana.example.com/d/abc?viewPanel=2",
        fingerprint: "c6eadffa33fcdf37",
      },
    ],
  },
  read(payload, { secret, signatureHeader, timestampHeader }) {
    if (secret !== undefined) {
      const timestamp = timestampHeader === undefined ? undefined : (header(payload, timestampHeader) ?? "");
      const parts = timestamp === undefined ? [payload.bytes] : [`${timestamp}:`, payload.bytes];
      const given = header(payload, signatureHeader);
      requireHmac(secret, { algorithm: "sha256", parts, given, header: signatureHeader });
    }
    const { body } = payload;
    const isTemplated = typeof body === "object" && body !== null && !("alerts" in body) && "message" in body;
    return isTemplated ? readTemplated(body) : readGroup(body, extend);
  },
});

function header({ headers }: Payload, name: string): string | undefined {
  return headers[name.toLowerCase()];
}

function extend(member: GroupMember): Partial<Draft> {
  const { values, ...extended } = Extended.parse(member);
  const numbers = Object.values(values);
  return {
    // Of several values nobody knows which one is meant: they are all fields.
    value: numbers.length === 1 ? numbers[0] : undefined,
    link: [extended.panelURL, extended.dashboardURL],
    fields: { ...extended, values },
  };
}

function readTemplated(body: unknown): Reading {
  const { message, title, state, status, externalURL } = parseInput(Templated, body);
  const isOver = state === "ok" || status === "resolved";
  return one({
    alert: fit({ status: isOver ? "CANCEL" : undefined, rule: title || "Grafana", message, link: externalURL }),
  });
}
