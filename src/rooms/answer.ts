import type { ApiAnswer } from "./contract.ts";

/** HipChat's `type` of each error code. */
const faultTypes: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A request that HipChat would refuse: status, sentence, and whatever else stands in the error object. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** HipChat's error object, the same for v1 and v2: `{"error": {"code", "type", "message", …}}`. */
export function faultAnswer(fault: Fault): ApiAnswer {
  const error = {
    code: fault.status,
    type: faultTypes[fault.status] ?? "Error",
    message: fault.message,
    ...fault.details,
  };
  return json(fault.status, { error }, fault.headers);
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** 204, which clients take for the only success of the sending calls; the body is empty. */
export function noContent(): ApiAnswer {
  return { status: 204, headers: {}, body: "" };
}

/** The same answer as HEAD gives it: GET's headers, its length among them, without the body. */
export function withoutBody(answer: ApiAnswer): ApiAnswer {
  const length = { "content-length": String(Buffer.byteLength(answer.body)) };
  return { ...answer, headers: answer.status === 204 ? answer.headers : { ...answer.headers, ...length }, body: "" };
}
