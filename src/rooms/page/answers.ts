import type { ApiAnswer } from "../contract.ts";
import type { Templates } from "./templates.ts";

/** Pages run only their own script and stylesheet; pictures of HTML messages may come from anywhere. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' http: https:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

export function htmlAnswer(status: number, html: string, cookie?: string): ApiAnswer {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy,
      "x-content-type-options": "nosniff",
      // Other sites are told nothing. `no-referrer` would make browsers send the pages' own forms with `Origin: null`.
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
      ...(cookie === undefined ? {} : { "set-cookie": cookie }),
    },
    body: html,
  };
}

/** Sends a browser to another page of this server with GET; nothing is left to send again. */
export function seeOther(path: string, cookie?: string): ApiAnswer {
  const set = cookie === undefined ? {} : { "set-cookie": cookie };
  return { status: 303, headers: { location: path, "cache-control": "no-store", ...set }, body: "" };
}

export function problem(
  { templates }: { readonly templates: Templates },
  status: number,
  title: string,
  explanation: string,
): ApiAnswer {
  return htmlAnswer(status, templates.problem({ title, explanation }));
}

export function noSuchRoom(name: string, deps: { readonly templates: Templates }): ApiAnswer {
  return problem(deps, 404, "No such room", `There is no room named ${name.slice(0, 100)}.`);
}

export function nothingHere(deps: { readonly templates: Templates }): ApiAnswer {
  return problem(deps, 404, "Nothing here", "The address names no room and no file of one.");
}

/** 405 for an address that takes other methods; pages are read with GET and HEAD, forms are posted. */
export function wrongMethod(allow: string, deps: { readonly templates: Templates }): ApiAnswer {
  const answer = problem(
    deps,
    405,
    "Not this way",
    `This address takes ${allow}. Programs send messages through the HipChat API.`,
  );
  return { ...answer, headers: { ...answer.headers, allow } };
}
