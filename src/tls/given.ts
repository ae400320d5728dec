import { readFile } from "node:fs/promises";
import { systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { Secret } from "../core/secret.ts";
import type { ServerCertificate } from "./contract.ts";
import { certificatesOf, certificateText, pairOf, unusable } from "./pair.ts";

/** The certificate of two PEM files. Throws certificate_unusable, which names the file and what is wrong with it. */
export async function givenCertificate(files: {
  readonly cert: string;
  readonly key: string;
}): Promise<ServerCertificate> {
  const certificate = await read(files.cert, "certificate");
  const pair = pairOf(certificate, new Secret(await read(files.key, "key")), files);
  // The one nearest to the authority: the authority itself, where the file has it.
  const last = certificatesOf(certificate, files.cert).slice(-1);
  return { ...pair, trust: certificateText(last) };
}

async function read(file: string, what: "certificate" | "key"): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const hint = `Give server.tls.${what === "key" ? "key" : "cert"} the path of a PEM file that this user may read.`;
    throw unusable(`The ${what} ${file} cannot be read (${systemCodeOf(cause) ?? "unknown reason"}).`, hint, cause);
  });
  if (text.length <= limits.certificateFileBytesMax) return text;
  throw unusable(`${file} is larger than ${limits.certificateFileBytesMax} bytes.`, "Give a PEM file.");
}
