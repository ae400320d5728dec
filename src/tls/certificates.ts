import { X509Certificate } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { createLane } from "../core/lane.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { wait } from "../core/wait.ts";
import type { CertificateOptions, ServerCertificate } from "./contract.ts";
import { givenCertificate } from "./given.ts";
import { ownCertificate } from "./own.ts";

/** A server's certificate as it is now. */
export interface Certificates extends AsyncDisposable {
  readonly current: ServerCertificate;
  /** Looks whether the files have changed or a certificate of our own is to be renewed; never throws. */
  look(): Promise<void>;
  /** Calls `changed` with every certificate that takes the place of the one before. */
  follow(changed: (next: ServerCertificate) => void): void;
}

interface CertificatesDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** The certificate of the options, made where Chartbell makes its own. Throws certificate_unusable. */
export async function readCertificate(options: CertificateOptions, now: Date): Promise<ServerCertificate> {
  const { files, folder, names } = options;
  return files === undefined ? await ownCertificate(folder, names, now) : await givenCertificate(files);
}

/** Opens the certificate and looks after it every limits.certificateLookMs. Throws certificate_unusable. */
export async function openCertificates(options: CertificateOptions, deps: CertificatesDeps): Promise<Certificates> {
  const { clock, log } = deps;
  const stopped = new AbortController();
  const lane = createLane();
  let current = await readCertificate(options, clock.now());
  let changed: ((next: ServerCertificate) => void) | undefined;
  let complaint = "";
  warnOfEnd(current, deps);
  const look = async (): Promise<void> => {
    try {
      const next = await readCertificate(options, clock.now());
      complaint = "";
      if (next.certificate === current.certificate && next.key.matches(current.key.reveal())) return;
      if (next.trust !== current.trust)
        log.warn("Clients must be given the certificate of `chartbell tls certificate`.");
      current = next;
      changed?.(next);
      log.info(describeCertificate(next), "Another certificate is in force.");
      warnOfEnd(next, deps);
    } catch (error) {
      // Certificate and key may be half replaced: the next look finds both.
      const reason = error instanceof AppError ? `${error.message} ${error.hint}` : messageOf(error);
      if (reason !== complaint) log.error({ reason }, "The changed certificate is not taken up.");
      complaint = reason;
    }
  };
  const watching = watchOver(async () => await lane.run(look), stopped.signal);
  return {
    get current() {
      return current;
    },
    look: async () => await lane.run(look),
    follow(listener) {
      changed = listener;
    },
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await watching;
    },
  };
}

async function watchOver(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await wait(limits.certificateLookMs, signal).catch(() => undefined);
    if (!signal.aborted) await look();
  }
}

function warnOfEnd(certificate: ServerCertificate, { clock, log }: CertificatesDeps): void {
  const { validUntil } = describeCertificate(certificate);
  const lifeMs = Date.parse(validUntil) - clock.now().getTime();
  if (lifeMs < 0) log.warn({ validUntil }, "The certificate of server.tls has ended: clients will refuse it.");
  else if (lifeMs < limits.certificateRenewMs / 2) log.warn({ validUntil }, "The certificate of server.tls ends soon.");
}

/** What people tell certificates apart by. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, as browsers and openssl show it. */
  readonly fingerprint: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly validUntil: string;
  /** `DNS:localhost, IP Address:127.0.0.1` */
  readonly names: string;
}

/** The facts of the server's certificate, or of the first one in another PEM text. */
export function describeCertificate({ certificate }: Pick<ServerCertificate, "certificate">): CertificateFacts {
  const parsed = new X509Certificate(certificate);
  return {
    fingerprint: parsed.fingerprint256,
    subject: parsed.subject.replaceAll("\n", ", "),
    validUntil: new Date(parsed.validTo).toISOString(),
    names: parsed.subjectAltName ?? "",
  };
}
