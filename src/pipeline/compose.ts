import { AlertStatus, severities } from "../core/alert.ts";
import type { Alert, Severity } from "../core/alert.ts";
import { messageOf } from "../core/errors.ts";
import type { Color, TextFormat, TextStep } from "../core/message.ts";
import { extensions } from "../core/picture.ts";
import type { MediaType, Verdict } from "../core/picture.ts";
import { describeVerdict } from "../core/picture.ts";
import { roomSource } from "../core/room.ts";
import { renderTemplate } from "../core/template.ts";
import { escapeHtml } from "../core/text.ts";
import { momentOf } from "../core/window.ts";
import type { Earlier } from "../store/contract.ts";
import type { Channel } from "./channel.ts";
import { detailsOf, tableOf } from "./details.ts";
import { entityLabelOf, textValues } from "./placeholders.ts";

/** Texts for people: what a message says, how it looks and sounds. */

const detail = [
  "{% if value %} Value ${value}.{% endif %}",
  "{% if alert_duration_interval %} Duration: ${alert_duration_interval}.{% endif %}",
  "{% if message %} ${message}{% endif %}",
  "{% if links %} ${links}{% endif %}",
].join("");
const where = "{% if entity %} for ${entity}{% endif %}{% if tags.size != 0 %} ${tags}{% endif %}";

/** ATSD's recommended text, in the channel's format. */
const defaultTexts: Readonly<Record<TextFormat, string>> = {
  html: `<strong>[\${status}] \${rule}</strong>${where}.${detail} \${ruleLink}`,
  text: `[\${status}] \${rule}${where}.${detail} \${ruleLink}`,
};

/** Of a message in a room; its severity and status would say nothing. */
const messageTexts: Readonly<Record<TextFormat, string>> = {
  html: "<strong>${sender}</strong> in ${room}: ${message}",
  text: "${sender} in ${room}: ${message}",
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

/**
 * The text of an alert for a channel: the channel's own template, or else the route's; followed by the details table if that
 * is wanted. A template that fails while rendering is replaced by the default text and a remark.
 */
export function composeText(
  alert: Alert,
  channel: Channel,
  template: string | undefined,
  hasDetails = false,
): TextStep {
  const { format } = channel.destination;
  const values = textValues(alert, channel.timezone, format);
  const usual = isMessage(alert) ? messageTexts[format] : defaultTexts[format];
  const text = renderSafely(ownTemplate(alert, channel) ?? template, usual, values, format);
  return {
    kind: "text",
    text: hasDetails && text !== "" ? withDetails(text, alert, channel) : text,
    format,
    color: channel.color === "auto" ? colorOf(alert) : channel.color,
    notify: channel.notify === "auto" ? isLoud(alert) : channel.notify,
  };
}

function isMessage({ source, fields }: Alert): boolean {
  return source === roomSource && fields["sender"] !== undefined && fields["room"] !== undefined;
}

/** What was posted with a text of its own, such as a schedule's run, keeps it. */
function ownTemplate({ status, window, once }: Alert, { texts }: Channel): string | undefined {
  return window === undefined && once !== true ? undefined : texts[status];
}

function withDetails(text: string, alert: Alert, { destination: { format }, timezone }: Channel): string {
  const table = tableOf(() => detailsOf(alert, timezone), format).write(format);
  return format === "html" ? text + table : `${text}\n\n${table}`;
}

/** A new trouble sounds, and one that has become worse. */
function isLoud({ status, severity, window }: Alert): boolean {
  if (status !== "REPEAT") return status === "OPEN";
  const before = window?.severityBefore;
  return before !== undefined && severities.indexOf(severity) > severities.indexOf(before);
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
  usualTemplate: string,
  values: Readonly<Record<string, unknown>>,
  format: TextFormat,
): string {
  const usual = (): string => renderTemplate(usualTemplate, values, format).trim();
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
  return `No picture of ${portalLink({ title, url }, format)}: ${escapeHtml(reason)}`;
}

/** A portal's title as a link, where its address is known. */
export function portalLink({ title, url }: PortalMention, format: TextFormat): string {
  if (format === "text") return url === undefined ? title : `${title}: ${url}`;
  const label = escapeHtml(title);
  return url === undefined ? label : `<a href="${escapeHtml(url)}">${label}</a>`;
}

/** The picture's caption, as ATSD words it, with what the verdict adds. */
export function captionOf(title: string, alert: Alert, verdict: Verdict): string {
  const entity = entityLabelOf(alert);
  const subject = entity === "" ? title : `${title} for ${entity}`;
  const remark = describeVerdict(verdict);
  return remark === undefined ? subject : `${subject}. ${remark}`;
}

/** ATSD's file name: RULE_ENTITY_status_PORTAL_yyyyMMdd_HHmmss, in UTC. */
export function fileNameOf(alert: Alert, portal: string, mediaType: MediaType): string {
  const stamp = momentOf(alert).toISOString().replace(/[-:]/gu, "").replace("T", "_").slice(0, 15);
  const parts = [alert.rule, alert.entity, alert.status.toLowerCase(), portal, stamp].filter((part) => part !== "");
  return `${parts.join("_").replace(/[^\p{L}\p{N}._-]+/gu, "-")}.${extensions[mediaType]}`;
}
