import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { AppError, messageOf, systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { safeUrl } from "../core/log.ts";
import { userAgent } from "../core/version.ts";
import { isTimeout, within } from "../core/wait.ts";

/*
 * The one way out for messages: undici with a time limit, TLS verification, no redirects (a redirect would carry the token
 * to another host) and a bound on what is read of an answer.
 */

export interface TlsOptions {
  /** PEM bundle of certificate authorities, beside the system's. */
  readonly caFile: string | undefined;
  readonly verify: boolean;
}

export interface Outgoing {
  readonly method: "GET" | "POST";
  /** Never with a token in it: tokens travel in a header or in the body. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most limits.answerBytesMax; what is beyond is cut off. */
  readonly text: string;
}

export interface Transport extends AsyncDisposable {
  /**
   * Sends once and waits for the answer, at most limits.deliveryTryMs. Any HTTP status is an answer; what prevents one is
   * an AppError: delivery_unreachable, delivery_timeout or delivery_tls before anything was sent, delivery_unanswered
   * after that.
   */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Answer>;
}

/** Opens a connection pool for one channel; throws config_invalid when the CA file cannot be read. */
export async function openTransport(tls: TlsOptions): Promise<Transport> {
  const ca = tls.caFile === undefined ? undefined : await readCa(tls.caFile);
  const agent = new Agent({
    connections: 4,
    maxResponseSize: -1,
    maxHeaderSize: limits.answerHeaderBytesMax,
    connect: {
      rejectUnauthorized: tls.verify,
      timeout: limits.proxyConnectMs,
      ...(ca === undefined ? {} : { ca }),
    },
  });
  return {
    send: async (outgoing, signal) => await send(agent, outgoing, signal),
    [Symbol.asyncDispose]: async () => await agent.destroy(),
  };
}

async function readCa(file: string): Promise<string[]> {
  const { rootCertificates } = await import("node:tls");
  try {
    return [...rootCertificates, await readFile(file, "utf8")];
  } catch (cause) {
    throw new AppError("config_invalid", `The certificate file ${file} cannot be read (${systemCodeOf(cause)}).`, {
      hint: "Give tls.ca the path of a PEM file.",
      cause,
    });
  }
}

async function send(agent: Agent, outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
  const limited = within(limits.deliveryTryMs, signal);
  try {
    const response = await request(outgoing.url, {
      dispatcher: agent,
      method: outgoing.method,
      headers: { ...outgoing.headers, "user-agent": userAgent },
      body: outgoing.body ?? null,
      signal: limited,
    });
    return { status: response.statusCode, headers: response.headers, text: await readBounded(response.body) };
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable(error, outgoing.url);
  }
}

async function readBounded(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const part = chunk as Buffer;
    chunks.push(part);
    bytes += part.length;
    if (bytes >= limits.answerBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, limits.answerBytesMax).toString("utf8");
}

const tlsCode = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO$)/u;

/** What prevents a connection; the request was not sent then. */
const unconnectedCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "ENOENT",
]);

function unreachable(error: unknown, url: URL): AppError {
  const system = systemCodeOf(error);
  const where = safeUrl(url);
  if (system === "UND_ERR_CONNECT_TIMEOUT") {
    return new AppError("delivery_timeout", `${where} took no connection within ${limits.proxyConnectMs / 1000} s.`);
  }
  if (system !== undefined && tlsCode.test(system)) {
    return new AppError("delivery_tls", `The certificate or TLS of ${url.host} was not accepted (${system}).`, {
      cause: error,
    });
  }
  if (system !== undefined && unconnectedCodes.has(system)) {
    const reason = isIP(url.hostname) === 0 && system === "ENOTFOUND" ? "no such host" : system;
    return new AppError("delivery_unreachable", `${where} could not be reached (${reason}).`, { cause: error });
  }
  const reason = isTimeout(error)
    ? `no answer within ${limits.deliveryTryMs / 1000} s`
    : `the connection broke: ${system ?? messageOf(error)}`;
  return new AppError("delivery_unanswered", `${where} was sent to and did not answer (${reason}).`, { cause: error });
}
