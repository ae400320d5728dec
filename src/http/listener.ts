import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import { AppError, systemCodeOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Certificates } from "../tls/certificates.ts";

/** One address that Chartbell listens on, with TLS or without. */
export interface Listener extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Address on this machine, without a trailing slash. */
  readonly url: string;
}

const bounds = { requestTimeout: 60_000, headersTimeout: 20_000, maxHeaderSize: 32 * 1024 };
const handshakeMs = 20_000;

/** Starts listening, with TLS 1.2 or newer where there are certificates; throws listen_failed. */
export async function openListener(
  { host, port }: { readonly host: string; readonly port: number },
  handler: RequestListener,
  certificates: Certificates | undefined,
  log: Logger,
): Promise<Listener> {
  const server =
    certificates === undefined
      ? createServer(bounds, handler)
      : createSecureServer({ ...bounds, ...contextOf(certificates), handshakeTimeout: handshakeMs }, handler);
  server.maxHeadersCount = 100;
  if ("setSecureContext" in server) {
    certificates?.follow(() => server.setSecureContext(contextOf(certificates)));
    // A client that does not trust the certificate, or one that speaks HTTP here.
    server.on("tlsClientError", (error) =>
      log.debug({ code: systemCodeOf(error) }, "A client made no TLS connection."),
    );
  }
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const reason = systemCodeOf(cause) === "EADDRINUSE" ? "another program listens there" : systemCodeOf(cause);
    throw new AppError("listen_failed", `Chartbell cannot listen on ${host}:${port} (${reason}).`, { cause });
  }
  const address = server.address();
  const taken = typeof address === "object" && address !== null ? address.port : port;
  const isAny = host === "0.0.0.0" || host === "::";
  const scheme = certificates === undefined ? "http" : "https";
  return {
    host,
    port: taken,
    url: `${scheme}://${isAny ? "127.0.0.1" : bracketed(host)}:${taken}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function contextOf({ current }: Certificates): SecureContextOptions {
  return { cert: current.certificate, key: current.key.reveal(), minVersion: "TLSv1.2" };
}

/** What the Host header of a request to a listener may be, where it is asked about; `more` are names of this server. */
export function hostNames({ host, port, url }: Listener, more: readonly string[]): readonly string[] {
  const names = ["localhost", "127.0.0.1", "[::1]", ...[host, ...more].map(bracketed)];
  const isUsual = port === (url.startsWith("https:") ? 443 : 80);
  return names.flatMap((name) => (isUsual ? [name, `${name}:${port}`] : [`${name}:${port}`]));
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
