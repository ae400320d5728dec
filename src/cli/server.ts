import type { LoadedConfig } from "../config/load.ts";
import { scopeOf } from "../core/token.ts";
import { AppError, errorCodes, systemCodeOf } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";

/** How long a command waits for the running server, milliseconds. */
const answerMs = 15_000;

/**
 * Asks the Chartbell that serves this configuration, with the first of its tokens that may; its JSON answer. Throws the server's own
 * errors, and server_unreachable when none runs.
 */
export async function askServer({ config }: LoadedConfig, path: string, body?: unknown): Promise<unknown> {
  const { servedUrl } = await import("../config/schema.ts");
  const scope = scopeOf(body === undefined ? "GET" : "POST", path);
  const token = Object.values(config.server.tokens).find(({ scopes }) => scopes.includes(scope));
  const url = new URL(path, servedUrl(config));
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token.token.reveal()}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: "error",
    signal: AbortSignal.timeout(answerMs),
  }).catch((cause: unknown) => {
    throw new AppError(
      "server_unreachable",
      `No Chartbell answers at ${url.host} (${systemCodeOf(cause) ?? "no answer"}).`,
      {
        cause,
      },
    );
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  throw problemOf(answer, response.status);
}

function problemOf(answer: unknown, status: number): AppError {
  const { code, title, hint } = isProblem(answer) ? answer : { code: "", title: "", hint: "" };
  if (!isCode(code))
    return new AppError("server_unreachable", `The server answered ${status}, but not as Chartbell does.`);
  return new AppError(code, title, { hint });
}

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly hint: string;
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === "object" && answer !== null && "code" in answer && "title" in answer && "hint" in answer;
}

function isCode(code: string): code is ErrorCode {
  return code in errorCodes;
}
