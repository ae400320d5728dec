import type { RequestHandler } from "express";
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
    const known = Object.values(tokens());
    const given = /^Bearer (?<token>\S+)$/iu.exec(request.headers.authorization ?? "")?.groups?.["token"];
    // Every token is compared, so that the time tells nothing about which one is near.
    const matching = known.filter((token) => token.matches(given ?? ""));
    if (known.length > 0 && matching.length === 0) {
      const said = given === undefined ? "The request has no token." : "The token is not known.";
      throw new AppError("unauthorized", said);
    }
    next();
  };
}

/**
 * Refuses foreign Host names and requests that another site's page makes: without it, a page in a browser on this machine
 * could reach an open loopback server through a name of its own (DNS rebinding).
 */
export function requireOwnHost(hosts: () => ReadonlySet<string>): RequestHandler {
  return (request, _response, next) => {
    const host = (request.headers.host ?? "").toLowerCase();
    if (!hosts().has(host)) throw new AppError("host_forbidden", "The Host of the request is not this server's.");
    const site = request.headers["sec-fetch-site"];
    const isForeignWrite = (site === "cross-site" || site === "same-site") && request.method !== "GET";
    if (isForeignWrite) throw new AppError("host_forbidden", "Another site's page may not call this server.");
    next();
  };
}
