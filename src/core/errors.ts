/**
 * Every error an operator can meet is an AppError with a code from the table below. The table is the one place that says
 * what a code means for a program: HTTP status, exit code of the command line, and whether trying again can help.
 */

type ErrorKind = "usage" | "config" | "request" | "render" | "image" | "delivery" | "setup";

interface CodeFacts {
  readonly kind: ErrorKind;
  /** HTTP status of the problem+json answer. */
  readonly status: number;
  readonly retryable: boolean;
  /** Said when the thrower has no better next step. */
  readonly hint: string;
}

/** Exit codes of the command line by kind of error; 1 is an unexpected fault of Chartbell itself. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  usage: 2,
  config: 3,
  request: 4,
  render: 5,
  image: 6,
  delivery: 7,
  setup: 8,
};

const facts = <const Code extends string>(table: Record<Code, CodeFacts>): Readonly<Record<Code, CodeFacts>> => table;

const entry = (kind: ErrorKind, status: number, retryable: boolean, hint: string): CodeFacts => ({
  kind,
  status,
  retryable,
  hint,
});

export const errorCodes = facts({
  usage: entry("usage", 400, false, "Run the command with --help to see its options and examples."),
  file_unreadable: entry("usage", 400, false, "Name a readable file, or `-` for standard input."),
  file_exists: entry("usage", 409, false, "Choose another name, or overwrite it with --force."),
  file_unwritable: entry("setup", 500, false, "See that the folder exists, is writable and has room."),
  config_unreadable: entry("config", 500, false, "Name a readable file with --config FILE."),
  config_invalid: entry("config", 500, false, "Correct the lines named above; docs/configuration.md lists every key."),
  config_changed: entry("config", 409, false, "Run the command again: it reads the file anew."),
  secret_missing: entry(
    "config",
    500,
    false,
    "Set the environment variable or create the file that the reference names.",
  ),
  role_lonely: entry("config", 500, false, "Set store.url to the PostgreSQL server that all processes share."),
  listen_unsafe: entry("config", 500, false, "Listen on 127.0.0.1, or configure server.tokens and rooms.tokens."),
  listen_failed: entry("setup", 500, false, "Choose another address with --listen HOST:PORT."),
  code_unusable: entry("config", 500, false, "See docs/in-code.md for what the file may export."),
  certificate_unusable: entry("config", 500, false, "Give server.tls a certificate and its key, or neither of them."),
  node_too_old: entry(
    "setup",
    500,
    false,
    "Install a newer Node, or run Chartbell with `npx -p node@24 -p chartbell chartbell`.",
  ),
  browser_missing: entry(
    "setup",
    503,
    false,
    "Run `npm run setup`, or set browser.executable to a Chromium on this machine.",
  ),
  browser_unstartable: entry(
    "setup",
    503,
    true,
    "Start the browser by hand to see what it misses; browser.sandbox: off helps in a container.",
  ),

  server_unreachable: entry(
    "setup",
    503,
    true,
    "Start `chartbell serve` with this configuration, or name its address as server.listen.",
  ),
  store_missing: entry(
    "setup",
    503,
    false,
    "Set store.url to a PostgreSQL server (14 or newer), or reinstall without --omit=optional.",
  ),
  store_in_use: entry(
    "setup",
    503,
    false,
    "End the other Chartbell, or give this one a folder of its own with --data-dir DIR.",
  ),
  store_folder_unusable: entry(
    "setup",
    503,
    false,
    "Choose a folder that this user may write to with --data-dir DIR, or set store.url.",
  ),
  store_unstartable: entry("setup", 503, false, "Mend what PostgreSQL says above, or set store.url to another server."),
  store_version_unknown: entry(
    "setup",
    503,
    false,
    "Start the version of Chartbell that wrote it, or choose an empty folder or database.",
  ),
  store_url_invalid: entry("config", 500, false, "Give store.url as postgres://USER:PASSWORD@HOST:PORT/DATABASE."),
  store_unreachable: entry("setup", 503, true, "Check the server of store.url from this machine, then start again."),
  store_unavailable: entry("setup", 503, true, "Send it again in a few seconds; the database is being restarted."),
  pictures_unwritable: entry(
    "setup",
    503,
    true,
    "See that the folder `pictures` of store.dataDir is writable and its disk has room.",
  ),
  pictures_refused: entry(
    "setup",
    503,
    false,
    "Check bucket, region and keys of store.pictures.s3; they must be allowed to get, put and delete objects.",
  ),
  pictures_unavailable: entry("setup", 503, true, "Check the endpoint of store.pictures.s3 from this machine."),

  request_invalid: entry("request", 400, false, "Correct the named field and send the request again."),
  body_invalid: entry("request", 400, false, "Send valid JSON."),
  body_too_large: entry("request", 413, false, "Send a smaller body."),
  media_type_unsupported: entry("request", 415, false, "Send Content-Type: application/json."),
  unauthorized: entry("request", 401, false, "Send `Authorization: Bearer TOKEN` with a token of server.tokens."),
  token_forbidden: entry("request", 403, false, "Use another token, or let this one do more under server.tokens."),
  host_forbidden: entry("request", 421, false, "Use the address of server.publicUrl or server.listen."),
  not_found: entry("request", 404, false, "See docs/configuration.md for the addresses Chartbell answers."),
  method_not_allowed: entry("request", 405, false, "Use the method named in the Allow header."),
  hook_unknown: entry(
    "request",
    404,
    false,
    "Use a name under hooks: in the configuration, or a source of docs/sources.md.",
  ),
  signature_invalid: entry(
    "request",
    403,
    false,
    "Give both sides the same secret; the body must arrive as it was signed.",
  ),
  topic_forbidden: entry("request", 403, false, "Add the topic's ARN to `topics` of the hook if it may send alerts."),
  source_unreachable: entry("request", 503, true, "Let Chartbell reach the named host, then let the sender try again."),
  portal_unknown: entry("request", 404, false, "Use a name under portals: in the configuration, or an http(s) URL."),
  channel_unknown: entry("request", 404, false, "Use a name under channels: in the configuration."),
  channel_disabled: entry(
    "request",
    409,
    false,
    "Enable it: `chartbell channel set NAME --enabled true`, or `enabled` of the channel in the configuration.",
  ),
  import_invalid: entry(
    "request",
    400,
    false,
    "Give a file as the other system exports it; docs/moving-in.md shows how.",
  ),
  schedule_unknown: entry("request", 404, false, "Use a name under schedules: in the configuration."),
  room_unknown: entry("request", 404, false, "Use a name or number that `chartbell rooms list` shows."),
  room_taken: entry("request", 409, false, "Choose another name; `chartbell rooms list` shows those that there are."),
  rooms_full: entry("request", 409, false, "Delete one that is not needed any more, then try again."),
  token_unknown: entry(
    "request",
    404,
    false,
    "Use a name that `chartbell rooms token list` shows; tokens of the configuration are removed there.",
  ),
  token_taken: entry("request", 409, false, "Choose another name, or revoke the token that has it."),
  parameter_missing: entry("request", 400, false, "Pass the parameter with --param NAME=VALUE, or in `params`."),
  parameter_unknown: entry("request", 400, false, "Leave the parameter out, or add ${NAME} to the portal's URL."),
  url_invalid: entry("request", 400, false, "Give an absolute http:// or https:// URL without a user name."),
  overloaded: entry("request", 503, true, "Send the request again after the time named in Retry-After."),
  shutting_down: entry("request", 503, true, "Send the request again in a few seconds."),
  cancelled: entry("request", 499, false, "The caller went away; nothing is left to do."),

  url_blocked: entry("render", 403, false, "Add host:port to browser.allow if Chartbell may open it."),
  page_unreachable: entry(
    "render",
    502,
    true,
    "Open the URL from this machine; check name, port, certificate and proxy.",
  ),
  page_status: entry(
    "render",
    502,
    true,
    "Open the URL with the portal's sign-in; the server answered with an error page.",
  ),
  page_login: entry("render", 502, false, "Configure the portal's signIn, or renew what it sends."),
  page_timeout: entry("render", 504, true, "Raise the portal's timeoutMs, or see why the page is slow."),
  page_unready: entry("render", 504, true, "Raise the portal's timeoutMs, or choose onTimeout: partial."),
  page_crashed: entry("render", 502, true, "The page brought its tab down; try a smaller viewport or a lighter page."),
  page_not_html: entry("render", 502, false, "Give the address of a page, not of a download."),
  selector_missing: entry(
    "render",
    422,
    false,
    "Check the selector against the page; it must match a visible element.",
  ),
  expression_failed: entry("render", 422, false, "Check the ready expression in the page's own console."),
  clip_outside: entry("render", 422, false, "Choose a clip inside the viewport, or set fullPage."),
  browser_crashed: entry("render", 502, true, "Chartbell starts a new browser for the next shot."),
  picture_blank: entry("render", 502, true, "The page drew nothing; open the URL with the portal's sign-in."),

  picture_unreadable: entry("image", 500, false, "The bytes are no picture; report this with the portal's page."),
  picture_too_large: entry("image", 422, false, "Choose a smaller viewport, scale or clip."),
  picture_unfit: entry("image", 422, false, "Raise the limit, or choose a smaller viewport, scale or clip."),

  delivery_unauthorized: entry("delivery", 502, false, "Check the channel's token: it is unknown to the server."),
  delivery_forbidden: entry(
    "delivery",
    502,
    false,
    "Give the token the scope that the server asks for, or use another token.",
  ),
  delivery_not_found: entry(
    "delivery",
    502,
    false,
    "Check the channel's host and room: the server does not know them.",
  ),
  delivery_rejected: entry("delivery", 502, false, "The server refused the message; its reason is in the text."),
  delivery_limited: entry(
    "delivery",
    503,
    true,
    "The server's rate limit is reached; Chartbell waits and tries again.",
  ),
  channel_busy: entry(
    "delivery",
    503,
    true,
    "Messages come faster than the channel takes them; Chartbell sends them one after the other.",
  ),
  delivery_unavailable: entry("delivery", 502, true, "The server is in trouble; Chartbell tries again."),
  delivery_unreachable: entry("delivery", 502, true, "Check the channel's host and port from this machine."),
  delivery_timeout: entry("delivery", 504, true, "The server did not answer in time; Chartbell tries again."),
  delivery_unanswered: entry(
    "delivery",
    504,
    true,
    "Nobody knows whether it arrived; the channel's onUnknown says whether it is sent again.",
  ),
  delivery_unknown: entry(
    "delivery",
    502,
    false,
    "Look into the room whether it arrived; onUnknown: resend sends such a message again.",
  ),
  delivery_tls: entry("delivery", 502, false, "Give the server's certificate authority as tls.ca."),
  delivery_answer_invalid: entry(
    "delivery",
    502,
    true,
    "The answer is not a HipChat server's; check the channel's host.",
  ),
  delivery_picture_unsupported: entry(
    "delivery",
    422,
    false,
    "Give the channel a messageToken (scope send_message) and apiVersion 2.",
  ),
  delivery_write_failed: entry("delivery", 500, true, "Check that the folder exists, is writable and has room."),
});

export type ErrorCode = keyof typeof errorCodes;

interface AppErrorOptions {
  /** The next step for the reader, when the code's own hint is too general. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Not before this many milliseconds: a server's Retry-After or rate-limit reset. */
  readonly retryAfterMs?: number;
  /** Further facts for problem+json and `--json`; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An operating error: something outside Chartbell's code went wrong and a person or a retry can mend it. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorCodes[code].hint;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }

  get isRetryable(): boolean {
    return errorCodes[this.code].retryable;
  }
  get httpStatus(): number {
    return errorCodes[this.code].status;
  }
  get exitCode(): number {
    return exitCodes[errorCodes[this.code].kind];
  }
}

/** The message of anything thrown, for a log field or a cause's one-line summary. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's own error code (`ECONNREFUSED`, `UND_ERR_CONNECT_TIMEOUT`, …), looked up through the causes. */
export function systemCodeOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("code" in current && typeof current.code === "string" && !(current instanceof AppError)) return current.code;
  }
  return undefined;
}
