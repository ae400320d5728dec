import { generateKeyPair, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";
import forge from "node-forge";
import { limits } from "../core/limits.ts";
import { Secret } from "../core/secret.ts";
import type { Pair } from "./contract.ts";

/*
 * Makes certificates (RFC 5280), which Node itself cannot. The authority is what clients are told to trust, so that the
 * server's own certificate can be renewed and get other names without them. RSA with SHA-256: Java 7 and OpenSSL 1.0 know it.
 */

const keyBits = 2048;
const makeKeyPair = promisify(generateKeyPair);

/** A new authority, good for limits.authorityMs. */
export async function makeAuthority(now: Date): Promise<Pair> {
  const keys = await newKeys();
  // Two of them must not look like one to a client that has an old one in its store.
  const name = `Chartbell authority ${randomBytes(3).toString("hex")}`;
  const certificate = blank(keys.publicKey, name, now, limits.authorityMs);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", critical: true, cA: true, pathLenConstraint: 0 },
    { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true },
    { name: "subjectKeyIdentifier" },
  ]);
  return signed(certificate, keys.privateKey, keys.privateKey);
}

/** A certificate for a server of these names, good for limits.serverCertificateMs. */
export async function makeServerCertificate(authority: Pair, names: readonly string[], now: Date): Promise<Pair> {
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const keys = await newKeys();
  const certificate = blank(keys.publicKey, "Chartbell", now, limits.serverCertificateMs);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", critical: true, cA: false },
    { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
    { name: "extKeyUsage", serverAuth: true },
    { name: "subjectAltName", altNames: names.map(alternativeName) },
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return signed(certificate, keys.privateKey, authority.key);
}

/** Types of RFC 5280's GeneralName: 2 is a name of the DNS, 7 an address. */
function alternativeName(name: string): Readonly<Record<string, unknown>> {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}

async function newKeys(): Promise<{ readonly publicKey: string; readonly privateKey: Secret }> {
  const keys = await makeKeyPair("rsa", {
    modulusLength: keyBits,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { publicKey: keys.publicKey, privateKey: new Secret(keys.privateKey) };
}

function blank(publicKey: string, name: string, now: Date, lifeMs: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // A positive number that no other certificate has.
  certificate.serialNumber = `4${randomBytes(16).toString("hex").slice(1)}`;
  // The clock of a client may be behind.
  certificate.validity.notBefore = new Date(now.getTime() - limits.clockSkewMs);
  certificate.validity.notAfter = new Date(now.getTime() + lifeMs);
  certificate.setSubject([
    { name: "organizationName", value: "Chartbell" },
    { name: "commonName", value: name },
  ]);
  return certificate;
}

function signed(certificate: forge.pki.Certificate, own: Secret, issuer: Secret): Pair {
  certificate.sign(forge.pki.privateKeyFromPem(issuer.reveal()), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n"), key: own };
}
