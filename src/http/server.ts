import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import express, { Router } from "express";
import type { Express } from "express";
import helmet from "helmet";
import type { Clock } from "../core/clock.ts";
import { AppError, systemCodeOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Secret } from "../core/secret.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Schedules } from "../pipeline/schedules.ts";
import type { Shooter } from "../pipeline/shoot.ts";
import type { LiveSettings } from "../pipeline/settings.ts";
import type { RoomServer } from "../rooms/contract.ts";
import type { Store } from "../store/contract.ts";
import type { WebDriver } from "../web-driver/contract.ts";
import type { HookOptions, Outside } from "../triggers/index.ts";
import { isLoopbackHost, requireOwnHost, requireToken } from "./access.ts";
import { alertRoutes } from "./alerts.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { historyRoutes, pictureRoutes } from "./history.ts";
import { healthRoutes } from "./health.ts";
import { hookRoutes } from "./hooks.ts";
import { countRefusals, metricsRoutes } from "./metrics.ts";
import { notFound, problemHandler } from "./problem.ts";
import { roomRoutes } from "./room-routes.ts";
import { scheduleRoutes } from "./schedules.ts";
import { shotRoutes } from "./shots.ts";
import { testPortalRoutes } from "./test-portal.ts";
import { windowRoutes } from "./windows.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
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
  readonly tokens: () => Readonly<Record<string, Secret>>;
  /** The configured hooks, by name, as they are now. */
  readonly hooks: () => Readonly<Record<string, HookOptions>>;
  readonly rooms: RoomServer;
  readonly store: Store;
  readonly driver: Pick<WebDriver, "load">;
  readonly metrics: Metrics;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface HttpServer extends AsyncDisposable {
  /** Address on this machine, without a trailing slash. */
  readonly localUrl: string;
}

/** Starts listening; throws listen_failed or listen_unsafe. */
export async function startHttp(options: HttpOptions, deps: HttpDeps): Promise<HttpServer> {
  refuseUnsafe(options);
  let hosts: ReadonlySet<string> = new Set();
  const app = createExpress(options, deps, () => hosts);
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 20_000, maxHeaderSize: 32 * 1024 }, app);
  server.maxHeadersCount = 100;
  const port = await listen(server, options);
  hosts = ownHosts(options, port);
  const name = options.host.includes(":") ? `[${options.host}]` : options.host;
  const isAny = options.host === "0.0.0.0" || options.host === "::";
  return {
    localUrl: `http://${isAny ? "127.0.0.1" : name}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function createExpress(options: HttpOptions, deps: HttpDeps, hosts: () => ReadonlySet<string>): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", "simple");
  const ownHost = isLoopbackHost(options.host) ? [requireOwnHost(hosts)] : [];
  const roomApi = /^\/+v[12](?:\/|$)/u;
  app.use((request, response, next) => {
    // A HipChat client that is pointed here by name keeps the name it knows; its token lets it in.
    const isOpen = options.roomsHaveTokens && roomApi.test(request.path);
    if (isOpen || ownHost[0] === undefined) next();
    else ownHost[0](request, response, next);
  });
  app.use(healthRoutes(deps));
  if (options.takesAlerts) app.get("/", (_request, response) => response.redirect(302, "/rooms"));
  if (options.takesAlerts) app.use(roomRoutes(deps.rooms));
  app.use(securityHeaders(), testPortalRoutes());
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
  app.use(alertRoutes(deps.pipeline, deps.store));
  if (deps.store.pictures !== undefined) app.use(pictureRoutes(deps.store.pictures));
  if (deps.store.desk !== undefined) app.use(deliveryRoutes(deps.store.desk));
  app.use(windowRoutes(deps.store.windows, deps.clock));
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
export function refuseUnsafe({ host, hasTokens, roomsHaveTokens, takesAlerts }: HttpOptions): void {
  if (isLoopbackHost(host)) return;
  const missing = [
    ...(hasTokens ? [] : ["server.tokens"]),
    ...(roomsHaveTokens || !takesAlerts ? [] : ["rooms.tokens"]),
  ];
  if (missing.length === 0) return;
  throw new AppError("listen_unsafe", `Listening on ${host} without ${missing.join(" and ")} would let everybody in.`);
}

async function listen(server: Server, { host, port }: HttpOptions): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const reason = systemCodeOf(cause) === "EADDRINUSE" ? "another program listens there" : systemCodeOf(cause);
    throw new AppError("listen_failed", `Chartbell cannot listen on ${host}:${port} (${reason}).`, { cause });
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function ownHosts({ host, publicUrl }: HttpOptions, port: number): ReadonlySet<string> {
  const names = ["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host];
  const own = names.flatMap((name) => (port === 80 ? [name, `${name}:${port}`] : [`${name}:${port}`]));
  const isPublic = publicUrl === undefined ? [] : [new URL(publicUrl).host];
  return new Set([...own, ...isPublic].map((name) => name.toLowerCase()));
}
