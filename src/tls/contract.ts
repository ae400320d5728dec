import type { Secret } from "../core/secret.ts";

/** A certificate and its private key, as PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: Secret;
}

/** What a server shows its clients, and what those need to believe it. */
export interface ServerCertificate extends Pair {
  /** PEM of the certificate that clients put into their trust store. */
  readonly trust: string;
}

/** Where a server's certificate comes from. */
export interface CertificateOptions {
  /** PEM files by absolute path; undefined: Chartbell makes its own. */
  readonly files: { readonly cert: string; readonly key: string } | undefined;
  /** Folder of what Chartbell makes itself. */
  readonly folder: string;
  /** Host names and addresses that a certificate of its own is for. */
  readonly names: readonly string[];
}
