import express, { Router } from "express";
import type { Express, Request } from "express";
import helmet from "helmet";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Schedules } from "../pipeline/schedules.ts";
import type { Shooter } from "../pipeline/shoot.ts";
import type { LiveSettings } from "../pipeline/settings.ts";
import type { RoomServer } from "../rooms/contract.ts";
import type { Store } from "../store/contract.ts";
import type { Certificates } from "../tls/certificates.ts";
import type { WebDriver } from "../web-driver/contract.ts";
import type { HookOptions, Outside } from "../triggers/index.ts";
import { isLoopbackHost, requireOwnHost, requireToken } from "./access.ts";
import type { ApiTokens } from "./access.ts";
import { alertRoutes } from "./alerts.ts";
import { channelRoutes } from "./channels.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { historyRoutes, pictureRoutes } from "./history.ts";
import { documentRoutes } from "./openapi/routes.ts";
import { healthRoutes } from "./health.ts";
import { hookRoutes } from "./hooks.ts";
import { hostNames, openListener } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { countRefusals, metricsRoutes } from "./metrics.ts";
import { notFound, problemHandler } from "./problem.ts";
import { roomAdminRoutes } from "./room-admin.ts";
import { roomRoutes } from "./room-routes.ts";
import { scheduleRoutes } from "./schedules.ts";
import { shotRoutes } from "./shots.ts";
import { testPortalRoutes } from "./test-portal.ts";
import { windowRoutes } from "./windows.ts";

export interface SecureListen {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Names of this server beside those of every machine, as Host headers have them. */
  readonly names: readonly string[];
}

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Another listener, with TLS. */
  readonly tls: SecureListen | undefined;
  readonly publicUrl: string | undefined;
  /** Whether the API asks for tokens. */
  readonly hasTokens: boolean;
  /** Whether this process takes alerts and is the room server; otherwise it tells its health only. */
  readonly takesAlerts: boolean;
  /** Whether the HipChat-compatible API asks for tokens of its own. */
  readonly roomsHaveTokens: boolean;
}

export interface HttpDeps {
  readonly pipeline: Pipeline;
  /** Those of the configuration as it is now. */
  readonly schedules: () => Schedules;
  readonly shooter: Shooter;
  readonly settings: LiveSettings;
  /** The tokens of the API, by name, as they are now. */
  readonly tokens: ApiTokens;
  /** The configured hooks, by name, as they are now. */
  readonly hooks: () => Readonly<Record<string, HookOptions>>;
  /** Undefined in a command, which is no room server. */
  readonly rooms: RoomServer | undefined;
  readonly store: Store;
  readonly driver: Pick<WebDriver, "load">;
  readonly metrics: Metrics;
  readonly outside: Outside;
  /** Needed where options.tls is. */
  readonly certificates: Certificates | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface HttpServer extends AsyncDisposable {
  /** Address on this machine, without a trailing slash. */
  readonly localUrl: string;
  /** The same with TLS, where it listens so. */
  readonly secureUrl: string | undefined;
}

/** Starts listening; throws listen_failed or listen_unsafe. */
export async function startHttp(options: HttpOptions, deps: HttpDeps): Promise<HttpServer> {
  refuseUnsafe(options);
  const hosts = new Set<string>();
  const app = createExpress(options, deps, () => hosts);
  const plain = await openListener(options, app, undefined, deps.log);
  const secure = await openSecure(options, app, deps).catch(async (error: unknown) => {
    await plain[Symbol.asyncDispose]();
    throw error;
  });
  const names = options.publicUrl === undefined ? [] : [new URL(options.publicUrl).host];
  const own = [...hostNames(plain, []), ...(secure === undefined ? [] : hostNames(secure, options.tls?.names ?? []))];
  for (const name of [...names, ...own]) hosts.add(name.toLowerCase());
  return {
    localUrl: plain.url,
    secureUrl: secure?.url,
    async [Symbol.asyncDispose]() {
      await secure?.[Symbol.asyncDispose]();
      await plain[Symbol.asyncDispose]();
    },
  };
}

async function openSecure({ tls }: HttpOptions, app: Express, deps: HttpDeps): Promise<Listener | undefined> {
  const { certificates, log } = deps;
  return tls === undefined || certificates === undefined ? undefined : await openListener(tls, app, certificates, log);
}

function createExpress(options: HttpOptions, deps: HttpDeps, hosts: () => ReadonlySet<string>): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", "simple");
  const ownHost = requireOwnHost(hosts);
  // Only what is reached from this machine alone is guarded by the name it is called by.
  const isGuarded = ({ secure }: Request): boolean => isLoopbackHost(secure ? (options.tls?.host ?? "") : options.host);
  const roomApi = /^\/+v[12](?:\/|$)/u;
  app.use((request, response, next) => {
    // A HipChat client that is pointed here by name keeps the name it knows; its token lets it in.
    const isOpen = options.roomsHaveTokens && roomApi.test(request.path);
    if (isOpen || !isGuarded(request)) next();
    else ownHost(request, response, next);
  });
  app.use(healthRoutes(deps));
  if (options.takesAlerts && deps.rooms !== undefined) {
    app.get("/", (_request, response) => response.redirect(302, "/rooms"));
    app.use(roomRoutes(deps.rooms));
  }
  app.use(securityHeaders(), testPortalRoutes(), documentRoutes());
  app.use(["/api", "/metrics"], requireToken(deps.tokens));
  app.use(metricsRoutes(deps));
  if (options.takesAlerts) app.use(apiRoutes(deps));
  app.use(notFound);
  app.use(problemHandler(deps.log));
  return app;
}

function apiRoutes(deps: HttpDeps): Router {
  const app = Router();
  if (deps.store.history !== undefined) app.use(historyRoutes(deps.store.history));
  app.use(alertRoutes(deps.pipeline, deps.store, deps.tokens));
  if (deps.store.pictures !== undefined) app.use(pictureRoutes(deps.store.pictures));
  if (deps.store.desk !== undefined) app.use(deliveryRoutes(deps.store.desk));
  if (deps.rooms !== undefined) app.use(roomAdminRoutes(deps.rooms.admin));
  app.use(windowRoutes(deps.store.windows, deps.clock));
  app.use(channelRoutes(deps));
  app.use(scheduleRoutes(deps.schedules));
  app.use(shotRoutes(deps.shooter, deps.settings));
  app.use(hookRoutes(deps));
  app.use(["/api/alerts", "/hooks"], countRefusals(deps.metrics));
  return app;
}

function securityHeaders(): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'self'"], "img-src": ["'self'", "data:"] },
    },
    // Whether TLS is in front is for the operator to say.
    strictTransportSecurity: false,
  });
}

/** Beyond loopback, everything that acts or shows must ask for a token; throws listen_unsafe. */
export function refuseUnsafe({ host: plain, tls, hasTokens, roomsHaveTokens, takesAlerts }: HttpOptions): void {
  const host = [plain, ...(tls === undefined ? [] : [tls.host])].find((one) => !isLoopbackHost(one));
  if (host === undefined) return;
  const missing = [
    ...(hasTokens ? [] : ["server.tokens"]),
    ...(roomsHaveTokens || !takesAlerts ? [] : ["rooms.tokens"]),
  ];
  if (missing.length === 0) return;
  throw new AppError("listen_unsafe", `Listening on ${host} without ${missing.join(" and ")} would let everybody in.`);
}
