import pino from "pino";
import type { Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Keys that never hold anything a log needs; the Secret type is the first belt, this is the second. */
const redactedKeys = ["token", "auth_token", "authorization", "cookie", "password", "secret"];

interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
}

/** One event is one line: JSON for machines, or readable lines for a terminal. Lines go to standard error. */
export function createLog({ level, pretty }: LogOptions): Logger {
  const redact = { paths: redactedKeys.flatMap((key) => [key, `*.${key}`]), censor: "[secret]" };
  const options = { level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!pretty) return pino(options, pino.destination({ fd: 2, sync: true }));
  const form = { translateTime: "HH:MM:ss.l", singleLine: true };
  return pino({ ...options, transport: { target: "pino-pretty", options: { destination: 2, sync: true, ...form } } });
}

/** The parts of a URL that may be logged or shown: no user name, no query, no fragment. */
export function safeUrl(url: string | URL): string {
  const parsed = typeof url === "string" ? URL.parse(url) : url;
  if (parsed === null) return "(not a URL)";
  const query = parsed.search === "" ? "" : "?…";
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}${query}`;
}
