import { backoffMs } from "../../core/backoff.ts";
import { systemCodeOf } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { Logger } from "../../core/log.ts";
import { safeUrl } from "../../core/log.ts";
import { wait } from "../../core/wait.ts";
import type { Reach } from "../contract.ts";
import { postJson } from "./post.ts";
import type { WebhookAnswer } from "./post.ts";

export interface DeliverDeps {
  readonly reach: Reach;
  readonly log: Logger;
  readonly random: () => number;
}

/**
 * Posts a payload until it is taken (2xx), refused (other 4xx, 3xx, or a target that may not be reached) or
 * limits.webhookTriesMax is used up. Gives the answer that took it. What failed is logged; who waits is told nothing.
 */
export async function deliver(
  url: URL,
  body: string,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<WebhookAnswer | undefined> {
  let reason = "";
  for (let attempt = 1; attempt <= limits.webhookTriesMax; attempt++) {
    const outcome = await tryOnce(url, body, deps.reach, signal);
    if (signal.aborted) return undefined;
    if (outcome.kind === "taken") return outcome.answer;
    ({ reason } = outcome);
    if (outcome.kind === "final") break;
    if (attempt < limits.webhookTriesMax) {
      await wait(backoffMs(attempt, limits.webhookBackoff, deps.random, undefined), signal);
    }
  }
  deps.log.warn({ url: safeUrl(url), reason }, "A webhook did not take its event.");
  return undefined;
}

type Outcome =
  | { readonly kind: "taken"; readonly answer: WebhookAnswer }
  | { readonly kind: "final" | "again"; readonly reason: string };

async function tryOnce(url: URL, body: string, reach: Reach, signal: AbortSignal): Promise<Outcome> {
  try {
    const result = await postJson(url, body, reach, signal);
    if (result.kind === "refused") return { kind: "final", reason: "rooms.webhookAllow does not name the target" };
    const { answer } = result;
    if (answer.status >= 200 && answer.status <= 299) return { kind: "taken", answer };
    const isPassing = answer.status >= 500 || answer.status === 408 || answer.status === 429;
    return { kind: isPassing ? "again" : "final", reason: `answered ${answer.status}` };
  } catch (error) {
    return { kind: "again", reason: systemCodeOf(error) ?? "no answer in time" };
  }
}
