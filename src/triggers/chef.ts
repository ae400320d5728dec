import { z } from "zod";
import type { AlertStatus, Severity } from "../core/alert.ts";
import { parseInput } from "../core/input.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { ReadAlert } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseText, looseSection } from "./loose.ts";
import { decodeEntities } from "./plain-text.ts";

/*
 * Chef Analytics' webhook notification. Its body is a mustache template of the rule, `notify('NAME', '{…}')`, over the fields
 * of the message (analytics_rules.rst of chef/chef-web-docs, "Message Fields"); docs/sources.md has one for each message type.
 * Mustache's `{{…}}` escapes HTML, which is undone here. Also takes `{"text": "…"}`, the documentation's own example.
 */

const Run = looseSection({ node_name: LooseText, run_id: LooseText, start_time: LooseText, end_time: LooseText });

const Message = z.looseObject({
  message_type: LooseText,
  id: LooseText,
  status: LooseText,
  name: LooseText,
  node_name: LooseText,
  organization_name: LooseText,
  start_time: LooseText,
  end_time: LooseText,
  recorded_at: LooseText,
  entity_name: LooseText,
  entity_type: LooseText,
  task: LooseText,
  requestor_name: LooseText,
  resource_name: LooseText,
  resource_type: LooseText,
  resource_result: LooseText,
  number_failed: LooseText,
  text: LooseText,
  error: looseSection({ class: LooseText, message: LooseText }),
  run: Run,
});

const messageTypes = [
  "action",
  "run_start",
  "run_converge",
  "run_resource",
  "run_control",
  "run_control_group",
] as const;

export const chef = defineSource({
  options: z.strictObject({ source: z.literal("chef"), ...hookOptions }),
  forms: ["json"],
  example: {
    message_type: "run_converge",
    id: "12345678-9012-3456-7890-12345678901211",
    organization_name: "chef",
    node_name: "web01",
    status: "failure",
    end_time: "2026-06-05T10:39:43Z",
    error: { class: "TypeError", message: "user[chef] (/var/file.rb line 87) has error" },
  },
  read({ body }) {
    const decoded = decodeAll(body, 0);
    const message = parseInput(Message, decoded);
    if (message.text !== "" && message.message_type === "") {
      return one({ alert: fit({ status: "OPEN", once: true, rule: "Chef", message: message.text }) });
    }
    parseInput(
      z.object({ message_type: z.enum(messageTypes, { error: `must be one of ${messageTypes.join(", ")}` }) }),
      message,
    );
    return one(readMessage(message));
  },
});

type Message = z.output<typeof Message>;

function readMessage(message: Message): ReadAlert {
  const { id, run, error, message_type, status, start_time, end_time, recorded_at } = message;
  return {
    alert: fit({
      ...outcomeOf(status),
      rule: ruleOf(message),
      entity: message.node_name || run.node_name || message.entity_name,
      message: message.text || error.message || describe(message),
      time: end_time || recorded_at || start_time || run.end_time || run.start_time,
      fields: message,
    }),
    key: id === "" ? undefined : [message_type, id].join(" "),
  };
}

/** A message without an outcome is no trouble and no relief: Chef's own default colour for it is yellow. */
function outcomeOf(status: string): { status: AlertStatus; once?: true; severity: Severity } {
  const word = status.toLowerCase();
  if (word === "failure" || word === "failed") return { status: "OPEN", severity: "critical" };
  if (word === "success") return { status: "CANCEL", severity: "normal" };
  return { status: "OPEN", once: true, severity: "undefined" };
}

/** The same for a failure and the success after it. */
function ruleOf({ message_type, name, task, entity_type, resource_name }: Message): string {
  if (message_type === "action") return ["Chef", task, entity_type].filter((part) => part !== "").join(" ");
  if (message_type === "run_resource") return `Chef resource ${resource_name}`;
  if (message_type === "run_start") return "Chef run started";
  return message_type === "run_converge" ? "Chef run" : `Chef audit ${name}`;
}

function describe({ message_type, requestor_name, task, entity_type, entity_name, ...rest }: Message): string {
  if (message_type === "action") return `${requestor_name}: ${task} ${entity_type} ${entity_name}`;
  if (message_type === "run_resource") return `${rest.resource_type} ${rest.resource_name}: ${rest.resource_result}`;
  return rest.number_failed === "" ? "" : `${rest.number_failed} failed`;
}

/** Every text of the message with its entities decoded; the depth of what is worth reading is small. */
function decodeAll(value: unknown, depth: number): unknown {
  if (typeof value === "string") return decodeEntities(value);
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > 3) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodeAll(item, depth + 1)]));
}
