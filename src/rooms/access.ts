import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import { scopes as everyScope } from "../core/room.ts";
import type { Scope, Sender } from "../core/room.ts";
import type { MadeToken, SessionToken, TokenStore } from "../core/room-store.ts";
import { Fault } from "./answer.ts";
import type { ApiRequest, RoomToken } from "./contract.ts";

/** Who calls, as a sender and as the bearer of scopes. */
export interface Caller extends Sender {
  readonly scopes: readonly Scope[];
  /** The one room that its token may act in. */
  readonly roomId?: number | undefined;
}

/** A caller that gave credentials. */
export interface Client {
  readonly caller: Caller;
  /** Of its token; undefined for one that needed none. */
  readonly hash: string | undefined;
}

/** A token that was handed out for credentials (OAuth 2.0, RFC 6749, 4.4). */
export interface Session {
  readonly token: string;
  readonly expiresInSeconds: number;
}

export interface Access {
  /** The people there are: the bearers of tokens, and whoever may call without one. */
  people(): readonly Caller[];
  /** The caller whose token this is: configured, made by an administrator, or handed out. */
  bearerOf(token: string): Promise<Caller | undefined>;
  /** The same, or anyone when tokens are not required; undefined when the call must be refused. */
  identify(token: string | undefined, headers: IncomingHttpHeaders): Promise<Caller | undefined>;
  /** The caller whose name and token these are; undefined when the call must be refused. */
  client(id: string, secret: string, headers: IncomingHttpHeaders): Promise<Client | undefined>;
  /** The client whose configured or made token this is; undefined for any other, also for one that was handed out. */
  ownerOf(token: string): Promise<Client | undefined>;
  /** A new token for a client with some of its scopes; the oldest gives way at `roomSessionsMax`. */
  openSession(client: Client, scopes: readonly Scope[]): Promise<Session>;
}

const anyone: Caller = { id: 0, name: "Anonymous", scopes: everyScope };
/** Numbers of people with configured tokens count from 1, those with made ones from here. */
const madeIdsFrom = 1_000_000;

export function createAccess(
  tokens: readonly RoomToken[],
  requireTokens: boolean,
  store: TokenStore,
  clock: Clock,
): Access {
  const configured = new Map(
    tokens.map(({ name, scopes, secret }, index): [string, Caller] => [
      tokenHash(secret.reveal()),
      { id: index + 1, name, scopes },
    ]),
  );
  /** The owner of a token that is not handed out. */
  const ownerOf = async (hash: string): Promise<Caller | undefined> => {
    const known = configured.get(hash);
    if (known !== undefined) return known;
    const found = await store.find(hash);
    return found === undefined || "endsAt" in found ? undefined : callerOf(found);
  };
  const sessionCaller = async ({ client, scopes, endsAt }: SessionToken): Promise<Caller | undefined> => {
    if (clock.now() >= endsAt) return undefined;
    const openTo = requireTokens ? undefined : anyone;
    const owner = client === undefined ? openTo : await ownerOf(client);
    return owner === undefined
      ? undefined
      : { ...owner, scopes: owner.scopes.filter((scope) => scopes.includes(scope)) };
  };
  const bearerOf = async (token: string): Promise<Caller | undefined> => {
    const hash = tokenHash(token);
    const known = configured.get(hash);
    if (known !== undefined) return known;
    const found = await store.find(hash);
    if (found === undefined) return undefined;
    return "endsAt" in found ? await sessionCaller(found) : callerOf(found);
  };
  const anyoneOf = (headers: IncomingHttpHeaders): Caller | undefined =>
    requireTokens || isFromForeignPage(headers) ? undefined : anyone;
  return {
    people: () => [...(requireTokens ? [] : [anyone]), ...configured.values(), ...store.made().map(callerOf)],
    bearerOf,
    async identify(token, headers) {
      return (token === undefined ? undefined : await bearerOf(token)) ?? anyoneOf(headers);
    },
    async client(id, secret, headers) {
      const hash = tokenHash(secret);
      const owner = await ownerOf(hash);
      if (owner?.name === id) return { caller: owner, hash };
      const caller = anyoneOf(headers);
      return caller === undefined ? undefined : { caller, hash: undefined };
    },
    async ownerOf(token) {
      const hash = tokenHash(token);
      const caller = await ownerOf(hash);
      return caller === undefined ? undefined : { caller, hash };
    },
    async openSession({ hash }, scopes) {
      const token = newToken();
      const endsAt = new Date(clock.now().getTime() + limits.roomSessionMs);
      await store.openSession({ client: hash, scopes, endsAt }, tokenHash(token));
      return { token, expiresInSeconds: Math.floor(limits.roomSessionMs / 1000) };
    },
  };
}

/** 40 characters that nobody guesses, as HipChat's tokens had. */
export function newToken(): string {
  return randomBytes(30).toString("base64url");
}

/** What is kept of a token, and what it is found by. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function callerOf({ id, name, scopes, roomId }: MadeToken): Caller {
  return { id: madeIdsFrom + id, name, scopes, roomId };
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
