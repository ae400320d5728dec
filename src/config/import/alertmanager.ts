import { z } from "zod";
import { colors } from "../../core/message.ts";
import { formatPath } from "../../core/input.ts";
import { readYaml } from "../yaml-tree.ts";
import { flatten, matchersOf } from "./alertmanager-routes.ts";
import type { Group, Node, RawMatchers } from "./alertmanager-routes.ts";
import { importInvalid, Lines, Names, variableFor } from "./imported.ts";
import type { Imported, PlainMap } from "./imported.ts";

/*
 * alertmanager.yml, up to Alertmanager 0.20, the last one with `hipchat_configs` (notify/hipchat, config/notifiers.go). Later
 * files are read as well; their receivers have no channel then.
 */

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const LabelMap = z.record(z.string(), scalar);

const HttpConfig = z.looseObject({
  tls_config: z
    .looseObject({ ca_file: z.string().optional(), insecure_skip_verify: z.boolean().optional() })
    .optional(),
});

const HipchatConfig = z.looseObject({
  send_resolved: z.boolean().default(false),
  api_url: z.string().optional(),
  auth_token: scalar.optional(),
  room_id: scalar.transform(String),
  from: z.string().optional(),
  notify: z.boolean().default(false),
  message: z.string().optional(),
  message_format: z.string().default("text"),
  color: z.string().optional(),
  http_config: HttpConfig.optional(),
});
type HipchatConfig = z.output<typeof HipchatConfig>;

const Receiver = z.looseObject({ name: z.string(), hipchat_configs: z.array(HipchatConfig).default([]) });
type Receiver = z.output<typeof Receiver>;

interface RawRoute extends RawMatchers {
  readonly receiver?: string | undefined;
  readonly continue: boolean;
  readonly routes: readonly RawRoute[];
  readonly [other: string]: unknown;
}

const RawRoute: z.ZodType<RawRoute> = z.lazy(() =>
  z.looseObject({
    receiver: z.string().optional(),
    match: LabelMap.optional(),
    match_re: LabelMap.optional(),
    matchers: z.array(z.string()).optional(),
    continue: z.boolean().default(false),
    routes: z.array(RawRoute).default([]),
  }),
);

const File = z.looseObject({
  global: z.looseObject({ hipchat_api_url: z.string().optional(), hipchat_auth_token: scalar.optional() }).default({}),
  route: RawRoute,
  receivers: z.array(Receiver).default([]),
});
type File = z.output<typeof File>;

/** What of a file and of a route is about other things than where alerts go. */
const otherSections = ["inhibit_rules", "mute_time_intervals", "time_intervals", "templates"];
const otherRouteKeys = [
  "group_by",
  "group_wait",
  "group_interval",
  "repeat_interval",
  "mute_time_intervals",
  "active_time_intervals",
];
const publicHipchat = "https://api.hipchat.com/";

export function importAlertmanager(text: string): Imported {
  const file = readFile(text);
  const [carried, notCarried] = [new Lines(), new Lines()];
  const variables: Record<string, string> = {};
  const channels: Record<string, PlainMap> = {};
  const names = new Names();
  const groups = new Map<string, readonly Group[]>();
  for (const receiver of file.receivers) {
    reportOthers(receiver, notCarried);
    groups.set(
      receiver.name,
      receiver.hipchat_configs.map((one): Group => {
        const name = names.channel(receiver.name);
        channels[name] = channelOf(one, { name, receiver: receiver.name, file, notCarried, variables });
        carried.add(`hipchat_configs of receiver \`${receiver.name}\`, room ${one.room_id}: channel ${name}`);
        return { channels: [name], sendsResolved: one.send_resolved };
      }),
    );
  }
  const groupsOf = (receiver: string): readonly Group[] => merged(groups.get(receiver) ?? []);
  const root = nodeOf(file.route, file.route.receiver ?? "", notCarried);
  const routes = flatten(root, { groupsOf, names: new Names(), notCarried });
  carried.add(`the tree of routes: ${routes.length} routes`);
  for (const section of otherSections) if (file[section] !== undefined) notCarried.add(section);
  notCarried.add("how alerts come: give Alertmanager a receiver with a webhook for /hooks/alertmanager");
  return { config: { channels, routes }, carried: carried.all(), notCarried: notCarried.all(), variables };
}

function readFile(text: string): File {
  const yaml = readYaml(text);
  if (!yaml.ok) throw importInvalid(`The file is no YAML: ${yaml.problems[0] ?? ""}`);
  const parsed = File.safeParse(yaml.tree);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = formatPath(issue?.path ?? []) || "the file";
  throw importInvalid(`${where}: ${issue?.message ?? "is not as Alertmanager has it"}.`, "Give it alertmanager.yml.");
}

function merged(groups: readonly Group[]): readonly Group[] {
  return [true, false].flatMap((sendsResolved) => {
    const channels = groups.filter((one) => one.sendsResolved === sendsResolved).flatMap((one) => one.channels);
    return channels.length === 0 ? [] : [{ channels, sendsResolved }];
  });
}

function reportOthers({ name, hipchat_configs, ...others }: Receiver, notCarried: Lines): void {
  const kinds = Object.keys(others).filter((key) => key.endsWith("_configs"));
  for (const kind of kinds) notCarried.add(`${kind} of receiver \`${name}\``);
  if (hipchat_configs.length === 0) {
    notCarried.add(`receiver \`${name}\` has no hipchat_configs: its routes are kept, without a channel`);
  }
}

interface ChannelPlace {
  readonly name: string;
  readonly receiver: string;
  readonly file: File;
  readonly notCarried: Lines;
  readonly variables: Record<string, string>;
}

function channelOf(config: HipchatConfig, place: ChannelPlace): PlainMap {
  const { name, receiver, file, notCarried, variables } = place;
  const about = `hipchat_configs of receiver \`${receiver}\``;
  const host = config.api_url ?? file.global.hipchat_api_url ?? publicHipchat;
  if (`${host.replace(/\/+$/u, "")}/` === publicHipchat) {
    notCarried.add(`${about}: api.hipchat.com is gone; give channel ${name} the host of your own server`);
  }
  const variable = config.auth_token === undefined ? "CHARTBELL_HIPCHAT_TOKEN" : variableFor(name);
  variables[variable] = config.auth_token === undefined ? "global.hipchat_auth_token" : `auth_token of ${about}`;
  const isTemplate = (text: string | undefined): boolean => text?.includes("{{") ?? false;
  const isDefault = (text: string, what: string): boolean => text.includes(`template "hipchat.default.${what}"`);
  if (config.message !== undefined && !isDefault(config.message, "message")) {
    notCarried.add(`${about}: its message template; write the text into the route, with \${placeholders}`);
  }
  const isPlainColor = colors.some((color) => color === config.color);
  if (config.color !== undefined && !isPlainColor && !isTemplate(config.color)) {
    notCarried.add(`${about}: the colour ${config.color}`);
  }
  if (config.color !== undefined && isTemplate(config.color))
    notCarried.add(`${about}: its colour template; colours go by severity`);
  const { tls_config: tls, ...http } = config.http_config ?? {};
  for (const key of Object.keys(http)) notCarried.add(`${about}: http_config.${key}`);
  const verify = tls?.insecure_skip_verify === true ? { verify: false } : {};
  const trust = { ...(tls?.ca_file === undefined ? {} : { ca: tls.ca_file }), ...verify };
  return {
    kind: "hipchat",
    host: host.replace(/\/+$/u, ""),
    room: config.room_id,
    notificationToken: `env:${variable}`,
    ...(config.from === undefined || isTemplate(config.from) ? {} : { from: config.from }),
    messageFormat: config.message_format === "html" ? "html" : "text",
    notify: config.notify,
    ...(isPlainColor ? { color: config.color } : {}),
    ...(Object.keys(trust).length === 0 ? {} : { tls: trust }),
  };
}

function nodeOf(route: RawRoute, inherited: string, notCarried: Lines): Node {
  const receiver = route.receiver ?? inherited;
  const others = otherRouteKeys.filter((key) => route[key] !== undefined);
  for (const key of others) notCarried.add(`${key} of routes: each alert is told on its own`);
  const unreadable = (text: string): void => notCarried.add(`the route to \`${receiver}\`: matcher ${text}`);
  return {
    matchers: matchersOf(route, unreadable),
    receiver,
    isContinued: route.continue,
    children: route.routes.map((child) => nodeOf(child, receiver, notCarried)),
  };
}
