import { validateHeaderName, validateHeaderValue } from "node:http";
import { AppError } from "../core/errors.ts";
import type { Identity } from "./contract.ts";
import type { SentCookie, Tab } from "./tab.ts";

/** Lets a page show its portal who it is: with every request to the portal's origin, and to no other. */
export async function identifyAt(origin: string, identity: Identity, tab: Tab, signal: AbortSignal): Promise<void> {
  const headers: Record<string, string> = {};
  if (identity.basic !== undefined) {
    const { username, password } = identity.basic;
    headers["Authorization"] = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`;
  }
  for (const [name, value] of Object.entries(identity.headers)) headers[name] = headerValue(name, value.reveal());
  const cookies: SentCookie[] = identity.cookies.map(({ name, value, path }) => ({
    name,
    value: value.reveal(),
    path,
  }));
  if (cookies.length > 0 || Object.keys(headers).length > 0) await tab.identify(origin, headers, cookies, signal);
}

function headerValue(name: string, value: string): string {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return value;
  } catch {
    // Node's message quotes the value.
    throw new AppError("request_invalid", `The header ${name} has a name or value that HTTP does not allow.`);
  }
}
