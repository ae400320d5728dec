import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { cutText } from "../../core/text.ts";
import type { Receipt } from "../contract.ts";
import type { Answer } from "../transport.ts";

/** HipChat's error JSON: `{"error": {"code": 401, "message": "...", "type": "Unauthorized"}}`. */
const ErrorBody = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });
const SentV1 = z.object({ status: z.literal("sent") });
const IdBody = z.object({ id: z.string() });

const retryAfterMsMax = 60 * 60 * 1000;

/** A receipt for 2xx (API v1: `{"status":"sent"}` as well), else the AppError that says what a retry can do. */
export function readAnswer(answer: Answer, apiVersion: 1 | 2, now: Date): Receipt {
  const body = parseJson(answer.text);
  const { success: hasError, data } = ErrorBody.safeParse(body);
  if (answer.status < 200 || answer.status > 299) throw refused(answer, now);
  if (hasError)
    throw new AppError("delivery_rejected", `HipChat answered ${answer.status} with an error: ${said(data)}.`);
  if (apiVersion === 1 ? !SentV1.safeParse(body).success : answer.text !== "" && body === undefined) {
    throw new AppError("delivery_answer_invalid", `The server answered ${answer.status}, but not as HipChat does.`);
  }
  const id = IdBody.safeParse(body).data?.id;
  const remaining = rateRemaining(answer);
  return {
    ...(id === undefined ? {} : { remoteId: id }),
    ...(remaining === undefined ? {} : { rateRemaining: remaining }),
  };
}

/** The error of an answer that is not 2xx. */
export function refused(answer: Answer, now: Date): AppError {
  const reason = reasonOf(answer);
  const code = codeOf(answer);
  const retryAfterMs = code === "delivery_limited" ? waitOf(answer, now) : retryAfterHeader(answer, now);
  const because = reason === undefined ? "" : `: ${reason}`;
  return new AppError(code, `HipChat answered ${answer.status}${because}.`, {
    details: { answerStatus: answer.status },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** HipChat answers 429 over its limits; some proxies and Server versions answer 403 with nothing remaining. */
function codeOf(answer: Answer): ErrorCode {
  const { status } = answer;
  if (status === 429 || (status === 403 && rateRemaining(answer) === 0)) return "delivery_limited";
  if (status === 401) return "delivery_unauthorized";
  if (status === 403) return "delivery_forbidden";
  if (status === 404) return "delivery_not_found";
  if (status === 408 || status >= 500) return "delivery_unavailable";
  return "delivery_rejected";
}

/** The server's own words from its error JSON, in one line, or undefined. */
export function reasonOf(answer: Answer): string | undefined {
  return said(ErrorBody.safeParse(parseJson(answer.text)).data);
}

function said(body: z.infer<typeof ErrorBody> | undefined): string | undefined {
  if (body === undefined) return undefined;
  const message = typeof body.error === "string" ? body.error : body.error.message;
  return cutText(message.replace(/\s+/gu, " ").replace(/\.$/u, ""), 300);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function headerNumber(answer: Answer, name: string): number | undefined {
  const value = answer.headers[name];
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

function rateRemaining(answer: Answer): number | undefined {
  const left = [headerNumber(answer, "x-ratelimit-remaining"), headerNumber(answer, "x-floodcontrol-remaining")];
  const known = left.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** The later of Retry-After and the resets of exhausted limits; a minute when the server tells none. */
function waitOf(answer: Answer, now: Date): number {
  const resets = (["x-ratelimit", "x-floodcontrol"] as const)
    .filter((limit) => headerNumber(answer, `${limit}-remaining`) === 0)
    .map((limit) => headerNumber(answer, `${limit}-reset`))
    .filter((reset) => reset !== undefined)
    // Unix seconds as documented; some servers send seconds from now.
    .map((reset) => (reset > 1_000_000_000 ? reset * 1000 - now.getTime() : reset * 1000));
  const known = [...resets, retryAfterHeader(answer, now)].filter((ms) => ms !== undefined);
  return known.length === 0 ? 60_000 : clampWait(Math.max(...known));
}

/** Retry-After as seconds or HTTP date (RFC 9110, 10.2.3). */
function retryAfterHeader(answer: Answer, now: Date): number | undefined {
  const value = answer.headers["retry-after"];
  if (typeof value !== "string") return undefined;
  const ms = /^\d+$/u.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now.getTime();
  return Number.isNaN(ms) ? undefined : clampWait(ms);
}

function clampWait(ms: number): number {
  return Math.min(Math.max(0, ms), retryAfterMsMax);
}
