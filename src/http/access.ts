import type { Request, RequestHandler } from "express";
import { BlockList, isIP } from "node:net";
import { AppError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine can reach a listener on `host`. */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost") return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? "ipv6" : "ipv4");
}

/** Bearer tokens of the API. With none configured (possible on loopback only) everybody may call. */
export function requireToken(tokens: () => Readonly<Record<string, Secret>>): RequestHandler {
  return (request, _response, next) => {
    requireKnown(bearerOf(request), Object.values(tokens()));
    next();
  };
}

/** Throws unauthorized unless the token is one of these; with none configured every caller is let in. */
export function requireKnown(given: string | undefined, known: readonly Secret[]): void {
  // Every token is compared, so that the time tells nothing about which one is near.
  const matching = known.filter((token) => token.matches(given ?? ""));
  if (known.length === 0 || matching.length > 0) return;
  throw new AppError("unauthorized", given === undefined ? "The request has no token." : "The token is not known.");
}

/** The token of `Authorization: Bearer TOKEN`. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer (?<token>\S+)$/iu.exec(request.headers.authorization ?? "")?.groups?.["token"];
}

/** The password of HTTP Basic, with any user name: senders that cannot set a header can often put it into their address. */
export function basicPasswordOf(request: Request): string | undefined {
  const encoded = /^Basic (?<both>[\w+/]+={0,2})$/iu.exec(request.headers.authorization ?? "")?.groups?.["both"];
  if (encoded === undefined) return undefined;
  const both = Buffer.from(encoded, "base64").toString("utf8");
  const colon = both.indexOf(":");
  if (colon < 0) return undefined;
  // `https://TOKEN@host/` sends the token as the user name.
  return both.slice(colon + 1) || both.slice(0, colon);
}

/** Refuses what another site's page posts: a browser would send along a password that it knows. */
export const refuseForeignPage: RequestHandler = (request, _response, next) => {
  const site = request.headers["sec-fetch-site"];
  const isForeignWrite = (site === "cross-site" || site === "same-site") && request.method !== "GET";
  if (isForeignWrite) throw new AppError("host_forbidden", "Another site's page may not call this server.");
  next();
};

/**
 * Refuses foreign Host names and requests that another site's page makes: without it, a page in a browser on this machine
 * could reach an open loopback server through a name of its own (DNS rebinding).
 */
export function requireOwnHost(hosts: () => ReadonlySet<string>): RequestHandler {
  return (request, response, next) => {
    const host = (request.headers.host ?? "").toLowerCase();
    if (!hosts().has(host)) throw new AppError("host_forbidden", "The Host of the request is not this server's.");
    refuseForeignPage(request, response, next);
  };
}
