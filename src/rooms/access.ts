import type { IncomingHttpHeaders } from "node:http";
import { Fault } from "./answer.ts";
import type { ApiRequest, RoomToken, Scope } from "./contract.ts";
import { scopes as everyScope } from "./contract.ts";
import type { Sender } from "./store.ts";

/** Who calls, as a sender and as the bearer of scopes. */
export interface Caller extends Sender {
  readonly scopes: readonly Scope[];
}

export interface Access {
  /** The caller whose token this is. */
  bearerOf(token: string): Caller | undefined;
  /** The same, or anyone when tokens are not required; undefined when the call must be refused. */
  identify(token: string | undefined, headers: IncomingHttpHeaders): Caller | undefined;
}

const anyone: Caller = { id: 0, name: "Anonymous", scopes: everyScope };

export function createAccess(tokens: readonly RoomToken[], requireTokens: boolean): Access {
  // Every token is compared, so that the time taken does not tell which one it was.
  const bearerOf = (candidate: string): Caller | undefined =>
    tokens
      .map(({ name, scopes, secret }, index) => ({ id: index + 1, name, scopes, isMatch: secret.matches(candidate) }))
      .find(({ isMatch }) => isMatch);
  return {
    bearerOf,
    identify(candidate, headers) {
      const bearer = candidate === undefined ? undefined : bearerOf(candidate);
      return bearer ?? (requireTokens || isFromForeignPage(headers) ? undefined : anyone);
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

/** The password of Basic credentials: a browser asks for it, and any user name will do. */
export function basicPasswordOf(headers: IncomingHttpHeaders): string | undefined {
  const encoded = /^basic +(?<credentials>\S+)\s*$/iu.exec(headers.authorization ?? "")?.groups?.["credentials"];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, "base64").toString("utf8");
  const colon = credentials.indexOf(":");
  return colon === -1 ? undefined : credentials.slice(colon + 1);
}

/** Throws HipChat's 403, which names the scopes as a Python list, unless the caller has one of them. */
export function requireScope(caller: Caller, oneOf: readonly Scope[]): void {
  if (oneOf.some((scope) => caller.scopes.includes(scope))) return;
  const list = oneOf.map((scope) => `u'${scope}'`).join(", ");
  throw new Fault(403, `This action requires one of the following scopes: [${list}]`);
}
