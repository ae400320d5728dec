import { createPrivateKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAuthority, makeServerCertificate } from "../../../src/tls/authority.ts";
import type { Pair } from "../../../src/tls/contract.ts";
import { givenCertificate } from "../../../src/tls/given.ts";

/* Certificate and key of the operator's: what is taken, and what is said of the rest. */

let home: string;
let authority: Pair;
let server: Pair;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "chartbell-tls-"));
  authority = await makeAuthority(new Date());
  server = await makeServerCertificate(authority, ["localhost"], new Date());
});
afterAll(async () => await rm(home, { recursive: true, force: true }));

async function files(cert: string, key: string): Promise<{ readonly cert: string; readonly key: string }> {
  const paths = { cert: join(home, "cert.pem"), key: join(home, "key.pem") };
  await writeFile(paths.cert, cert);
  await writeFile(paths.key, key);
  return paths;
}

test("a chain and its key are taken; the last certificate is what clients trust", async () => {
  const chain = `subject=CN = Chartbell\n${server.certificate}\n${authority.certificate}`;
  const given = await givenCertificate(await files(chain, server.key.reveal()));
  expect(given.trust.trim()).toBe(authority.certificate.trim());
  expect(given.certificate).toBe(chain);
});

const encrypted = (): string =>
  createPrivateKey(server.key.reveal())
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
    .toString();

test.each([
  ["a key of another certificate", () => [server.certificate, authority.key.reveal()], /key.pem is not the one of/u],
  [
    "an authority in front of the server's own",
    () => [authority.certificate + server.certificate, server.key.reveal()],
    /first certificate in/u,
  ],
  ["a key with a password", () => [server.certificate, encrypted()], /key.pem is a private key with a password/u],
  ["files the wrong way round", () => [server.key.reveal(), server.certificate], /cert.pem has no certificate/u],
  ["no key", () => [server.certificate, "nothing"], /key.pem has no private key/u],
  ["a spoilt certificate", () => [server.certificate.replace(/M/gu, "A"), server.key.reveal()], /cannot be read/u],
  ["an empty file", () => ["", ""], /cert.pem has no certificate/u],
])("%s is refused by name, and no key is told", async (_what, contents, message) => {
  const [cert = "", key = ""] = contents();
  const refusal: unknown = await givenCertificate(await files(cert, key)).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "certificate_unusable", message: expect.stringMatching(message) });
  expect(JSON.stringify(refusal)).not.toContain(server.key.reveal().slice(100, 140));
});

test("a file that is not there is named with what would be right", async () => {
  const paths = { cert: join(home, "none.pem"), key: join(home, "key.pem") };
  await expect(givenCertificate(paths)).rejects.toMatchObject({
    message: `The certificate ${paths.cert} cannot be read (ENOENT).`,
    hint: expect.stringContaining("server.tls.cert"),
  });
});
