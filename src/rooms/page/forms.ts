import { randomBytes, timingSafeEqual } from "node:crypto";
import type { ApiRequest, RoomsOptions } from "../contract.ts";
import { parseHeaderValue } from "../header-value.ts";
import { cookieOf, setCookie } from "./cookies.ts";

/*
 * Forms of the pages. One is taken when three things say that it was filled in on a page of this server: the browser's word
 * about where it comes from, a cookie that is not sent along from other sites, and the key that both that cookie and the form
 * carry. Other sites' pages can read neither.
 */

const keyPattern = /^[\w-]{32}$/u;
const keySeconds = 365 * 24 * 60 * 60;

export interface FormKey {
  readonly key: string;
  /** The cookie that must go with a page that has the key; undefined when the browser has it already. */
  readonly cookie: string | undefined;
}

/** The key that the forms of this browser carry; the same for all its pages, so that none makes another's invalid. */
export function formKeyOf(request: ApiRequest): FormKey {
  const known = cookieOf(request.headers, "chartbell_form");
  if (known !== undefined && keyPattern.test(known)) return { key: known, cookie: undefined };
  const key = newKey();
  return { key, cookie: setCookie("chartbell_form", key, keySeconds, isSecure(request)) };
}

/** 32 characters that nobody guesses. */
export function newKey(): string {
  return randomBytes(24).toString("base64url");
}

export type FormProblem = "foreign" | "stale" | "unreadable";

/** The fields of a form of one of our pages; or why it is not taken. */
export function readForm(request: ApiRequest, options: RoomsOptions): URLSearchParams | FormProblem {
  if (!isFromOwnPage(request, options)) return "foreign";
  const { value } = parseHeaderValue(request.headers["content-type"] ?? "");
  if (value !== "application/x-www-form-urlencoded") return "unreadable";
  const fields = new URLSearchParams(request.body.toString("utf8"));
  const cookie = cookieOf(request.headers, "chartbell_form");
  return cookie !== undefined && keyPattern.test(cookie) && isEqual(cookie, fields.get("key") ?? "") ? fields : "stale";
}

/** Browsers say it (Fetch Metadata); those that do not, and all on plain HTTP, name the page's origin. */
function isFromOwnPage({ headers }: ApiRequest, options: RoomsOptions): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const host = URL.parse(headers.origin ?? "")?.host;
  if (host === undefined) return false;
  // A proxy may have put another name into Host than the one that the browser knows.
  return host === headers.host || host === URL.parse(options.publicUrl())?.host;
}

/** Whether the browser speaks TLS with us or a proxy before us: only it knows, and says so with each form. */
export function isSecure({ headers }: ApiRequest): boolean {
  return headers.origin?.startsWith("https:") === true;
}

function isEqual(known: string, given: string): boolean {
  const [one, other] = [Buffer.from(known), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
