import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { LoadedConfig } from "./config/load.ts";
import { splitListen } from "./config/schema.ts";
import type { Config } from "./config/schema.ts";
import { systemClock } from "./core/clock.ts";
import type { Clock } from "./core/clock.ts";
import type { Hooks } from "./core/code.ts";
import { AppError } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { createMetrics, measureProcess } from "./core/metrics.ts";
import { scopes } from "./core/room.ts";
import { Secret } from "./core/secret.ts";
import { packageVersion } from "./core/version.ts";
import type { RoomServerAddress } from "./destinations/contract.ts";
import { isLoopbackHost } from "./http/access.ts";
import { createOutside } from "./http/outside.ts";
import { refuseUnsafe, startHttp } from "./http/server.ts";
import type { HttpOptions, HttpServer } from "./http/server.ts";
import { createImaging } from "./image/imaging.ts";
import { createPipeline } from "./pipeline/pipeline.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import { createSchedules } from "./pipeline/schedules.ts";
import type { Schedules, SchedulesDeps } from "./pipeline/schedules.ts";
import { createLiveSettings } from "./pipeline/settings.ts";
import type { LiveSettings } from "./pipeline/settings.ts";
import { createShooter } from "./pipeline/shoot.ts";
import type { Shooter, ShooterDeps } from "./pipeline/shoot.ts";
import type { RoomsDeps, RoomServer, RoomToken } from "./rooms/contract.ts";
import { createRooms } from "./rooms/rooms.ts";
import { addTestPortal, configuredRoomServer, openSettings, ownRoomServer, restartNeeds } from "./settings.ts";
import type { Store } from "./store/contract.ts";
import { createMemoryStore } from "./store/memory.ts";
import { openStore } from "./store/open.ts";
import type { OpenStore } from "./store/open.ts";
import { probeS3 } from "./store/pictures/s3.ts";
import { scheduledRun } from "./triggers/schedule.ts";
import { openCertificates } from "./tls/certificates.ts";
import type { Certificates } from "./tls/certificates.ts";
import type { CertificateOptions } from "./tls/contract.ts";
import { createAllowList, endpointOf } from "./web-driver/allow.ts";
import type { Cut, WebDriver } from "./web-driver/contract.ts";
import { decide } from "./web-driver/guard.ts";
import { createWebDriver } from "./web-driver/web-driver.ts";

/*
 * The composition root: builds the parts from the configuration, starts them in order, stops them in reverse.
 */

export interface App extends AsyncDisposable {
  /** Address on this machine, without a trailing slash. */
  readonly localUrl: string;
  /** The same with TLS, where it listens so. */
  readonly secureUrl: string | undefined;
  /** Address for people and other programs, without a trailing slash. */
  readonly publicUrl: string;
  readonly driver: WebDriver;
  readonly shooter: Shooter;
  readonly settings: LiveSettings;
  readonly pipeline: Pipeline;
  /** Tries the S3-compatible storage of pictures; undefined where none is configured. */
  readonly probePictures: (() => Promise<void>) | undefined;
  /** Those of the configuration as it is now. */
  readonly schedules: () => Schedules;
  /**
   * Takes up another configuration, all of it or nothing; rejects when one of its channels cannot be opened. Returns the
   * names of the sections whose changes wait for a restart.
   */
  reload(next: LoadedConfig): Promise<readonly string[]>;
}

/**
 * `serve` listens where the configuration says and is the room server. `command` is one command beside it: it listens on a
 * free loopback port for its own test portal only, and reaches rooms at the running server.
 */
export type AppMode = "serve" | "command";

/** What a process of several on one database does: take alerts, handle them, or both. */
export type Role = "all" | "intake" | "worker";

export interface AppOptions {
  readonly mode: AppMode;
  /** Default: all. */
  readonly role?: Role;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Functions that go before those of the configuration's code. */
  readonly hooks?: Hooks;
}

/** Starts the program; throws AppErrors for what the operator has to mend, with everything stopped again. */
export async function startApp(loaded: LoadedConfig, options: AppOptions, log: Logger): Promise<App> {
  const { mode, role = "all", clock = systemClock, hooks = {} } = options;
  refuseLoneRole(role, loaded.config);
  const parts: AsyncDisposable[] = [];
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    return {
      ...(await build(loaded, { mode, role, clock, hooks }, log, parts)),
      probePictures: pictureProbe(loaded.config),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function refuseLoneRole(role: Role, { store }: Config): void {
  if (role === "all" || store.url !== undefined) return;
  throw new AppError(
    "role_lonely",
    `The role ${role} shares its work with other processes, but there is no store.url.`,
  );
}

async function build(
  loaded: LoadedConfig,
  { mode, role, clock, hooks }: Required<AppOptions>,
  log: Logger,
  parts: AsyncDisposable[],
): Promise<Omit<App, "probePictures" | typeof Symbol.asyncDispose>> {
  let { config } = loaded;
  const metrics = createMetrics({ version: packageVersion(), channels: Object.keys(config.channels) });
  if (mode === "serve") measureProcess(metrics);
  // A command that sends what it was told and ends needs no database; what `serve` accepts is kept in one.
  const served = mode === "serve" ? use(parts, await openServedStore(loaded, log)) : undefined;
  const store: Store = served ?? use(parts, createMemoryStore(log));
  const shared = { log, metrics, clock, pictures: store.pictures };
  const { driver, shooter } = openCamera(config, shared, parts);
  let address: Addresses = { localUrl: "", secureUrl: undefined, publicUrl: "" };
  const publicAddress = (): string => address.publicUrl;
  const ownToken = new Secret(randomBytes(24).toString("base64url"));
  const hear: RoomsDeps["heard"] = async (heard) => await pipeline.hear(heard);
  const rooms =
    served && use(parts, await openRooms(config, ownToken, publicAddress, { store: served.rooms, log, heard: hear }));
  const roomServer = (): RoomServerAddress =>
    rooms === undefined ? configuredRoomServer(config) : ownRoomServer(rooms, ownToken);
  const first = await openSettings(loaded, roomServer, undefined, hooks);
  const settings = use(parts, createLiveSettings(first));
  const pipeline = createPipeline({ ...shared, store, settings, shooter, random: Math.random });
  const timing = { settings, pipeline, memory: store.schedules, runOf: scheduledRun, clock, log };
  const schedules = liveSchedules(config, timing, mode === "serve" && role !== "intake");
  const options = httpOptions(config, mode, role);
  const certificates = await openTls(options, loaded, { clock, log }, parts);
  const http = use(
    parts,
    await startHttp(options, {
      ...shared,
      pipeline,
      schedules: schedules.current,
      shooter,
      settings,
      rooms,
      store,
      driver,
      tokens: () => config.server.tokens,
      hooks: () => config.hooks,
      outside: createOutside(),
      certificates,
    }),
  );
  address = addressesOf(http, config);
  addTestPortal(first.portals, http.localUrl);
  parts.push({ [Symbol.asyncDispose]: async () => await pipeline.drain() });
  // What was left from before may go to rooms of this server: only now can they be reached.
  if (role !== "intake") pipeline.start();
  use(parts, schedules).start();
  return {
    ...address,
    driver,
    shooter,
    settings,
    pipeline,
    schedules: schedules.current,
    async reload(next) {
      const { hasTokens, roomsHaveTokens } = httpOptions(next.config, mode, role);
      refuseUnsafe({ ...options, hasTokens, roomsHaveTokens });
      settings.replace(await openSettings(next, roomServer, http.localUrl, hooks));
      const needs = restartNeeds(config, next.config);
      config = { ...next.config, store: config.store, rooms: config.rooms };
      await schedules.renew(config);
      driver.renew(next.config.browser.allow);
      await certificates?.look();
      return needs;
    },
  };
}

type Addresses = Pick<App, "localUrl" | "secureUrl" | "publicUrl">;

function addressesOf({ localUrl, secureUrl }: HttpServer, { server }: Config): Addresses {
  return { localUrl, secureUrl, publicUrl: (server.publicUrl ?? localUrl).replace(/\/+$/u, "") };
}

async function openTls(
  { tls }: HttpOptions,
  loaded: LoadedConfig,
  deps: { readonly clock: Clock; readonly log: Logger },
  parts: AsyncDisposable[],
): Promise<Certificates | undefined> {
  return tls === undefined ? undefined : use(parts, await openCertificates(certificateOptions(loaded), deps));
}

function openCamera(
  config: Config,
  deps: Omit<ShooterDeps, "driver" | "imaging">,
  parts: AsyncDisposable[],
): { readonly driver: WebDriver; readonly shooter: Shooter } {
  const imaging = createImaging();
  const cut: Cut = async (png, clip) => await imaging.crop(png, { clip });
  const driver = use(parts, createWebDriver(config.browser, { ...deps, cut }));
  return { driver, shooter: createShooter({ driver, imaging, ...deps }) };
}

interface LiveSchedules extends AsyncDisposable {
  readonly current: () => Schedules;
  start(): void;
  renew(config: Config): Promise<void>;
}

/** The schedules of the configuration as it is now; they run when `hasTimes`, and on request. */
function liveSchedules(first: Config, deps: Omit<SchedulesDeps, "schedules">, hasTimes: boolean): LiveSchedules {
  let current = createSchedules({ ...deps, schedules: first.schedules });
  const start = (): void => {
    if (hasTimes) current.start();
  };
  return {
    current: () => current,
    start,
    async renew({ schedules }) {
      await current[Symbol.asyncDispose]();
      current = createSchedules({ ...deps, schedules });
      start();
    },
    [Symbol.asyncDispose]: async () => await current[Symbol.asyncDispose](),
  };
}

function httpOptions({ server, rooms }: Config, mode: AppMode, role: Role): HttpOptions {
  const { host, port } = mode === "serve" ? splitListen(server.listen) : { host: "127.0.0.1", port: 0 };
  const { publicUrl, tokens } = server;
  const tls =
    mode === "serve" && server.tls !== undefined
      ? { ...splitListen(server.tls.listen), names: server.tls.names }
      : undefined;
  const hasTokens = Object.keys(tokens).length > 0;
  const roomsHaveTokens = Object.keys(rooms.tokens).length > 0;
  return { host, port, tls, publicUrl, hasTokens, roomsHaveTokens, takesAlerts: role !== "worker" };
}

/** The certificate of server.tls, given or of Chartbell's own making. */
export function certificateOptions({ config, baseDir }: LoadedConfig): CertificateOptions {
  const { tls, publicUrl } = config.server;
  const { cert, key } = tls ?? {};
  const folder = resolve(baseDir, config.store.dataDir, "tls");
  const files =
    cert === undefined || key === undefined ? undefined : { cert: resolve(baseDir, cert), key: resolve(baseDir, key) };
  const listened = tls === undefined ? [] : [splitListen(tls.listen).host];
  const called = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[|\]$/gu, "")];
  const isAny = (name: string): boolean => name === "0.0.0.0" || name === "::";
  const names = ["localhost", "127.0.0.1", "::1", hostname(), ...listened, ...called, ...(tls?.names ?? [])];
  return { files, folder, names: [...new Set(names.filter((name) => !isAny(name)).map((name) => name.toLowerCase()))] };
}

/** The store that `serve` keeps what it accepts in. Throws as openStore does. */
export async function openServedStore({ config, baseDir }: LoadedConfig, log: Logger): Promise<OpenStore> {
  const { url, pictures, retention } = config.store;
  return await openStore({ dataDir: resolve(baseDir, config.store.dataDir), url, pictures, retention }, log);
}

function pictureProbe({ store: { pictures } }: Config): App["probePictures"] {
  return typeof pictures === "object" ? async () => await probeS3(pictures.s3) : undefined;
}

function use<Part extends AsyncDisposable>(parts: AsyncDisposable[], part: Part): Part {
  parts.push(part);
  return part;
}

async function openRooms(
  config: Config,
  ownToken: Secret,
  publicUrl: () => string,
  deps: Pick<RoomsDeps, "store" | "log" | "heard">,
): Promise<RoomServer> {
  const configured = Object.entries(config.rooms.tokens).map(([name, { token, scopes }]): RoomToken => ({
    name,
    secret: token,
    scopes,
  }));
  const ofChannels = Object.values(config.channels).flatMap((channel) =>
    channel.kind === "room" ? [channel.room] : [],
  );
  const names = [...new Set([...config.rooms.names, ...ofChannels])];
  const { listen, tls } = config.server;
  const hosts = [listen, ...(tls === undefined ? [] : [tls.listen])].map((one) => splitListen(one).host);
  const mayReach = { isAllowed: createAllowList(config.rooms.webhookAllow), allowsPublic: true };
  return await createRooms(
    {
      tokens: [...configured, { name: "Chartbell", secret: ownToken, scopes }],
      rooms: names.length === 0 ? ["Lobby"] : names,
      publicUrl,
      requireTokens: configured.length > 0,
      pageRequiresToken: !hosts.every(isLoopbackHost),
      enforceRateLimits: config.rooms.rateLimits,
    },
    {
      ...deps,
      clock: systemClock,
      random: Math.random,
      reach: async (url, signal) => await decide(endpointOf(url), mayReach, signal),
    },
  );
}
