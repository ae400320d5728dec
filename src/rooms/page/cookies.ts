import type { IncomingHttpHeaders } from "node:http";

/** What the pages keep in a browser; each only for them, for no other site's pages, and for no script. */
export type CookieName = "chartbell_form" | "chartbell_name" | "chartbell_session";

const valueCharsMax = 1000;

/** A cookie's decoded value; undefined when it was not sent or is not one of ours. */
export function cookieOf(headers: IncomingHttpHeaders, name: CookieName): string | undefined {
  const found = (headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`));
  const value = found?.slice(name.length + 1);
  if (value === undefined || value.length > valueCharsMax) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** The value of Set-Cookie; no seconds make it end at once. */
export function setCookie(name: CookieName, value: string, maxAgeSeconds: number, isSecure: boolean): string {
  const rules = ["Path=/rooms", `Max-Age=${maxAgeSeconds}`, "HttpOnly", "SameSite=Strict"];
  return [`${name}=${encodeURIComponent(value)}`, ...rules, ...(isSecure ? ["Secure"] : [])].join("; ");
}
