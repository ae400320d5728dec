import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { AppError, messageOf } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { Pair } from "./contract.ts";

/** Certificates and keys as they stand in PEM files. */

const block = /-----BEGIN (?<label>[A-Z0-9 ]+)-----[\s\S]+?-----END \k<label>-----/gu;

/** The certificates of a PEM text, in their order; `where` names it in errors. Throws certificate_unusable. */
export function certificatesOf(pem: string, where: string): readonly X509Certificate[] {
  const found = blocksOf(pem, (label) => label === "CERTIFICATE");
  if (found.length === 0)
    throw unusable(`${where} has no certificate.`, "Give a PEM file: `-----BEGIN CERTIFICATE-----`.");
  try {
    return found.map((text) => new X509Certificate(text));
  } catch (cause) {
    throw unusable(`${where} has a certificate that cannot be read (${messageOf(cause)}).`, "Give it as PEM.", cause);
  }
}

/** The private key of a PEM text. Throws certificate_unusable, for one that needs a password too. */
export function keyOf(pem: Secret, where: string): KeyObject {
  const [found] = blocksOf(pem.reveal(), (label) => label.endsWith("PRIVATE KEY"));
  if (found === undefined)
    throw unusable(`${where} has no private key.`, "Give a PEM file: `-----BEGIN PRIVATE KEY-----`.");
  if (/ENCRYPTED/u.test(found)) {
    const hint = "Write it without one, for this user's eyes only: `openssl pkey -in KEY -out PLAIN`.";
    throw unusable(`${where} is a private key with a password, which nobody is there to type.`, hint);
  }
  try {
    return createPrivateKey(found);
  } catch (cause) {
    // What OpenSSL says of it is an error number, never a part of the key.
    throw unusable(`${where} has a private key that cannot be read (${messageOf(cause)}).`, "Give it as PEM.", cause);
  }
}

/** A certificate, with those that lead to its authority, and its key; throws certificate_unusable when they do not belong together. */
export function pairOf(certificate: string, key: Secret, where: { readonly cert: string; readonly key: string }): Pair {
  const [first] = certificatesOf(certificate, where.cert);
  if (first?.checkPrivateKey(keyOf(key, where.key)) === true) return { certificate, key };
  throw unusable(
    `The key of ${where.key} is not the one of the first certificate in ${where.cert}.`,
    "Give the key that the certificate was made for; the server's own certificate stands first in its file.",
  );
}

/** Only the certificates of a PEM text, each ending in a newline. */
export function certificateText(certificates: readonly X509Certificate[]): string {
  return certificates.map((one) => one.toString().trimEnd()).join("\n");
}

function blocksOf(pem: string, isWanted: (label: string) => boolean): readonly string[] {
  return [...pem.matchAll(block)].flatMap(({ 0: text, groups }) => (isWanted(groups?.["label"] ?? "") ? [text] : []));
}

export function unusable(message: string, hint: string, cause?: unknown): AppError {
  return new AppError("certificate_unusable", message, { hint, ...(cause === undefined ? {} : { cause }) });
}
