import { once } from "node:events";
import { createServer } from "node:https";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import sharp from "sharp";
import { systemClock } from "../../src/core/clock.ts";
import { AppError } from "../../src/core/errors.ts";
import { createLog } from "../../src/core/log.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import { ShotOptions } from "../../src/core/portal.ts";
import { createImaging } from "../../src/image/imaging.ts";
import { anonymous } from "../../src/web-driver/contract.ts";
import type { Capture, ShotRequest, WebDriver } from "../../src/web-driver/contract.ts";
import { createWebDriver } from "../../src/web-driver/web-driver.ts";
import type { WebDriverOptions } from "../../src/web-driver/web-driver.ts";
import { listen } from "./loopback.ts";
import type { LoopbackServer } from "./loopback.ts";

export const silent = createLog({ level: "silent", pretty: false });

const imaging = createImaging();

export function openDriver(options: Partial<WebDriverOptions> = {}): WebDriver {
  return createWebDriver(
    { concurrency: 2, allow: [], sandbox: "auto", ...options },
    {
      log: silent,
      metrics: createMetrics({ version: "test", channels: [] }),
      clock: systemClock,
      cut: async (png, clip) => await imaging.crop(png, { clip }),
    },
  );
}

/** A shot of a trusted portal; `options` as a configuration would give them. */
export function request(url: string, options: unknown = {}, more: Partial<ShotRequest> = {}): ShotRequest {
  const parsed = ShotOptions.parse(options);
  return {
    reuse: undefined,
    url,
    trustUrl: true,
    options: parsed,
    identity: anonymous,
    ignoreCertificate: false,
    ...more,
  };
}

/** No waiting beyond the load event: for tests about something else than readiness. */
export const atOnce = { ready: {} };

export function shoot(
  driver: WebDriver,
  url: string,
  options: unknown = atOnce,
  more: Partial<ShotRequest> = {},
): Promise<Capture> {
  return driver.shoot(request(url, options, more), new AbortController().signal);
}

/** The AppError that a shot ends with. */
export async function failure(shot: Promise<unknown>): Promise<AppError> {
  const error: unknown = await shot.then(
    () => new Error("The shot gave a picture."),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

type Route = string | RequestListener;

/** A server of HTML pages by path; everything else is 404. */
export function site(routes: Readonly<Record<string, Route>>): Promise<LoopbackServer> {
  return listen((incoming, response) => {
    const route = routes[new URL(incoming.url ?? "/", "http://localhost").pathname];
    if (typeof route === "function") return route(incoming, response);
    response.writeHead(route === undefined ? 404 : 200, { "content-type": "text/html" });
    response.end(route ?? "not here");
  });
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  at(x: number, y: number): string;
}

/** Decoded pixels; `at` gives `r,g,b`. */
export async function pixelsOf(png: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x, y) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)].join(","),
  };
}

/** An HTTPS server whose certificate nobody vouches for. */
export async function listenTls(handler: RequestListener): Promise<LoopbackServer> {
  const server = createServer({ key, cert }, handler);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test server has no port.");
  return {
    url: `https://127.0.0.1:${address.port}`,
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// Self-signed for localhost and 127.0.0.1, made for these tests; it opens nothing.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgw11UvTVLymNcKp97
n6UD7y8HiUfvFuf6b42B/LF4rq+hRANCAAQLJRiDqrKGukL91XaKZ3bSg/5uC/cY
ktZAQWU95owe+MNEHCni79DTp0dOPDFl0xvXlUvgMj0SfrfSZZTupBnt
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUUS2tJN0wPVJ17WZbXZKu3KrT+1gwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAzNDQ1OFoYDzIxMjYxMDI4
MDM0NDU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQLJRiDqrKGukL91XaKZ3bSg/5uC/cYktZAQWU95owe+MNEHCni79DT
p0dOPDFl0xvXlUvgMj0SfrfSZZTupBnto28wbTAdBgNVHQ4EFgQUZEE7Vz/u1kiV
g7G05iDF9py2HcMwHwYDVR0jBBgwFoAUZEE7Vz/u1kiVg7G05iDF9py2HcMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAK96wFLglt8PG8gKxGjAwAco0fWgYYKZLuoNVhLhFStPAiBv
k9zosVs+LJErZk66rwAFyzqjwId+qbLAF3gdx39apA==
-----END CERTIFICATE-----`;
