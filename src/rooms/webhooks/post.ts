import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { limits } from "../../core/limits.ts";
import { userAgent } from "../../core/version.ts";
import { within } from "../../core/wait.ts";
import type { Address, Reach } from "../contract.ts";

export interface WebhookAnswer {
  readonly status: number;
  readonly mediaType: string;
  /** At most limits.answerBytesMax; empty when there was more. */
  readonly text: string;
}

export type PostResult =
  | { readonly kind: "answered"; readonly answer: WebhookAnswer }
  /** The target may not be reached, however often it is tried. */
  | { readonly kind: "refused" };

/**
 * Posts JSON once, within limits.webhookTryMs: to the addresses that `reach` allows and no other, so that a name which
 * changes its mind gains nothing; TLS certificates are verified, redirects are not followed. Rejects with the system's
 * error when there is no answer.
 */
export async function postJson(url: URL, body: string, reach: Reach, signal: AbortSignal): Promise<PostResult> {
  const limited = within(limits.webhookTryMs, signal);
  const target = await reach(url, limited);
  if (target.kind === "refused") return { kind: "refused" };
  if (target.kind === "failed") throw Object.assign(new Error("The name has no address."), { code: target.code });
  const response = await send(url, body, target.addresses, limited);
  return {
    kind: "answered",
    answer: {
      status: response.statusCode ?? 0,
      mediaType: response.headers["content-type"] ?? "",
      text: await readBounded(response),
    },
  };
}

async function send(
  url: URL,
  body: string,
  addresses: readonly Address[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const pinned: LookupFunction = (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family ?? 4);
  };
  const answered = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(
    url,
    {
      method: "POST",
      agent: false,
      lookup: pinned,
      maxHeaderSize: limits.answerHeaderBytesMax,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": userAgent,
      },
      signal,
    },
    answered.resolve,
  );
  request.on("error", answered.reject);
  request.end(body);
  return await answered.promise;
}

async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > limits.answerBytesMax) return "";
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
