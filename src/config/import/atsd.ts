import { Duration } from "../../core/quantity.ts";
import { translateText } from "./atsd-text.ts";
import type { TranslatedText } from "./atsd-text.ts";
import { exactly, importInvalid, Lines, Names, roomName } from "./imported.ts";
import type { Imported, PlainMap } from "./imported.ts";
import { childrenNamed, childText, elementsNamed, readXml } from "./xml.ts";
import type { Element } from "./xml.ts";

/*
 * ATSD's rules as *Alerts > Rules > Export* writes them (rule-engine/notifications/resources/rules.xml of axibase/atsd), and
 * notification records (com.axibase.tsd.model.notifications.WebNotificationConfig) if the file has some. A rule refers to its
 * endpoints by name alone: no address and no token stands in it.
 */

/** The statuses of a rule's notification: as the XML calls them, as a route does. */
const triggers = [
  { xml: "first", route: "open", words: "On Open" },
  { xml: "repeat", route: "repeat", words: "On Repeat" },
  { xml: "cancel", route: "cancel", words: "On Cancel" },
] as const;
type Trigger = (typeof triggers)[number];

/** Keys of a message's text, by type of endpoint (rule-engine/params-map.md). */
const textKeys = ["message", "text", "content"];

interface Context {
  readonly channels: Record<string, PlainMap>;
  readonly channelOf: Map<string, string>;
  readonly names: Names;
  readonly routeNames: Names;
  readonly carried: Lines;
  readonly notCarried: Lines;
}

export function importAtsd(text: string): Imported {
  const root = readXml(text);
  const rules = elementsNamed(root, "rule").filter((rule) => childText(rule, "name") !== "");
  const records = root.children.filter(({ name }) => name.endsWith("WebNotificationConfig"));
  if (rules.length + records.length === 0) {
    throw importInvalid("There is no <rule> with a <name> in the file.", "Export the rules on Alerts > Rules.");
  }
  const context: Context = {
    channels: {},
    channelOf: new Map(),
    names: new Names(),
    routeNames: new Names(),
    carried: new Lines(),
    notCarried: new Lines(),
  };
  for (const record of records) readRecord(record, context);
  const routes = rules.flatMap((rule) => readRule(rule, context));
  context.notCarried.add(
    "what rules watch (metric, condition, window, overrides) stays in ATSD, which posts to /hooks/atsd",
  );
  return {
    config: { channels: context.channels, routes },
    carried: context.carried.all(),
    notCarried: context.notCarried.all(),
    variables: {},
  };
}

function readRecord(record: Element, context: Context): void {
  const endpoint = childText(record, "name");
  if (endpoint === "") return;
  const parameters = parametersIn(record);
  const format = parameters.get("message_format");
  const channel = channelFor(endpoint, context, {
    room: roomName(parameters.get("room") || endpoint),
    ...(childText(record, "enabled") === "false" ? { enabled: false } : {}),
    ...(parameters.get("from") ? { from: parameters.get("from") } : {}),
    ...(format === "html" || format === "text" ? { messageFormat: format } : {}),
    ...(/^(?:true|false)$/u.test(parameters.get("notify") ?? "")
      ? { notify: parameters.get("notify") === "true" }
      : {}),
  });
  context.carried.add(`notification \`${endpoint}\`: channel ${channel}`);
}

/** The channel of an endpoint. Where it posts to is not in the file: a room of the built-in server takes its place. */
function channelFor(endpoint: string, context: Context, options: PlainMap = { room: roomName(endpoint) }): string {
  const known = context.channelOf.get(endpoint);
  if (known !== undefined) return known;
  const channel = context.names.channel(endpoint);
  context.channelOf.set(endpoint, channel);
  context.channels[channel] = { kind: "room", ...options };
  context.notCarried.add(
    `address and token of endpoint \`${endpoint}\`: channel ${channel} is a room of the built-in server until you say otherwise`,
  );
  return channel;
}

function readRule(rule: Element, context: Context): readonly PlainMap[] {
  const name = childText(rule, "name");
  const about = `rule \`${name}\``;
  if (childText(rule, "enabled") === "false") {
    context.notCarried.add(`${about}: it is disabled`);
    return [];
  }
  const email = childrenNamed(rule, "emailNotification").some((one) => childText(one, "disabled") !== "true");
  if (email) context.notCarried.add(`${about}: its e-mail`);
  const notifications = childrenNamed(rule, "webNotification");
  if (notifications.length === 0) context.notCarried.add(`${about}: it has no web notification`);
  return notifications.flatMap((notification) => readNotification(notification, name, context));
}

function readNotification(notification: Element, rule: string, context: Context): readonly PlainMap[] {
  const endpoint = childText(notification, "webNotificationConfigName");
  const about = `rule \`${rule}\`, endpoint \`${endpoint}\``;
  if (childText(notification, "disabled") === "true" || endpoint === "") {
    context.notCarried.add(`${about}: ${endpoint === "" ? "it names no endpoint" : "it is disabled"}`);
    return [];
  }
  const said = Object.fromEntries(
    triggers.map((trigger) => [trigger.route, readTrigger(notification, trigger, about, context)]),
  );
  const times = { open: readDelay(notification, about, context), repeat: readRepeat(notification, about, context) };
  const route: PlainMap = {
    name: context.routeNames.route(rule),
    match: { rule: exactly(rule) },
    channels: [channelFor(endpoint, context)],
    ...said,
    open: withTimes(said["open"], times.open),
    repeat: withTimes(said["repeat"], times.repeat),
  };
  context.carried.add(`${about}: texts and statuses`);
  return [Object.fromEntries(Object.entries(route).filter(([, value]) => !isEmpty(value)))];
}

/** What is not said at all needs no delay and no interval. */
function withTimes(said: PlainMap | undefined, times: PlainMap): PlainMap {
  if (said?.["send"] === false) return said;
  return times["send"] === false ? times : { ...said, ...times };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function readTrigger(notification: Element, trigger: Trigger, about: string, context: Context): PlainMap {
  const { xml, words } = trigger;
  if (childText(notification, `${xml}-enabled`) === "false") return { send: false };
  const isAsOpen = childText(notification, `${xml}-as-open`) === "true";
  const from = isAsOpen ? "first" : xml;
  const own = childrenNamed(notification, `${from}WebConfigParameters`);
  const parameters = new Map(own.map((one) => [childText(one, "key"), childText(one, "value")]));
  const source = textKeys.map((key) => parameters.get(key) ?? "").find((value) => value !== "");
  const translated = source === undefined ? undefined : translateText(source);
  const hasChart = childText(notification, `${from}-screenshot`) === "true";
  const hasPicture = hasChart || (translated?.portals.length ?? 0) > 0;
  if (!isAsOpen || xml === "first") {
    const where = `${about}, ${words}`;
    const others = [...parameters.keys()].filter((key) => !textKeys.includes(key));
    if (translated !== undefined) reportText(translated, where, context);
    context.notCarried.add(
      ...others.map((key) => `${where}: parameter \`${key}\``),
      ...(hasChart ? [`${where}: the series chart; configure it as a portal and name it in the route`] : []),
    );
  }
  return {
    ...(translated?.text === undefined ? {} : { text: translated.text }),
    ...(childText(notification, `${from}-details`) === "true" ? { details: true } : {}),
    // A route photographs its portals for CANCEL only when asked.
    ...(trigger.route === "cancel" && hasPicture ? { picture: true } : {}),
  };
}

function reportText({ text, lost, portals }: TranslatedText, where: string, context: Context): void {
  context.notCarried.add(...lost.map((one) => `${where}: \`${one}\` in the text`));
  context.notCarried.add(...portals.map((one) => `${where}: portal \`${one}\`; configure it and name it in the route`));
  if (text === undefined) context.notCarried.add(`${where}: the text; Chartbell's own is used`);
}

/** The delay on OPEN, dropped by a CANCEL that comes before its end; 0 is none. */
function readDelay(notification: Element, about: string, context: Context): PlainMap {
  const [delay] = childrenNamed(notification, "first-delay");
  if (delay === undefined || Number(childText(delay, "intervalCount") || 0) === 0) return {};
  const duration = durationOf(delay);
  if (duration !== undefined) return { delay: duration };
  context.notCarried.add(`${about}: the delay on OPEN of ${intervalOf(delay)}`);
  return {};
}

/** Which REPEATs are said: ALL, NONE, every so many events (COUNT) or one in a time (INTERVAL). */
function readRepeat(notification: Element, about: string, context: Context): PlainMap {
  const [repeat] = childrenNamed(notification, "repeat-interval");
  const type = repeat === undefined ? "" : childText(repeat, "type");
  if (repeat === undefined || type === "" || type === "ALL") return {};
  if (type === "NONE") return { send: false };
  const count = childText(repeat, "intervalCount");
  const events = /^[1-9]\d{0,4}$/u.test(count) ? Number(count) : undefined;
  const every = type === "COUNT" ? events : type === "INTERVAL" ? durationOf(repeat) : undefined;
  if (every !== undefined) return { every };
  context.notCarried.add(
    `${about}: the repeat interval: every ${type === "COUNT" ? `${count} events` : intervalOf(repeat)}`,
  );
  return {};
}

/** Days and shorter units of ATSD by the configuration's letter; a week is seven days. */
const unitLetters: Readonly<Record<string, string>> = { SECOND: "s", MINUTE: "m", HOUR: "h", DAY: "d" };

/** As the configuration writes a length of time; undefined for months and what is no number. */
function durationOf(element: Element): string | undefined {
  const unit = childText(element, "intervalUnit").toUpperCase();
  const count = Number(childText(element, "intervalCount")) * (unit === "WEEK" ? 7 : 1);
  const letter = unitLetters[unit === "WEEK" ? "DAY" : unit];
  const written = `${count}${letter}`;
  return letter !== undefined && Duration.safeParse(written).success ? written : undefined;
}

function intervalOf(element: Element): string {
  return `${childText(element, "intervalCount")} ${childText(element, "intervalUnit").toLowerCase()}`.trim();
}

/** Every key and value below an element, in whatever form the record has them. */
function parametersIn(record: Element): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const collect = (element: Element): void => {
    const key = childText(element, "key");
    if (key !== "") found.set(key, childText(element, "value"));
    element.children.forEach(collect);
  };
  collect(record);
  return found;
}
