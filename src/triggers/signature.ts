import { createHmac, timingSafeEqual } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";

interface Signed {
  readonly algorithm: "sha1" | "sha256";
  readonly parts: readonly (string | Uint8Array)[];
  /** The signature in hexadecimal, as the header has it. */
  readonly given: string | undefined;
  /** Name of the header, for the error. */
  readonly header: string;
}

/** Throws signature_invalid unless `given` is the HMAC of the parts with the secret that both sides know. */
export function requireHmac(secret: Secret, { algorithm, parts, given, header }: Signed): void {
  if (given === undefined) throw new AppError("signature_invalid", `The request has no signature (header ${header}).`);
  const hmac = createHmac(algorithm, secret.reveal());
  for (const part of parts) hmac.update(part);
  const expected = hmac.digest();
  const found = Buffer.from(given.trim(), "hex");
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) {
    throw new AppError("signature_invalid", `The signature in ${header} is not that of this body.`);
  }
}
