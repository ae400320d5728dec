import type { Alert, AlertInput, Severity } from "../core/alert.ts";
import type { Plan } from "../core/delivery.ts";
import { limits } from "../core/limits.ts";
import type { Color } from "../core/message.ts";
import { nameOf, roomSource } from "../core/room.ts";
import type { Heard, Message, Words } from "../core/room.ts";
import { cutText } from "../core/text.ts";
import { admit } from "./admit.ts";
import { branchName } from "./channel.ts";
import { choose } from "./choose.ts";
import type { ReadyRoute } from "./choose.ts";
import { sayingOf } from "./policy.ts";
import { portalOfAddress, portalReference } from "./portal-link.ts";
import type { PortalReference } from "./portal-link.ts";
import type { Settings } from "./settings.ts";

/*
 * Messages of rooms as alerts. A message is one when a route takes it that asks for the source `room`, or when it has pictures
 * coming: those of the portals it links to, of those bound to its room, and of those of routes without channels. These go
 * into its own room, through a channel that no configuration has.
 */

/** The channel whose branches are the rooms of this server. No name in a configuration has an `@`. */
export const roomsChannel = "@rooms";

/** What HipChat's colours mean as severities; the colour of an alert of that severity is the same again. */
const severityOfColor: Readonly<Record<Color, Severity>> = {
  red: "critical",
  yellow: "warning",
  green: "normal",
  gray: "unknown",
  purple: "undefined",
};

export type GatewaySettings = Pick<Settings, "routes" | "portals" | "roomPortals">;

/** A message as an alert, with what its room gets. */
export interface HeardAlert {
  readonly input: AlertInput;
  /** Portals of its links, as plans name them. */
  readonly linked: readonly string[];
}

/** Undefined for a message that can have no consequences; most have none, and are not even read. */
export function heardAlert(heard: Heard, settings: GatewaySettings): HeardAlert | undefined {
  const isHeeded = settings.routes.some((route) => route.hearsRooms);
  if (!isHeeded && boundPortals(heard, settings).length === 0 && !mayLink(heard.message)) return undefined;
  const words = heard.read();
  const references = words.links.flatMap((link) => portalOfAddress(link, settings.portals) ?? []);
  const linked = [...new Set(references.map(portalReference))].slice(0, limits.messagePicturesMax);
  return { input: inputOf(heard, words, references), linked };
}

/** Cheap, and true for every message that has an address in it. */
function mayLink({ text, card }: Message): boolean {
  return card?.url !== undefined || /http/iu.test(text);
}

function inputOf({ room, message, page }: Heard, { text, links }: Words, references: readonly PortalReference[]) {
  const { id, kind, color, format, notify } = message;
  const link = links.find((one) => one.length <= limits.urlCharsMax && URL.canParse(one));
  const sender = nameOf(message);
  return {
    source: roomSource,
    once: true,
    severity: color === undefined ? "undefined" : severityOfColor[color],
    rule: `Message in ${room.name}`,
    entity: agreed(references, "entity"),
    metric: agreed(references, "metric"),
    // Each is an alert of its own: while a channel is away, none is folded into a later one.
    tags: { message: id },
    message: cutText(text, limits.alertTextCharsMax),
    ruleLink: page,
    ...(link === undefined ? {} : { link }),
    fields: { room: room.name, sender, kind, format, notify, messageId: id, ...(color === undefined ? {} : { color }) },
  } satisfies AlertInput;
}

/** What all links that say something about it say, where it fits. */
function agreed(references: readonly PortalReference[], name: "entity" | "metric"): string {
  const [value, ...others] = new Set(references.flatMap(({ given }) => given.get(name) ?? []));
  return value === undefined || others.length > 0 || value.length > 200 ? "" : value;
}

export interface HeardPlans {
  /** Of routes; without delays, for nothing can be over before they end. */
  readonly routed: readonly Plan[];
  /** Of the message's own room: only pictures. */
  readonly own: readonly Plan[];
}

/** Where a message goes, and which pictures its room gets. */
export function heardPlans(
  alert: Alert,
  heard: Heard,
  linked: readonly string[],
  settings: GatewaySettings,
): HeardPlans {
  const routes = settings.routes.filter((route) => route.hearsRooms);
  const taken = choose(alert, routes);
  const withLinks = routes.map((route): ReadyRoute => ({ ...route, portals: [...route.portals, ...linked] }));
  const routed = admit(alert, withLinks).map(({ delayMs: _delay, ...plan }): Plan => plan);
  if (taken.some(isSilence)) return { routed, own: [] };
  const ofRoutes = taken.flatMap((route) =>
    route.channels.length === 0 && sayingOf(route, alert)?.picture === true ? route.portals : [],
  );
  const portals = [...new Set([...linked, ...boundPortals(heard, settings), ...ofRoutes])];
  const channel = branchName(roomsChannel, { kind: "room", idOrName: String(heard.room.id) });
  const own = { channel, portals: portals.slice(0, limits.messagePicturesMax), text: "" };
  return { routed, own: portals.length === 0 ? [] : [own] };
}

/** A route that keeps what it takes from everybody. */
function isSilence({ stop, channels, portals }: ReadyRoute): boolean {
  return stop && channels.length === 0 && portals.length === 0;
}

/** What people say to each other asks for no picture. */
function boundPortals({ room, message }: Heard, { roomPortals }: GatewaySettings): readonly string[] {
  return message.kind === "notification" ? (roomPortals.get(room.name) ?? []) : [];
}
