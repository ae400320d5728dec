import { z } from "zod";
import ipaddr from "ipaddr.js";

/*
 * The addresses an operator lets the browser open beyond the public Internet: `grafana.example.com:443`,
 * `10.0.0.5:8088`, `[::1]:8080`, `127.0.0.1:*` (every port), `.example.com:443` (every name under it, not the name itself).
 */

/** A target as the browser asks for it: canonical host (no brackets, no trailing dot) and port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const form =
  "must be host:port, such as grafana.example.com:443, 10.0.0.5:8088, [::1]:8080, 127.0.0.1:* or .example.com:443";

/** One entry of `browser.allow`. */
export const AllowEntry = z
  .string()
  .max(300)
  .superRefine((entry, context) => {
    const problem = problemOf(entry);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .describe("host:port that the browser may open; * is every port, a leading dot every name under it.");
export type AllowEntry = z.infer<typeof AllowEntry>;

export type AllowList = (target: Endpoint) => boolean;

/** A test for targets. Entries that are no allow entries match nothing; the schema has reported them. */
export function createAllowList(entries: readonly string[]): AllowList {
  const rules = entries.map(parse).filter((rule) => rule !== undefined);
  return (target) =>
    rules.some(
      ({ host, port }) =>
        (port === undefined || port === target.port) &&
        (host.startsWith(".") ? target.host.endsWith(host) && isName(target.host) : host === target.host),
    );
}

/** The target of an http, https, ws or wss URL. */
export function endpointOf(url: URL): Endpoint {
  const isSecure = url.protocol === "https:" || url.protocol === "wss:";
  return { host: canonicalHost(url.hostname) ?? url.hostname, port: Number(url.port || (isSecure ? 443 : 80)) };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * One spelling for every way to write a host: decimal and octal IPv4, upper case, trailing dot, IPv6 with or without
 * brackets. Undefined when it is no host at all.
 */
export function canonicalHost(host: string): string | undefined {
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const hostname = URL.parse(`http://${bracketed}/`)?.hostname;
  if (hostname === undefined || hostname === "") return undefined;
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return hostname.replace(/\.$/u, "");
}

interface Rule {
  readonly host: string;
  /** Undefined: every port. */
  readonly port: number | undefined;
}

function problemOf(entry: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(entry)) return `${form}, without http:// or https://`;
  if (/[/?#@\s]/u.test(entry)) return `${form}, without a path, a user name or spaces`;
  if (!/:(?:\*|\d+)$/u.test(entry)) return `${form}; the port is missing`;
  return parse(entry) === undefined ? form : undefined;
}

function parse(entry: string): Rule | undefined {
  const split = /^(?<host>\[[^\]]+\]|[^:[\]/?#@\s]+):(?<port>\*|\d{1,5})$/u.exec(entry)?.groups;
  const rawHost = split?.["host"];
  const rawPort = split?.["port"];
  if (rawHost === undefined || rawPort === undefined || rawHost.includes("*")) return undefined;
  const isSuffix = rawHost.startsWith(".");
  const host = canonicalHost(isSuffix ? rawHost.slice(1) : rawHost);
  if (host === undefined || (isSuffix && !isName(host))) return undefined;
  const port = rawPort === "*" ? undefined : Number(rawPort);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { host: isSuffix ? `.${host}` : host, port };
}

function isName(host: string): boolean {
  return !ipaddr.isValid(host);
}
