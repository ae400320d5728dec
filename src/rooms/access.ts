import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import { Fault } from "./answer.ts";
import type { ApiRequest, RoomToken, Scope } from "./contract.ts";
import { scopes as everyScope } from "./contract.ts";
import type { Sender } from "./store.ts";

/** Who calls, as a sender and as the bearer of scopes. */
export interface Caller extends Sender {
  readonly scopes: readonly Scope[];
}

/** A token that was handed out for credentials (OAuth 2.0, RFC 6749, 4.4). */
export interface Session {
  readonly token: string;
  readonly caller: Caller;
  readonly expiresInSeconds: number;
}

export interface Access {
  /** The people there are: the bearers of tokens, and whoever may call without one. */
  readonly people: readonly Caller[];
  /** The caller whose token this is, configured or handed out. */
  bearerOf(token: string): Caller | undefined;
  /** The same, or anyone when tokens are not required; undefined when the call must be refused. */
  identify(token: string | undefined, headers: IncomingHttpHeaders): Caller | undefined;
  /** The caller whose name and token these are; undefined when the call must be refused. */
  client(id: string, secret: string, headers: IncomingHttpHeaders): Caller | undefined;
  /** A new token for a caller with some of its scopes; the oldest gives way at `roomSessionsMax`. */
  openSession(caller: Caller, scopes: readonly Scope[]): Session;
}

const anyone: Caller = { id: 0, name: "Anonymous", scopes: everyScope };

export function createAccess(tokens: readonly RoomToken[], requireTokens: boolean, clock: Clock): Access {
  const callers = tokens.map(({ name, scopes, secret }, index) => ({ id: index + 1, name, scopes, secret }));
  const sessions = createSessions(clock);
  // Every token is compared, so that the time taken does not tell which one it was.
  const configured = (candidate: string): Caller | undefined =>
    callers
      .map(({ secret, ...caller }) => ({ caller, isMatch: secret.matches(candidate) }))
      .find(({ isMatch }) => isMatch)?.caller;
  const bearerOf = (candidate: string): Caller | undefined => configured(candidate) ?? sessions.find(candidate);
  const orAnyone = (caller: Caller | undefined, headers: IncomingHttpHeaders): Caller | undefined =>
    caller ?? (requireTokens || isFromForeignPage(headers) ? undefined : anyone);
  return {
    people: [...(requireTokens ? [] : [anyone]), ...callers.map(({ secret: _secret, ...caller }) => caller)],
    bearerOf,
    identify: (token, headers) => orAnyone(token === undefined ? undefined : bearerOf(token), headers),
    client(id, secret, headers) {
      const caller = configured(secret);
      return orAnyone(caller?.name === id ? caller : undefined, headers);
    },
    openSession: (caller, scopes) => sessions.open({ ...caller, scopes }),
  };
}

/** Handed-out tokens by their hash, the oldest first. */
function createSessions(clock: Clock) {
  const kept = new Map<string, { readonly caller: Caller; readonly endsAtMs: number }>();
  const keyOf = (token: string): string => createHash("sha256").update(token).digest("base64");
  return {
    find(token: string): Caller | undefined {
      const session = kept.get(keyOf(token));
      return session !== undefined && clock.now().getTime() < session.endsAtMs ? session.caller : undefined;
    },
    open(caller: Caller): Session {
      const token = randomBytes(30).toString("base64url");
      kept.set(keyOf(token), { caller, endsAtMs: clock.now().getTime() + limits.roomSessionMs });
      for (const key of kept.keys()) {
        if (kept.size <= limits.roomSessionsMax) break;
        kept.delete(key);
      }
      return { token, caller, expiresInSeconds: Math.floor(limits.roomSessionMs / 1000) };
    },
  };
}

/**
 * A page of another site makes the reader's browser call: it may post forms and plain text to a loopback server without
 * asking. Browsers mark such calls (Fetch Metadata; Origin in those that lack it).
 */
function isFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  if (headers.origin === undefined) return false;
  return URL.parse(headers.origin)?.host !== headers.host;
}

/** `Authorization: Bearer TOKEN`, else `?auth_token=TOKEN`: HipChat takes both. */
export function tokenOf(request: ApiRequest): string | undefined {
  return bearerTokenOf(request.headers) ?? request.query.get("auth_token") ?? undefined;
}

export function bearerTokenOf(headers: IncomingHttpHeaders): string | undefined {
  return /^bearer +(?<token>\S+)\s*$/iu.exec(headers.authorization ?? "")?.groups?.["token"];
}

/** User name and password of Basic credentials. */
export function basicCredentialsOf(
  headers: IncomingHttpHeaders,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +(?<credentials>\S+)\s*$/iu.exec(headers.authorization ?? "")?.groups?.["credentials"];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, "base64").toString("utf8");
  const colon = credentials.indexOf(":");
  return colon === -1 ? undefined : { user: credentials.slice(0, colon), password: credentials.slice(colon + 1) };
}

/** Throws HipChat's 403, which names the scopes as a Python list, unless the caller has one of them. */
export function requireScope(caller: Caller, oneOf: readonly Scope[]): void {
  if (oneOf.some((scope) => caller.scopes.includes(scope))) return;
  const list = oneOf.map((scope) => `u'${scope}'`).join(", ");
  throw new Fault(403, `This action requires one of the following scopes: [${list}]`);
}
