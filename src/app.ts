import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { LoadedConfig } from "./config/load.ts";
import { splitListen } from "./config/schema.ts";
import type { Config } from "./config/schema.ts";
import { systemClock } from "./core/clock.ts";
import type { Logger } from "./core/log.ts";
import { Portal } from "./core/portal.ts";
import { Secret } from "./core/secret.ts";
import type { RoomServerAddress } from "./destinations/contract.ts";
import { openDestination } from "./destinations/index.ts";
import { isLoopbackHost } from "./http/access.ts";
import { startHttp } from "./http/server.ts";
import { createImaging } from "./image/imaging.ts";
import { createLane } from "./core/lane.ts";
import type { Channel } from "./pipeline/channel.ts";
import { createPipeline } from "./pipeline/pipeline.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import { createShooter } from "./pipeline/shoot.ts";
import type { Shooter } from "./pipeline/shoot.ts";
import type { Portals } from "./pipeline/target.ts";
import { scopes } from "./rooms/contract.ts";
import type { RoomServer, RoomToken } from "./rooms/contract.ts";
import { createRooms } from "./rooms/rooms.ts";
import type { Store } from "./store/contract.ts";
import { createMemoryStore } from "./store/memory.ts";
import { openStore } from "./store/open.ts";
import type { DurableStore } from "./store/open.ts";
import { probeS3 } from "./store/pictures/s3.ts";
import type { Cut, WebDriver } from "./web-driver/contract.ts";
import { createWebDriver } from "./web-driver/web-driver.ts";

/*
 * The composition root: builds the parts from the configuration, starts them in order, stops them in reverse.
 */

export interface App extends AsyncDisposable {
  /** Address on this machine, without a trailing slash. */
  readonly localUrl: string;
  /** Address for people and other programs, without a trailing slash. */
  readonly publicUrl: string;
  readonly driver: WebDriver;
  readonly shooter: Shooter;
  readonly portals: Portals;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly pipeline: Pipeline;
  /** Tries the S3-compatible storage of pictures; undefined where none is configured. */
  readonly probePictures: (() => Promise<void>) | undefined;
}

/**
 * `serve` listens where the configuration says and is the room server. `command` is one command beside it: it listens on a
 * free loopback port for its own test portal only, and reaches rooms at the running server.
 */
export type AppMode = "serve" | "command";

export async function startApp(loaded: LoadedConfig, mode: AppMode, log: Logger): Promise<App> {
  const { config, baseDir } = loaded;
  const parts: AsyncDisposable[] = [];
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const clock = systemClock;
    const { store, history, pictures } = await openMemory(loaded, mode, log);
    parts.push(store);
    const imaging = createImaging();
    const cut: Cut = async (png, clip) => await imaging.crop(png, { clip });
    const driver = use(parts, createWebDriver(config.browser, { log, clock, cut }));
    const shooter = createShooter({ driver, imaging, clock, pictures, log });
    const own: RoomServerAddress = { url: "", token: new Secret(randomBytes(24).toString("base64url")) };
    let address = { localUrl: "", publicUrl: "" };
    const rooms = openRooms(config, own.token, () => address.publicUrl);
    const roomServer = (): RoomServerAddress =>
      mode === "serve" ? { ...own, url: address.localUrl } : configuredRoomServer(config);
    const channels = await openChannels(config, baseDir, roomServer, parts);
    const portals = new Map(Object.entries(config.portals));
    const pipeline = createPipeline({
      store,
      channels,
      portals,
      routes: config.routes,
      shooter,
      pictures,
      clock,
      log,
      random: Math.random,
    });
    const { host, port } = mode === "serve" ? splitListen(config.server.listen) : { host: "127.0.0.1", port: 0 };
    const roomsHaveTokens = Object.keys(config.rooms.tokens).length > 0;
    const { publicUrl, tokens } = config.server;
    const options = { host, port, publicUrl, tokens, roomsHaveTokens };
    const http = use(
      parts,
      await startHttp(options, { pipeline, shooter, portals, rooms, store, history, pictures, log }),
    );
    address = { localUrl: http.localUrl, publicUrl: (publicUrl ?? http.localUrl).replace(/\/+$/u, "") };
    if (!portals.has("test")) portals.set("test", testPortal(http.localUrl));
    parts.push({ [Symbol.asyncDispose]: async () => await pipeline.drain() });
    // What was left from before may go to rooms of this server: only now can they be reached.
    pipeline.start();
    const probePictures = pictureProbe(config);
    return { ...address, driver, shooter, portals, channels, pipeline, probePictures, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is remembered; without history and pictures, nothing outlives the process. */
interface Memory {
  readonly store: Store;
  readonly history: DurableStore["history"] | undefined;
  readonly pictures: DurableStore["pictures"] | undefined;
}

/** A command that sends what it was told and ends needs no database; what `serve` accepts is kept in one. */
async function openMemory({ config, baseDir }: LoadedConfig, mode: AppMode, log: Logger): Promise<Memory> {
  if (mode === "command") return { store: createMemoryStore(log), history: undefined, pictures: undefined };
  const { url, pictures, retention } = config.store;
  const dataDir = resolve(baseDir, config.store.dataDir);
  const store = await openStore({ dataDir, url, pictures, retention }, log);
  return { store, history: store.history, pictures: store.pictures };
}

function pictureProbe({ store: { pictures } }: Config): App["probePictures"] {
  return typeof pictures === "object" ? async () => await probeS3(pictures.s3) : undefined;
}

function use<Part extends AsyncDisposable>(parts: AsyncDisposable[], part: Part): Part {
  parts.push(part);
  return part;
}

async function openChannels(
  config: Config,
  baseDir: string,
  roomServer: () => RoomServerAddress,
  parts: AsyncDisposable[],
): Promise<ReadonlyMap<string, Channel>> {
  const channels = new Map<string, Channel>();
  for (const [name, options] of Object.entries(config.channels)) {
    const destination = use(parts, await openDestination(options, { baseDir, roomServer }));
    const { color, notify, onUnknown } = options;
    channels.set(name, { name, destination, color, notify, onUnknown, turns: createLane() });
  }
  return channels;
}

function openRooms(config: Config, ownToken: Secret, publicUrl: () => string): RoomServer {
  const configured = Object.entries(config.rooms.tokens).map(([name, { token, scopes }]): RoomToken => ({
    name,
    secret: token,
    scopes,
  }));
  const ofChannels = Object.values(config.channels).flatMap((channel) =>
    channel.kind === "room" ? [channel.room] : [],
  );
  const names = [...new Set([...config.rooms.names, ...ofChannels])];
  const { host } = splitListen(config.server.listen);
  return createRooms(
    {
      tokens: [...configured, { name: "Chartbell", secret: ownToken, scopes }],
      rooms: names.length === 0 ? ["Lobby"] : names,
      publicUrl,
      requireTokens: configured.length > 0,
      pageRequiresToken: !isLoopbackHost(host),
      enforceRateLimits: config.rooms.rateLimits,
    },
    { clock: systemClock },
  );
}

/** The room server of the Chartbell that serves this configuration, as another process reaches it. */
function configuredRoomServer({ server, rooms }: Config): RoomServerAddress {
  const { host, port } = splitListen(server.listen);
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const sending = Object.values(rooms.tokens).find(
    ({ scopes }) => scopes.includes("send_message") && scopes.includes("send_notification"),
  );
  return {
    url: `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`,
    // Without configured tokens the server lets everybody on this machine in.
    token: sending?.token ?? new Secret("none"),
  };
}

/** The portal that is always there: charts of made-up data, to see that everything works. */
function testPortal(localUrl: string): Portal {
  const names = ["entity", "metric", "from", "to", "status", "theme", "latency"];
  const query = names.map((name) => `${name}=\${${name}}`).join("&");
  return Portal.parse({
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
  });
}
