import type { Request, RequestHandler } from "express";
import { BlockList, isIP } from "node:net";
import type { AlertInput } from "../core/alert.ts";
import { AppError } from "../core/errors.ts";
import { scopeOf } from "../core/token.ts";
import type { ApiToken, TokenScope } from "../core/token.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine can reach a listener on `host`. */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost") return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? "ipv6" : "ipv4");
}

export type ApiTokens = () => Readonly<Record<string, ApiToken>>;

/** Bearer tokens of the API. With none configured (possible on loopback only) everybody may call. */
export function requireToken(tokens: ApiTokens): RequestHandler {
  return (request, _response, next) => {
    const known = requireKnown(bearerOf(request), Object.values(tokens()));
    if (known !== undefined) requireScope(known, scopeOf(request.method, request.baseUrl + request.path));
    next();
  };
}

/**
 * The token that was given; undefined when none are known: then every caller is let in. Throws unauthorized for one that is
 * not among them.
 */
export function requireKnown<Known extends Pick<ApiToken, "token">>(
  given: string | undefined,
  known: readonly Known[],
): Known | undefined {
  // Every token is compared, so that the time tells nothing about which one is near.
  const [matching] = known.filter(({ token }) => token.matches(given ?? ""));
  if (known.length === 0 || matching !== undefined) return matching;
  throw new AppError("unauthorized", given === undefined ? "The request has no token." : "The token is not known.");
}

/** Throws token_forbidden unless the token may be used for this call. */
export function requireScope({ scopes }: Pick<ApiToken, "scopes">, scope: TokenScope): void {
  if (scopes.includes(scope)) return;
  throw new AppError("token_forbidden", `The token is for ${scopes.join(", ")}; this call is for ${scope}.`);
}

/** Throws token_forbidden when an alert names a channel or portal that the caller's token may not name. */
export function requireNames(
  request: Pick<Request, "headers">,
  tokens: ApiTokens,
  alerts: readonly Pick<AlertInput, "channels" | "portals">[],
): void {
  const token = requireKnown(bearerOf(request), Object.values(tokens()));
  for (const kind of ["channels", "portals"] as const) {
    const allowed = token?.[kind];
    const foreign = alerts.flatMap((alert) => alert[kind] ?? []).find((name) => allowed?.includes(name) === false);
    if (foreign === undefined) continue;
    throw new AppError("token_forbidden", `The token may not name the ${kind.slice(0, -1)} \`${foreign}\`.`);
  }
}

/** The token of `Authorization: Bearer TOKEN`. */
export function bearerOf(request: Pick<Request, "headers">): string | undefined {
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
