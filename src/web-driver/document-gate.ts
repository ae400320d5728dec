import { STATUS_CODES } from "node:http";
import { AppError } from "../core/errors.ts";
import { safeUrl } from "../core/log.ts";
import { limits } from "../core/limits.ts";
import { endpointOf, formatEndpoint } from "./allow.ts";
import type { Endpoint } from "./allow.ts";
import type { Gate } from "./guard.ts";
import type { MainDocument } from "./tab.ts";

interface DocumentFacts {
  readonly document: MainDocument | undefined;
  readonly isDownload: boolean;
  readonly gate: Gate;
  /** Whether the shot may show a page of this target. */
  readonly mayShow: (target: Endpoint) => boolean;
}

/**
 * Whether the page's document is one to photograph. Throws `url_blocked`, `page_unreachable`, `page_not_html` or
 * `page_status`; asked again and again, because a page may go on to another.
 */
export function checkDocument({ document, isDownload, gate, mayShow }: DocumentFacts): void {
  if (document === undefined) return;
  const url = new URL(document.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") return;
  const target = endpointOf(url);
  if (gate.hasRefused(target) || !mayShow(target)) throw blocked(target);
  if (isConnectionFailure(document, url)) {
    const code = gate.failureOf(target);
    const words = code === undefined ? "the connection was closed" : dialReasons[code];
    throw unreachable(url, words ?? `the connection failed (${code})`);
  }
  if (isDownload) throw new AppError("page_not_html", `${safeUrl(url)} is a download, not a page.`);
  checkAnswer(document, url);
}

export function blocked(target: Endpoint): AppError {
  const name = formatEndpoint(target);
  return new AppError("url_blocked", `${name} is not among the addresses that Chartbell may open.`, {
    hint: `Add "${name}" to browser.allow if Chartbell may open it.`,
    details: { target: name },
  });
}

/** Whether our proxy could not get an answer: statuses 590 to 599 are its own words for that, beside a failed tunnel. */
function isConnectionFailure({ status, failure }: MainDocument, url: URL): boolean {
  if (url.protocol === "http:") return status !== undefined && status >= 590 && status <= 599;
  return failure === "net::ERR_TUNNEL_CONNECTION_FAILED";
}

function checkAnswer({ status, mediaType, failure }: MainDocument, url: URL): void {
  if (status !== undefined && status >= 400) {
    const words = STATUS_CODES[status] === undefined ? `${status}` : `${status} ${STATUS_CODES[status]}`;
    throw new AppError("page_status", `${safeUrl(url)} answered ${words}.`, { details: { status, url: safeUrl(url) } });
  }
  if (status === 204 || status === 205) {
    throw new AppError("page_not_html", `${safeUrl(url)} answered ${status} without a page.`);
  }
  // A page that goes elsewhere aborts its own loading; the document it goes to is asked next.
  if (failure !== undefined && failure !== "net::ERR_ABORTED") throw unreachable(url, reasonFor(failure));
  if (!isShown(mediaType)) {
    throw new AppError("page_not_html", `${safeUrl(url)} is ${mediaType}, which is not a page.`, {
      details: { mediaType },
    });
  }
}

function isShown(mediaType: string): boolean {
  return (
    mediaType === "" ||
    /^(?:text|image)\//u.test(mediaType) ||
    /^application\/(?:xhtml\+xml|xml|json|javascript|.*\+(?:xml|json))$/u.test(mediaType)
  );
}

function unreachable(url: URL, reason: string): AppError {
  return new AppError("page_unreachable", `${safeUrl(url)} cannot be opened: ${reason}.`, { details: { reason } });
}

/** The system's words for a connection that our proxy tried. */
const dialReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was closed",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "the name does not resolve at the moment",
  ETIMEDOUT: `no connection within ${limits.proxyConnectMs / 1000} s`,
};

/** Chromium's words; the rest is given as Chromium names it. */
const browserReasons: Readonly<Record<string, string>> = {
  ERR_EMPTY_RESPONSE: "the server closed the connection without an answer",
  ERR_CONNECTION_RESET: "the connection was closed",
  ERR_CONNECTION_CLOSED: "the connection was closed",
  ERR_UNSAFE_PORT: "browsers refuse this port",
  ERR_TOO_MANY_REDIRECTS: "it redirects without end",
  ERR_INVALID_HTTP_RESPONSE: "the answer is not HTTP",
  ERR_SSL_PROTOCOL_ERROR: "the server does not speak TLS",
};

function reasonFor(failure: string): string {
  const name = failure.replace(/^net::/u, "");
  if (name.startsWith("ERR_CERT_")) return `its certificate cannot be verified (${name})`;
  return browserReasons[name] ?? name;
}
