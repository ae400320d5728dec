import type { Room } from "../../core/room.ts";
import { basicCredentialsOf, bearerTokenOf } from "../access.ts";
import type { Caller } from "../access.ts";
import { mayAct } from "../api/router.ts";
import type { ApiAnswer, ApiRequest } from "../contract.ts";
import { problem, seeOther } from "./answers.ts";
import { signInPath } from "./address.ts";
import { cookieOf } from "./cookies.ts";
import type { PageDeps } from "./deps.ts";

/** Who reads pages; with the one room of their token, if it has one. */
export type Reader = Pick<Caller, "roomId">;

/** The token of a header, else that of the session which the sign-in page began. */
function tokenOfVisitor({ headers }: ApiRequest): string | undefined {
  return bearerTokenOf(headers) ?? basicCredentialsOf(headers)?.password ?? cookieOf(headers, "chartbell_session");
}

/** The bearer of a token, or anybody where none is asked for; undefined when a token is missing. */
export async function readerOf(request: ApiRequest, { access, options }: PageDeps): Promise<Reader | undefined> {
  if (!options.pageRequiresToken) return {};
  const token = tokenOfVisitor(request);
  const caller = token === undefined ? undefined : await access.bearerOf(token);
  return caller?.scopes.includes("view_messages") === true ? caller : undefined;
}

/**
 * Who may write into a room from its page: the bearer of a token with `send_message`, or anybody where calls need no token. A
 * form is checked for where it comes from beside this (forms.ts).
 */
export async function writerOf(
  request: ApiRequest,
  room: Room,
  { access, options }: PageDeps,
): Promise<Caller | undefined> {
  const token = tokenOfVisitor(request);
  const needsToken = options.requireTokens || options.pageRequiresToken;
  if (needsToken && token === undefined) return undefined;
  const caller = needsToken ? await access.bearerOf(token ?? "") : await access.identify(token, {});
  const mayWrite = caller?.scopes.includes("send_message") === true && mayAct(caller, room.id);
  return mayWrite ? caller : undefined;
}

/** Whether somebody signed in on this browser, and their token is still good. */
export async function isSignedIn({ headers }: ApiRequest, { access }: PageDeps): Promise<boolean> {
  const session = cookieOf(headers, "chartbell_session");
  return session !== undefined && (await access.bearerOf(session)) !== undefined;
}

/** A browser that opens a page is led to the sign-in; whoever else asks is told 401 and how to give a token. */
export function tokenWanted(request: ApiRequest, deps: PageDeps): ApiAnswer {
  const accept = request.headers.accept ?? "";
  if (request.method === "GET" && accept.includes("text/html")) {
    const query = request.query.size === 0 ? "" : `?${request.query.toString()}`;
    return seeOther(`${signInPath}?next=${encodeURIComponent(request.path + query)}`);
  }
  // A page that is open already asks from its script: the browser's own password box must not come up over it.
  if (cookieOf(request.headers, "chartbell_form") !== undefined) {
    return problem(deps, 401, "A token is needed", "Your session has ended. Load the page again to sign in.");
  }
  const answer = problem(
    deps,
    401,
    "A token is needed",
    "Give any user name, and as password a token with the scope view_messages.",
  );
  return {
    ...answer,
    headers: { ...answer.headers, "www-authenticate": 'Basic realm="Chartbell rooms", charset="UTF-8"' },
  };
}
