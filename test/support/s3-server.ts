import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { bodyOf, listen } from "./loopback.ts";
import type { LoopbackServer } from "./loopback.ts";

/*
 * A small strict S3: objects in memory, PUT, GET and DELETE in path style. It checks AWS Signature Version 4 by itself
 * (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html), every header it signs and the body's hash.
 */

export interface S3Server extends LoopbackServer {
  readonly objects: Map<string, { readonly body: Buffer; readonly mediaType: string | undefined }>;
  /** Answers instead of the server; undefined: the server answers. */
  instead: ((response: ServerResponse, request: IncomingMessage) => void) | undefined;
}

export interface S3Identity {
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export async function listenS3(identity: S3Identity): Promise<S3Server> {
  const objects: S3Server["objects"] = new Map();
  const state: Pick<S3Server, "instead"> = { instead: undefined };
  const server = await listen((request, response) => {
    void bodyOf(request)
      .then((body) => {
        if (state.instead !== undefined) state.instead(response, request);
        else answer(request, response, body, identity, objects);
      })
      .catch(() => undefined);
  });
  return {
    ...server,
    objects,
    set instead(instead: S3Server["instead"]) {
      state.instead = instead;
    },
    get instead() {
      return state.instead;
    },
  };
}

/** An error as S3 words it. */
export function s3Error(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml" }).end(body);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  identity: S3Identity,
  objects: S3Server["objects"],
): void {
  const problem = signatureProblem(request, body, identity);
  if (problem !== undefined) return s3Error(response, 403, problem);
  const [path = ""] = (request.url ?? "").split("?", 1);
  const [, bucket, ...rest] = path.split("/");
  const name = rest.join("/");
  if (bucket !== identity.bucket) return s3Error(response, 404, "NoSuchBucket");
  const found = objects.get(name);
  if (request.method === "PUT") {
    objects.set(name, { body, mediaType: request.headers["content-type"] });
    response.writeHead(200, { etag: '"x"' }).end();
  } else if (request.method === "DELETE") {
    objects.delete(name);
    response.writeHead(204).end();
  } else if (found === undefined) {
    s3Error(response, 404, "NoSuchKey");
  } else {
    response.writeHead(200, { "content-type": found.mediaType ?? "binary/octet-stream" }).end(found.body);
  }
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/(?<day>\d{8})\/(?<region>[^/]+)\/s3\/aws4_request, ?SignedHeaders=(?<signed>[a-z\d;-]+), ?Signature=(?<signature>[\da-f]{64})$/u;

/** S3's code for what is wrong with a request's signature. */
function signatureProblem(request: IncomingMessage, body: Buffer, identity: S3Identity): string | undefined {
  const { headers, method = "", url = "" } = request;
  const header = (name: string): string => String(headers[name] ?? "");
  const groups = authorization.exec(header("authorization"))?.groups;
  if (groups === undefined) return "AccessDenied";
  const { key, day, region, signed = "", signature } = groups;
  if (key !== identity.accessKeyId) return "InvalidAccessKeyId";
  if (region !== identity.region) return "AuthorizationHeaderMalformed";
  const date = header("x-amz-date");
  const { y, mo, d, h, mi, s } =
    /^(?<y>\d{4})(?<mo>\d\d)(?<d>\d\d)T(?<h>\d\d)(?<mi>\d\d)(?<s>\d\d)Z$/u.exec(date)?.groups ?? {};
  const ageMs = Date.now() - Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (!(Math.abs(ageMs) < 900_000) || date.slice(0, 8) !== day) return "RequestTimeTooSkewed";
  const names = signed.split(";");
  const mustSign = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (mustSign.some((name) => !names.includes(name))) return "AccessDenied";
  const bodyHash = header("x-amz-content-sha256");
  if (bodyHash !== sha256(body)) return "XAmzContentSHA256Mismatch";
  const [path = "", query = ""] = url.split("?", 2);
  const canonical = [
    method,
    path,
    query.split("&").toSorted().join("&"),
    ...names.map((name) => `${name}:${header(name).trim().replaceAll(/\s+/gu, " ")}`),
    "",
    signed,
    bodyHash,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(Buffer.from(canonical))].join("\n");
  const parts = [day ?? "", region, "s3", "aws4_request"];
  const signingKey = parts.reduce<Buffer>(hmac, Buffer.from(`AWS4${identity.secretAccessKey}`));
  return hmac(signingKey, toSign).toString("hex") === signature ? undefined : "SignatureDoesNotMatch";
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
