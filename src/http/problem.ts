import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import { AppError } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { limits } from "../core/limits.ts";

/** When to come back after a 503 whose thrower does not know. */
const retryMs = 5000;

/** Answers an error as problem+json (RFC 9457): a code for programs, a sentence and the next step for people. */
export function sendProblem(response: Response, error: AppError, extra: Readonly<Record<string, unknown>> = {}): void {
  const retryAfterMs = error.retryAfterMs ?? (error.httpStatus === 503 && error.isRetryable ? retryMs : undefined);
  if (retryAfterMs !== undefined) response.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  if (error.code === "unauthorized" && !response.hasHeader("www-authenticate")) {
    response.set("www-authenticate", "Bearer");
  }
  const body = {
    ...error.details,
    ...extra,
    type: `urn:chartbell:error:${error.code}`,
    title: error.message,
    status: error.httpStatus,
    code: error.code,
    hint: error.hint,
  };
  response.status(error.httpStatus).type("application/problem+json").send(JSON.stringify(body));
}

/** The last handler: nothing that was thrown leaves as a stack trace. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = toAppError(error);
    if (known !== undefined) {
      sendProblem(response, known);
      return;
    }
    log.error({ err: error, method: request.method, path: request.path }, "A request could not be answered.");
    const body = { type: "about:blank", title: "An unexpected fault inside Chartbell.", status: 500, code: "internal" };
    response.status(500).type("application/problem+json").send(JSON.stringify(body));
  };
}

/** The code that an error is answered with. */
export function codeOf(error: unknown): ErrorCode | "internal" {
  return toAppError(error)?.code ?? "internal";
}

/** Errors of ours, and those that express and its body parser give to a request they cannot read. */
function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (!(error instanceof Error)) return undefined;
  const type = "type" in error ? error.type : undefined;
  if (type === "entity.too.large") {
    const bytes = "limit" in error ? Number(error.limit) : limits.apiBodyBytesMax;
    return new AppError("body_too_large", `The body is larger than ${bytes} bytes.`);
  }
  if (type === "encoding.unsupported") {
    return new AppError("media_type_unsupported", "The body's Content-Encoding is not supported.", {
      hint: "Send the body without compression, or with gzip, deflate or br.",
    });
  }
  const status = "status" in error ? error.status : undefined;
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new AppError("request_invalid", "The request could not be read.");
  }
  return undefined;
}

/** For addresses nothing else answers. */
export const notFound: RequestHandler = (request) => {
  throw new AppError("not_found", `There is nothing at ${request.path}.`);
};

/** For a known address asked with another method. */
export function onlyMethods(...methods: readonly string[]): RequestHandler {
  return (request, response) => {
    response.set("allow", methods.join(", "));
    sendProblem(response, new AppError("method_not_allowed", `${request.path} takes ${methods.join(", ")}.`));
  };
}
