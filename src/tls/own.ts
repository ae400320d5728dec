import { randomUUID, X509Certificate } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, join } from "node:path";
import { AppError, systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { Secret } from "../core/secret.ts";
import type { Pair, ServerCertificate } from "./contract.ts";
import { pairOf, unusable } from "./pair.ts";

/*
 * The certificate that Chartbell makes itself, signed by an authority of its own. Each is one file, certificate and key
 * together, of mode 0600 in a folder of mode 0700: a reader finds both or neither, and never two that do not fit.
 */

/**
 * The certificate for these names, as it is kept in the folder; it and its authority are made where they are missing, or
 * end within limits.certificateRenewMs. Throws certificate_unusable when the folder cannot be used.
 */
export async function ownCertificate(folder: string, names: readonly string[], now: Date): Promise<ServerCertificate> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const authority = await keptAuthority(folder, now);
    const server = await keptServer(folder, authority, names, now);
    return { ...server, trust: authority.certificate };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const hint = "Choose a folder that this user may write to with store.dataDir, or give server.tls cert and key.";
    throw unusable(`The folder ${folder} cannot be used (${systemCodeOf(cause) ?? "unknown reason"}).`, hint, cause);
  }
}

async function keptAuthority(folder: string, now: Date): Promise<Pair> {
  const file = join(folder, "authority.pem");
  const kept = await read(file);
  // What it signs must not outlive it.
  if (kept !== undefined && lifeMs(kept, now) > limits.serverCertificateMs + limits.certificateRenewMs) return kept;
  const { makeAuthority } = await import("./authority.ts");
  const made = await makeAuthority(now);
  if (await write(file, made, kept === undefined)) return made;
  // Another process was quicker.
  return await keptAuthority(folder, now);
}

async function keptServer(folder: string, authority: Pair, names: readonly string[], now: Date): Promise<Pair> {
  const file = join(folder, "server.pem");
  const kept = await read(file);
  if (kept !== undefined && isGood(kept, authority, names, now)) return kept;
  const { makeServerCertificate } = await import("./authority.ts");
  const made = await makeServerCertificate(authority, names, now);
  await write(file, made, false);
  return made;
}

function isGood(kept: Pair, authority: Pair, names: readonly string[], now: Date): boolean {
  const [certificate, issuer] = [new X509Certificate(kept.certificate), new X509Certificate(authority.certificate)];
  const listed = (certificate.subjectAltName ?? "").split(", ");
  return (
    lifeMs(kept, now) > limits.certificateRenewMs &&
    certificate.verify(issuer.publicKey) &&
    listed.length === names.length &&
    names.every((name) => (isIP(name) === 0 ? listed.includes(`DNS:${name}`) : certificate.checkIP(name) !== undefined))
  );
}

function lifeMs({ certificate }: Pair, now: Date): number {
  return Date.parse(new X509Certificate(certificate).validTo) - now.getTime();
}

/** The pair of a file; undefined when there is none. Throws certificate_unusable for one that was spoilt. */
async function read(file: string): Promise<Pair | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (systemCodeOf(cause) === "ENOENT") return undefined;
    throw cause;
  }
  const mark = text.indexOf("-----BEGIN PRIVATE KEY-----");
  return pairOf(text.slice(0, Math.max(0, mark)), new Secret(text.slice(Math.max(0, mark))), { cert: file, key: file });
}

/** Writes the file whole or not at all. False when it was to be a new one and is there already. */
async function write(file: string, { certificate, key }: Pair, isNew: boolean): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await using handle = await open(temporary, "wx", 0o600);
    await handle.writeFile(`${certificate}${key.reveal()}`);
    await handle.sync();
    if (isNew) await link(temporary, file);
    else await rename(temporary, file);
    return true;
  } catch (cause) {
    if (systemCodeOf(cause) === "EEXIST") return false;
    throw cause;
  } finally {
    await rm(temporary, { force: true });
  }
}
