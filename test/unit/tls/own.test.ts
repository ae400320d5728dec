import { X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownCertificate } from "../../../src/tls/own.ts";

/* The certificate that Chartbell makes itself: what it says, where it is kept, when it is made anew. */

const names = ["localhost", "127.0.0.1", "::1", "api.hipchat.com"];
const dayMs = 24 * 60 * 60 * 1000;
const now = new Date();
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "chartbell-tls-"));
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

const after = (days: number): Date => new Date(now.getTime() + days * dayMs);

test("an authority signs a certificate for the names", async () => {
  const { certificate, trust } = await ownCertificate(join(home, "tls"), names, now);
  const [server, authority] = [new X509Certificate(certificate), new X509Certificate(trust)];
  expect(server.checkIssued(authority) && server.verify(authority.publicKey)).toBe(true);
  expect(authority.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkHost("api.hipchat.com")).toBe("api.hipchat.com");
  expect(server.checkHost("example.com")).toBeUndefined();
  expect(server.checkIP("::1")).toBe("::1");
});

test("keys are for their owner's eyes only", async () => {
  await ownCertificate(join(home, "tls"), names, now);
  const modes = ["", "authority.pem", "server.pem"].map(async (name) => (await stat(join(home, "tls", name))).mode);
  expect((await Promise.all(modes)).map((mode) => (mode & 0o777).toString(8))).toEqual(["700", "600", "600"]);
});

test("the same one is found again, and by several who look at the same time", async () => {
  const folder = join(home, "tls");
  const made = await Promise.all([1, 2, 3].map(async () => await ownCertificate(folder, names, now)));
  expect(new Set(made.map(({ trust }) => trust)).size).toBe(1);
  const kept = await ownCertificate(folder, names, now);
  const again = await ownCertificate(folder, names, after(300));
  expect(again.certificate).toBe(kept.certificate);
  expect(again.key.matches(kept.key.reveal())).toBe(true);
});

test("it is renewed before it ends, and for other names, by the same authority", async () => {
  const folder = join(home, "tls");
  const first = await ownCertificate(folder, names, now);
  const renewed = await ownCertificate(folder, names, after(340));
  expect(Date.parse(new X509Certificate(renewed.certificate).validTo)).toBeGreaterThan(after(700).getTime());
  const renamed = await ownCertificate(folder, [...names, "chat.example.com"], after(340));
  expect(new X509Certificate(renamed.certificate).checkHost("chat.example.com")).toBe("chat.example.com");
  expect([renewed.trust, renamed.trust]).toEqual([first.trust, first.trust]);
});

test("an authority that would end before what it signs gives way to another", async () => {
  const folder = join(home, "tls");
  const first = await ownCertificate(folder, names, now);
  const later = await ownCertificate(folder, names, after(3300));
  expect(later.trust).not.toBe(first.trust);
  expect(new X509Certificate(later.certificate).verify(new X509Certificate(later.trust).publicKey)).toBe(true);
});

test("what was spoilt is told, and not replaced without a word", async () => {
  const folder = join(home, "tls");
  await ownCertificate(folder, names, now);
  const file = join(folder, "server.pem");
  await writeFile(file, (await readFile(file, "utf8")).slice(0, 2000));
  await expect(ownCertificate(folder, names, now)).rejects.toMatchObject({
    code: "certificate_unusable",
    message: expect.stringContaining("server.pem"),
  });
});

test.skipIf(process.getuid?.() === 0)("a folder that cannot be written to is named", async () => {
  await chmod(home, 0o500);
  await expect(ownCertificate(join(home, "tls"), names, now)).rejects.toMatchObject({
    code: "certificate_unusable",
    message: expect.stringContaining(home),
  });
});
