import { z } from "zod";
import { AlertStatus, Severity } from "../core/alert.ts";
import { checkInput, parseInput } from "../core/input.ts";
import { one, readEach } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { Payload, ReadAlert } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseMap, LooseText, SomeText } from "./loose.ts";
import { severityOf } from "./severity.ts";

/*
 * CloudEvents 1.0 over HTTP (cloudevents/spec, HTTP protocol binding 1.0.2): structured, batched and binary mode. What the
 * event is about stands in its `data`, in the words of `POST /api/alerts`; without them the event's own attributes serve.
 */

const Event = z.looseObject({
  specversion: z.literal("1.0", { error: "must be 1.0" }),
  id: SomeText,
  source: SomeText,
  type: SomeText,
  subject: LooseText,
  time: LooseText,
  data: z.unknown().optional(),
});

/** What data may say; a word of another shape is a field like any other. */
const Data = z.object({
  rule: LooseText.catch(""),
  status: z.preprocess(upper, AlertStatus).catch("OPEN"),
  severity: z.union([z.preprocess(lower, Severity), z.string().transform(severityOf)]).catch("undefined"),
  entity: LooseText.catch(""),
  metric: LooseText.catch(""),
  tags: LooseMap.catch({}),
  value: z.union([z.number(), z.string()]).optional().catch(undefined),
  message: LooseText.catch(""),
  ruleLink: LooseText.catch(""),
  link: LooseText.catch(""),
});

export const cloudevents = defineSource({
  options: z.strictObject({ source: z.literal("cloudevents"), ...hookOptions }),
  forms: ["json", "text"],
  example: {
    specversion: "1.0",
    id: "A234-1234-1234",
    source: "/monitoring/web01",
    type: "com.example.cpu.high",
    subject: "web01",
    time: "2026-04-05T17:31:00Z",
    data: { status: "OPEN", severity: "critical", value: 97.1, message: "CPU busy is above 80 %" },
  },
  read(payload) {
    if (payload.headers["ce-specversion"] !== undefined) return one(readEvent(parseInput(Event, binaryEvent(payload))));
    const { body } = payload;
    if (Array.isArray(body)) return readEach(body, [], Event, readEvent);
    return one(readEvent(parseInput(Event, body)));
  },
});

function upper(value: unknown): unknown {
  return typeof value === "string" ? value.toUpperCase() : value;
}

function lower(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

/** The attributes from the headers `ce-NAME`, the body as data. */
function binaryEvent({ headers, body }: Payload): Record<string, unknown> {
  const attributes = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    name.startsWith("ce-") && value !== undefined ? [[name.slice(3), percentDecoded(value)]] : [],
  );
  return { ...Object.fromEntries(attributes), data: body };
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Not encoded, though the binding asks for it.
    return value;
  }
}

function readEvent(event: z.output<typeof Event>): ReadAlert {
  const { id, source, type, subject, time, data, ...extensions } = event;
  const isMap = checkInput(z.record(z.string(), z.unknown()), data);
  const map = isMap.ok ? isMap.data : {};
  const said = Data.parse(map);
  const {
    specversion: _version,
    data_base64: _bytes,
    datacontenttype: _type,
    dataschema: _schema,
    ...own
  } = extensions;
  const rest = Object.entries(map).filter(([name]) => !Object.hasOwn(said, name));
  return {
    alert: fit({
      ...said,
      once: Object.hasOwn(map, "status") ? undefined : true,
      rule: said.rule || type,
      entity: said.entity || subject,
      message: said.message || (typeof data === "string" ? data : ""),
      time,
      fields: {
        ...own,
        ...Object.fromEntries(rest),
        event_id: id,
        event_source: source,
        event_type: type,
        event_subject: subject,
      },
    }),
    // The spec: source and id together are unique.
    key: JSON.stringify([source, id]),
  };
}
