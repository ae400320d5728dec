import { AlertStatus } from "../core/alert.ts";
import type { Alert, Severity } from "../core/alert.ts";
import { messageOf } from "../core/errors.ts";
import type { Color, TextFormat, TextStep } from "../core/message.ts";
import { extensions } from "../core/picture.ts";
import type { MediaType, Verdict } from "../core/picture.ts";
import { describeVerdict } from "../core/picture.ts";
import { Link, renderTemplate } from "../core/template.ts";
import { escapeHtml } from "../core/text.ts";
import type { Earlier } from "../store/contract.ts";
import type { Channel } from "./channel.ts";

/** Texts for people: what a message says, how it looks and sounds. */

const detail =
  "{% if value %} Value ${value}.{% endif %}{% if message %} ${message}{% endif %}{% if links %} ${links}{% endif %}";
const where = "{% if entity %} for ${entity}{% endif %}{% if tags.size != 0 %} ${tags}{% endif %}";

/** ATSD's recommended text, in the channel's format. */
const defaultTexts: Readonly<Record<TextFormat, string>> = {
  html: `<strong>[\${status}] \${rule}</strong>${where}.${detail} \${ruleLink}`,
  text: `[\${status}] \${rule}${where}.${detail} \${ruleLink}`,
};

const colorOfSeverity: Readonly<Record<Severity, Color>> = {
  undefined: "yellow",
  unknown: "gray",
  normal: "green",
  warning: "yellow",
  minor: "yellow",
  major: "red",
  critical: "red",
  fatal: "red",
};

/** Values of the placeholders of texts and portal URLs. Fields that the caller added never hide Chartbell's own. */
export function placeholderValues(alert: Alert): Readonly<Record<string, unknown>> {
  const link = alert.ruleLink ?? alert.link;
  return {
    ...alert.fields,
    status: alert.status,
    severity: alert.severity,
    rule: alert.rule,
    entity: alert.entity || undefined,
    metric: alert.metric || undefined,
    tags: alert.tags,
    value: alert.value,
    message: alert.message || undefined,
    ruleLink: link === undefined ? undefined : new Link(link, alert.rule),
    links: alert.links?.map(({ title, url }) => new Link(url, title)),
    timestamp: alert.time.getTime(),
    event_datetime: alert.time.toISOString(),
    received_datetime: alert.acceptedAt.toISOString(),
  };
}

/** The text of an alert for a channel; a template that fails while rendering is replaced by the default text and a remark. */
export function composeText(alert: Alert, channel: Channel, template: string | undefined): TextStep {
  const { format } = channel.destination;
  const values = placeholderValues(alert);
  return {
    kind: "text",
    text: renderSafely(template, values, format),
    format,
    color: channel.color === "auto" ? colorOf(alert) : channel.color,
    notify: channel.notify === "auto" ? alert.status === "OPEN" : channel.notify,
  };
}

/** Adds one line about the earlier states that are not said on their own; says nothing when there are none. */
export function withEarlier(text: TextStep, { statuses, since }: Earlier): TextStep {
  if (statuses.length === 0) return text;
  const counts = AlertStatus.options.flatMap((status) => {
    const count = statuses.filter((one) => one === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  const time = since === undefined ? "" : ` since ${since.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const line = `and ${statuses.length} more${time} (${counts.join(", ")})`;
  return { ...text, text: text.format === "html" ? `${text.text}<br><em>${line}</em>` : `${text.text}\n${line}` };
}

function renderSafely(
  template: string | undefined,
  values: Readonly<Record<string, unknown>>,
  format: TextFormat,
): string {
  const usual = (): string => renderTemplate(defaultTexts[format], values, format).trim();
  if (template === undefined) return usual();
  try {
    return renderTemplate(template, values, format).trim();
  } catch (error) {
    const remark = `The route's text could not be rendered: ${messageOf(error).split("\n", 1)[0] ?? ""}`;
    return `${usual()} (${format === "html" ? escapeHtml(remark) : remark})`;
  }
}

function colorOf(alert: Alert): Color {
  return alert.status === "CANCEL" ? "green" : colorOfSeverity[alert.severity];
}

/** A portal as a message speaks of it. */
export interface PortalMention {
  readonly title: string;
  /** What a person can open, or undefined when not even that is known. */
  readonly url: string | undefined;
}

/** Says in one line that there is no picture, why, and where to look instead. */
export function noPictureText({ title, url }: PortalMention, reason: string, format: TextFormat): string {
  if (format === "text") return `No picture of ${title}: ${reason}${url === undefined ? "" : ` ${url}`}`;
  const label = escapeHtml(title);
  const link = url === undefined ? label : `<a href="${escapeHtml(url)}">${label}</a>`;
  return `No picture of ${link}: ${escapeHtml(reason)}`;
}

/** The picture's caption, as ATSD words it, with what the verdict adds. */
export function captionOf(title: string, alert: Alert, verdict: Verdict): string {
  const subject = alert.entity === "" ? title : `${title} for ${alert.entity}`;
  const remark = describeVerdict(verdict);
  return remark === undefined ? subject : `${subject}. ${remark}`;
}

/** ATSD's file name: RULE_ENTITY_status_PORTAL_yyyyMMdd_HHmmss, in UTC. */
export function fileNameOf(alert: Alert, portal: string, mediaType: MediaType): string {
  const stamp = alert.time.toISOString().replace(/[-:]/gu, "").replace("T", "_").slice(0, 15);
  const parts = [alert.rule, alert.entity, alert.status.toLowerCase(), portal, stamp].filter((part) => part !== "");
  return `${parts.join("_").replace(/[^\p{L}\p{N}._-]+/gu, "-")}.${extensions[mediaType]}`;
}
