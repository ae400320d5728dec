import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { loadCode } from "./config/code.ts";
import type { LoadedConfig } from "./config/load.ts";
import { servedUrl } from "./config/schema.ts";
import type { Config } from "./config/schema.ts";
import type { Hooks } from "./core/code.ts";
import { createLane } from "./core/lane.ts";
import { Portal } from "./core/portal.ts";
import { Secret } from "./core/secret.ts";
import { userAgent } from "./core/version.ts";
import type { DestinationDeps, RoomServerAddress } from "./destinations/contract.ts";
import { ChannelOptions, openDestination } from "./destinations/index.ts";
import type { Channel } from "./pipeline/channel.ts";
import { readyRoutes } from "./pipeline/choose.ts";
import { roomsChannel } from "./pipeline/gateway.ts";
import type { Settings } from "./pipeline/settings.ts";
import type { RoomServer } from "./rooms/contract.ts";

/** What of a configuration can change while the program runs. */

/**
 * Opens the channels of a configuration, all or none, and loads its code; `hooks` are those of the program that has Chartbell
 * in it, and go before the file's. The test portal is there when `localUrl` is.
 */
export async function openSettings(
  { config, baseDir }: LoadedConfig,
  roomServer: () => RoomServerAddress,
  localUrl: string | undefined,
  hooks: Hooks,
): Promise<Settings & { readonly portals: Map<string, Portal> }> {
  const code = config.code === undefined ? hooks : { ...(await loadCode(resolve(baseDir, config.code))), ...hooks };
  const deps = { baseDir, roomServer };
  const reachable = new Map<string, Channel>();
  const close = async (): Promise<void> => {
    await Promise.all([...reachable.values()].map(({ destination }) => destination[Symbol.asyncDispose]()));
  };
  try {
    for (const [name, options] of Object.entries(config.channels)) {
      reachable.set(name, await openChannel(name, options, deps));
    }
    const anyRoom = ChannelOptions.parse({ kind: "room", room: "any" });
    reachable.set(roomsChannel, await openChannel(roomsChannel, anyRoom, deps));
  } catch (error) {
    await close();
    throw error;
  }
  const portals = new Map(Object.entries(config.portals));
  if (localUrl !== undefined) addTestPortal(portals, localUrl);
  return {
    channels: new Map([...reachable].filter(([name]) => name !== roomsChannel)),
    reachable,
    portals,
    routes: readyRoutes(config.routes),
    roomPortals: new Map(Object.entries(config.rooms.portals)),
    code,
    silence: config.windows.silence,
    [Symbol.asyncDispose]: close,
  };
}

async function openChannel(name: string, options: ChannelOptions, deps: DestinationDeps): Promise<Channel> {
  const destination = await openDestination(options, deps);
  const { enabled, color, notify, onUnknown, portalLinks, timezone } = options;
  const look = { color, notify, portalLinks, timezone, texts: textsOf(options) };
  return { name, enabled, destination, onUnknown, ...look, turns: createLane(), branches: new Map() };
}

function textsOf({ texts: { open, repeat, cancel } }: Config["channels"][string]): Channel["texts"] {
  return {
    ...(open === undefined ? {} : { OPEN: open }),
    ...(repeat === undefined ? {} : { REPEAT: repeat }),
    ...(cancel === undefined ? {} : { CANCEL: cancel }),
  };
}

/** Names of the sections whose changes need a restart. */
export function restartNeeds(before: Config, after: Config): readonly string[] {
  const fixed = ({ server, store, browser, rooms, channels }: Config): Readonly<Record<string, unknown>> => ({
    "server.listen": server.listen,
    "server.publicUrl": server.publicUrl,
    "server.tls": server.tls,
    store,
    browser: { ...browser, allow: [] },
    rooms: [
      { ...rooms, portals: {} },
      Object.values(channels).flatMap((channel) => (channel.kind === "room" ? [channel.room] : [])),
    ],
  });
  const [old, next] = [fixed(before), fixed(after)];
  return Object.keys(old).filter((name) => fingerprint(old[name]) !== fingerprint(next[name]));
}

/** Tells values apart, secrets included, without showing them. */
function fingerprint(value: unknown): string {
  const hidden = (held: unknown): unknown => {
    if (held instanceof Secret) return createHash("sha256").update(held.reveal()).digest("hex");
    if (Array.isArray(held)) return held.map(hidden);
    if (typeof held !== "object" || held === null) return held;
    return Object.fromEntries(Object.entries(held).map(([key, one]) => [key, hidden(one)]));
  };
  return JSON.stringify(hidden(value)) ?? "";
}

/** The room server of this process: called as it is, without a socket; nothing listens there where it is a worker. */
export function ownRoomServer(rooms: Pick<RoomServer, "api">, token: Secret): RoomServerAddress {
  return {
    url: "http://rooms.invalid",
    token,
    async call({ method, url, headers, body = "" }) {
      const { pathname: path, searchParams: query } = url;
      const named = { ...headers, "user-agent": userAgent };
      const answer = await rooms.api({ method, path, query, headers: named, body: Buffer.from(body) });
      const lowered = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
      return { status: answer.status, headers: Object.fromEntries(lowered), text: answer.body.toString() };
    },
  };
}

/** The room server of the Chartbell that serves this configuration, as a command beside it reaches it. */
export function configuredRoomServer(config: Config): RoomServerAddress {
  const sending = Object.values(config.rooms.tokens).find(
    ({ scopes }) => scopes.includes("send_message") && scopes.includes("send_notification"),
  );
  return {
    url: servedUrl(config),
    // Without configured tokens the server lets everybody on this machine in.
    token: sending?.token ?? new Secret("none"),
  };
}

/** The portal that is always there: charts of made-up data, to see that everything works. */
export function addTestPortal(portals: Map<string, Portal>, localUrl: string): void {
  if (portals.has("test")) return;
  const names = ["entity", "metric", "from", "to", "status", "theme", "latency"];
  const query = names.map((name) => `${name}=\${${name}}`).join("&");
  const portal = Portal.parse({
    url: `${localUrl}/portals/test/?${query}`,
    title: "Test portal",
    defaults: {
      entity: "web01",
      metric: "cpu_busy",
      from: "now-6h",
      to: "now",
      status: "OPEN",
      theme: "light",
      latency: "0",
    },
    lead: "6h",
  });
  portals.set("test", portal);
}
