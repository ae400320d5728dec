import type { ApiAnswer, ApiRequest } from "../contract.ts";
import { signInPath } from "./address.ts";
import { htmlAnswer, problem, seeOther, wrongMethod } from "./answers.ts";
import { setCookie } from "./cookies.ts";
import type { PageDeps } from "./deps.ts";
import { formKeyOf, isSecure, readForm } from "./forms.ts";

/** `/rooms/sign-in`: a token becomes a session of limits.roomSessionMs, which a cookie names. */
export async function signIn(request: ApiRequest, deps: PageDeps): Promise<ApiAnswer> {
  const next = ownPath(request.query.get("next"));
  if (request.method !== "POST") {
    if (request.method === "GET" || request.method === "HEAD") return signInPage(200, request, next, undefined, deps);
    return wrongMethod("GET, HEAD, POST", deps);
  }
  const form = readForm(request, deps.options);
  if (form === "stale") return signInPage(403, request, next, "The page was too old. Please try again.", deps);
  if (typeof form === "string") return foreignForm(deps);
  const goal = ownPath(form.get("next"));
  const client = await deps.access.ownerOf((form.get("token") ?? "").trim());
  if (client === undefined) return signInPage(403, request, goal, "This token is not known here.", deps);
  const needed = deps.options.pageRequiresToken ? "view_messages" : "send_message";
  if (!client.caller.scopes.includes(needed)) {
    return signInPage(403, request, goal, `This token lacks the scope ${needed}.`, deps);
  }
  const { token, expiresInSeconds } = await deps.access.openSession(client, ["view_messages", "send_message"]);
  return seeOther(goal, setCookie("chartbell_session", token, expiresInSeconds, isSecure(request)));
}

/** `/rooms/sign-out`: the browser forgets its session. */
export function signOut(request: ApiRequest, deps: PageDeps): ApiAnswer {
  if (request.method !== "POST") return wrongMethod("POST", deps);
  if (typeof readForm(request, deps.options) === "string") return foreignForm(deps);
  return seeOther("/rooms", setCookie("chartbell_session", "", 0, isSecure(request)));
}

export function foreignForm(deps: PageDeps): ApiAnswer {
  return problem(deps, 403, "Not from here", "A form is taken only from a page of this server. Open it and try again.");
}

function signInPage(
  status: number,
  request: ApiRequest,
  next: string,
  trouble: string | undefined,
  deps: PageDeps,
): ApiAnswer {
  const { key, cookie } = formKeyOf(request);
  // A browser that comes from another site keeps its session's cookie back; a step within this site brings it.
  const isFromElsewhere = request.headers["sec-fetch-site"] === "cross-site";
  const page = { title: "Sign in", action: signInPath, key, next, trouble, isFromElsewhere };
  return htmlAnswer(status, deps.templates.signIn(page), cookie);
}

/** Only pages of rooms: whoever signs in must not be sent elsewhere. */
function ownPath(given: string | null): string {
  const here = "http://rooms.invalid";
  const url = URL.parse(given ?? "", here);
  if (url === null || url.origin !== here || !/^\/rooms(?:\/|$)/u.test(url.pathname)) return "/rooms";
  return url.pathname + url.search;
}
