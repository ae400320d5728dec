import { AppError, messageOf, systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { safeUrl } from "../core/log.ts";
import type { Outside } from "../triggers/index.ts";

export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/**
 * The way out for sources that must ask back: TLS verified, no redirects, at most limits.outsideTryMs and
 * limits.outsideBytesMax. Which addresses may be asked is for the source to say.
 */
export function createOutside(fetchIt: Fetch = fetch): Outside {
  const certificates = new Map<string, string>();
  return {
    async certificate(url) {
      const kept = certificates.get(url.href);
      if (kept !== undefined) return kept;
      const text = await get(url, fetchIt);
      const oldest = certificates.size >= limits.certificatesKeptMax ? certificates.keys().next().value : undefined;
      if (oldest !== undefined) certificates.delete(oldest);
      certificates.set(url.href, text);
      return text;
    },
    async visit(url) {
      await get(url, fetchIt);
    },
  };
}

async function get(url: URL, fetchIt: Fetch): Promise<string> {
  try {
    const response = await fetchIt(url, { redirect: "error", signal: AbortSignal.timeout(limits.outsideTryMs) });
    const text = await readBounded(response, url);
    if (response.ok) return text;
    throw new AppError("source_unreachable", `${safeUrl(url)} answered ${response.status}.`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = systemCodeOf(error) ?? messageOf(error);
    throw new AppError("source_unreachable", `${safeUrl(url)} could not be asked (${reason}).`, { cause: error });
  }
}

async function readBounded(response: Response, url: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limits.outsideBytesMax) {
      throw new AppError("source_unreachable", `${safeUrl(url)} sent more than ${limits.outsideBytesMax} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
