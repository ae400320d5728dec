import { createHash, randomUUID } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { AppError, messageOf, systemCodeOf } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { MediaType } from "../../core/picture.ts";
import { isTimeout } from "../../core/wait.ts";
import type { S3Options } from "../options.ts";
import type { PictureStorage } from "./contract.ts";

/*
 * Pictures as objects of an S3-compatible service (Amazon S3, MinIO, Ceph, Garage, …). Requests are signed with AWS Signature
 * Version 4, the body's hash included, so that the service itself refuses a picture that was damaged on its way.
 */

interface Outgoing {
  readonly method: "PUT" | "GET" | "DELETE";
  readonly sha256: string;
  readonly body?: { readonly bytes: Buffer; readonly mediaType: MediaType };
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** SHA-256 of nothing, for requests without a body. */
const emptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Each call is tried once, for at most `tryMs`. */
export function createS3Storage(options: S3Options, tryMs: number = limits.pictureStorageMs): PictureStorage {
  const call = async (outgoing: Outgoing): Promise<Answer> => await send(options, outgoing, tryMs);
  return {
    async write(sha256, bytes, mediaType) {
      const answer = await call({ method: "PUT", sha256, body: { bytes, mediaType } });
      if (answer.status !== 200) throw refusal(options, answer);
    },
    async read(sha256) {
      const answer = await call({ method: "GET", sha256 });
      if (answer.status === 200) return answer.body;
      if (answer.status === 404 && codeOf(answer) !== "NoSuchBucket") return undefined;
      throw refusal(options, answer);
    },
    async remove(sha256) {
      const answer = await call({ method: "DELETE", sha256 });
      const isGone = answer.status === 404 && codeOf(answer) !== "NoSuchBucket";
      if (answer.status !== 204 && answer.status !== 200 && !isGone) throw refusal(options, answer);
    },
  };
}

/** Writes, reads and deletes a small object, as every picture will be; throws as those calls do. */
export async function probeS3(options: S3Options): Promise<void> {
  const storage = createS3Storage(options);
  const bytes = Buffer.from(`chartbell check ${randomUUID()}`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await storage.write(sha256, bytes, "image/png");
  const found = await storage.read(sha256);
  await storage.remove(sha256);
  if (found?.equals(bytes) !== true) {
    throw new AppError("pictures_refused", `The bucket ${options.bucket} does not give back what was written to it.`);
  }
}

/** Where an object is: the bucket in the path or in the host name. */
export function objectUrl({ endpoint, bucket, prefix, pathStyle }: S3Options, sha256: string): URL {
  const url = new URL(endpoint);
  const name = `${prefix}${sha256.slice(0, 2)}/${sha256.slice(2)}`;
  const base = url.pathname.replace(/\/+$/u, "");
  if (!pathStyle) url.host = `${bucket}.${url.host}`;
  url.pathname = pathStyle ? `${base}/${bucket}/${name}` : `${base}/${name}`;
  url.search = "";
  return url;
}

/** The time limit holds for the whole answer; redirects are not followed. */
async function send(options: S3Options, { method, sha256, body }: Outgoing, tryMs: number): Promise<Answer> {
  const signer = new AwsV4Signer({
    method,
    url: objectUrl(options, sha256).href,
    headers: {
      "x-amz-content-sha256": body === undefined ? emptySha256 : sha256,
      ...(body === undefined ? {} : { "content-type": body.mediaType }),
    },
    accessKeyId: options.accessKeyId.reveal(),
    secretAccessKey: options.secretAccessKey.reveal(),
    service: "s3",
    region: options.region,
  });
  try {
    const signed = await signer.sign();
    const response = await fetch(signed.url, {
      method,
      headers: signed.headers,
      redirect: "manual",
      signal: AbortSignal.timeout(tryMs),
      body: body === undefined ? null : new Uint8Array(body.bytes),
    });
    return { status: response.status, body: await readBounded(response) };
  } catch (error) {
    throw unreachable(options, error, tryMs);
  }
}

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limits.pictureBytesMax) throw new Error(`its answer is larger than ${limits.pictureBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** S3's own word for an error: `AccessDenied`, `NoSuchBucket`, `SlowDown`. */
function codeOf({ body }: Answer): string {
  return /<Code>(?<code>\w{1,60})<\/Code>/u.exec(body.subarray(0, 4096).toString("utf8"))?.groups?.["code"] ?? "";
}

function refusal({ bucket, endpoint }: S3Options, answer: Answer): AppError {
  const code = [answer.status, codeOf(answer)].filter((part) => part !== "").join(" ");
  const message = `The bucket ${bucket} at ${new URL(endpoint).host} answered ${code}.`;
  const isPassing = answer.status >= 500 || answer.status === 429 || answer.status === 408;
  return new AppError(isPassing ? "pictures_unavailable" : "pictures_refused", message);
}

function unreachable({ endpoint }: S3Options, cause: unknown, tryMs: number): AppError {
  const { host } = new URL(endpoint);
  const message = isTimeout(cause)
    ? `${host} did not answer within ${tryMs / 1000} s.`
    : `${host} could not be reached (${systemCodeOf(cause) ?? messageOf(cause)}).`;
  return new AppError("pictures_unavailable", message, { cause });
}
