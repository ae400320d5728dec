import { createPublicKey, createVerify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { AppError } from "../core/errors.ts";

/*
 * Signatures of Amazon SNS: docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. The signed string is, for
 * each field in this order that the message has, its name and its value, each ended by a line feed.
 */

const signedFields: Readonly<Record<string, readonly string[]>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};

const algorithms: Readonly<Record<string, string>> = { "1": "RSA-SHA1", "2": "RSA-SHA256" };

/** A host of SNS itself; the region is part of it, so that no other bucket or site of amazonaws.com is meant. */
const snsHost = /^sns\.[a-z]{2}(?:-[a-z]+){1,3}-\d\.amazonaws\.com(?:\.cn)?$/u;

/** The address, if it is an https address of SNS itself; throws signature_invalid. */
export function snsUrl(text: string, field: string): URL {
  const url = text.length > 4096 ? null : URL.parse(text);
  const isSns = url?.protocol === "https:" && snsHost.test(url.hostname) && url.port === "" && url.username === "";
  if (url !== null && isSns) return url;
  throw new AppError("signature_invalid", `${field} is no https address of sns.REGION.amazonaws.com.`, {
    details: { field },
  });
}

/** Throws signature_invalid unless the certificate's owner signed these fields. */
export function requireSnsSignature(message: Readonly<Record<string, unknown>>, certificate: string): void {
  const { Type, Signature, SignatureVersion } = message;
  const algorithm = typeof SignatureVersion === "string" ? algorithms[SignatureVersion] : undefined;
  const fields = typeof Type === "string" ? signedFields[Type] : undefined;
  if (algorithm === undefined || fields === undefined || typeof Signature !== "string") {
    throw new AppError("signature_invalid", "Signature and SignatureVersion (1 or 2) are missing or not known.");
  }
  const verify = createVerify(algorithm);
  for (const name of fields) {
    const value = message[name];
    if (typeof value === "string") verify.update(`${name}\n${value}\n`);
  }
  if (!verify.verify(publicKeyOf(certificate), Signature, "base64")) {
    throw new AppError("signature_invalid", "The signature is not that of this message.");
  }
}

function publicKeyOf(certificate: string): KeyObject {
  try {
    return createPublicKey(certificate);
  } catch (cause) {
    throw new AppError("signature_invalid", "What SigningCertURL leads to is no certificate.", { cause });
  }
}
