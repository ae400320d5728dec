import { Scope } from "../../core/room.ts";
import { basicCredentialsOf } from "../access.ts";
import type { Caller } from "../access.ts";
import { Fault, json } from "../answer.ts";
import { readFields } from "../body.ts";
import type { ApiAnswer } from "../contract.ts";
import { readText, refused } from "../fields.ts";
import type { Call } from "./router.ts";

/**
 * `POST /v2/oauth/token`: a token for the credentials of a client (grant `client_credentials`): Basic, with a configured
 * token's name as user and the token as password. The body is a form or JSON (ac-node-hipchat).
 */
export async function postToken({ request, access }: Omit<Call, "caller">): Promise<ApiAnswer> {
  const credentials = basicCredentialsOf(request.headers);
  const client =
    credentials === undefined
      ? undefined
      : await access.client(credentials.user, credentials.password, request.headers);
  if (client === undefined) throw new Fault(401, "Invalid client credentials");
  const fields = readFields(request);
  const grant = readText(fields, "grant_type") ?? "";
  if (grant !== "client_credentials") throw refused("grant_type", "enum", grant, "is not 'client_credentials'");
  const scopes = grantedScopes(client.caller, readText(fields, "scope") ?? "");
  const session = await access.openSession(client, scopes);
  return json(200, {
    access_token: session.token,
    token_type: "bearer",
    expires_in: session.expiresInSeconds,
    scope: scopes.join(" "),
    group_id: 1,
    group_name: "Chartbell",
  });
}

/** The scopes asked for, space-delimited, that the client may hand on; all of them when it asks for none. */
function grantedScopes(caller: Caller, asked: string): readonly Scope[] {
  const names = asked.split(/[\s+]+/u).filter((name) => name !== "");
  if (names.length === 0) return caller.scopes;
  const granted = caller.scopes.filter((scope) => names.includes(scope));
  if (granted.length > 0) return granted;
  const isKnown = names.some((name) => Scope.safeParse(name).success);
  throw refused("scope", "enum", asked, isKnown ? "is more than this client may have" : "names no known scope");
}

/** `GET /v2/oauth/token/TOKEN`: whose token it is, and for what. */
export async function getSession({ access, store, parameters }: Call): Promise<ApiAnswer> {
  const caller = await access.bearerOf(parameters["token"] ?? "");
  if (caller === undefined) throw new Fault(404, "Session not found");
  const { name, scopes, roomId } = caller;
  const room = roomId === undefined ? undefined : await store.roomById(roomId);
  const shown = room === undefined ? null : { id: room.id, name: room.name };
  return json(200, { client: { allowed_scopes: scopes, name, room: shown }, scopes });
}
