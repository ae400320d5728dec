import type { z } from "zod";
import { limits } from "../../core/limits.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { sources } from "../../triggers/index.ts";
import { DeliveriesQuery } from "../deliveries.ts";
import { HistoryQuery } from "../history.ts";
import { WindowsQuery } from "../windows.ts";
import type { AnswerName } from "./answers.ts";
import type { BodyName } from "./bodies.ts";

/*
 * Every call of Chartbell's own API, for people and programs. A test holds this list against the routes of the running
 * service. HipChat's API is described in docs/hipchat-api.md.
 */

export interface Call {
  readonly method: "get" | "post";
  /** Parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly group: "Alerts" | "Pictures" | "Deliveries" | "Schedules" | "Rooms" | "Operation";
  readonly summary: string;
  readonly about?: string;
  /** What the parameters of the path are. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: z.ZodObject;
  readonly body?: CallBody;
  readonly answer: CallAnswer;
  /** Beside those that every call has. */
  readonly errors: readonly ErrorCode[];
  readonly access: "token" | "hook" | "open";
}

interface CallBody {
  readonly schema: BodyName | undefined;
  readonly mediaTypes: readonly string[];
  readonly examples: Readonly<Record<string, unknown>>;
}

interface CallAnswer {
  readonly status: number;
  readonly about: string;
  /** JSON of this schema, or something else of these types. */
  readonly schema?: AnswerName;
  readonly mediaTypes?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

const json = ["application/json"] as const;
const bodyErrors = ["request_invalid", "body_invalid", "body_too_large", "media_type_unsupported"] as const;

const alert = {
  schema: 1,
  status: "OPEN",
  severity: "critical",
  rule: "cpu_busy",
  entity: "web01",
  metric: "cpu.busy",
  tags: { host: "web01" },
  value: 97.1,
  message: "CPU busy is above 80 %",
  links: [{ title: "Runbook", url: "https://wiki.example.com/cpu" }],
  fields: { team: "blue" },
};

const alertCalls: readonly Call[] = [
  {
    method: "post",
    path: "/api/alerts",
    group: "Alerts",
    summary: "Send one alert, or several",
    about:
      "202 means that the alerts are on disk: they are handled after that, whatever happens. Routes of the configuration " +
      "choose channels, portals and texts, unless the alert names `channels` and `portals` itself. Status and severity are " +
      "read in any case. Of several alerts all are taken, or none.",
    headers: {
      "Idempotency-Key": "1 to 200 printable ASCII characters. The same key within 7 days gives the same ids, once.",
    },
    body: {
      schema: "AlertsBody",
      mediaTypes: json,
      examples: { one: alert, several: { schema: 1, alerts: [{ rule: "cpu_busy" }, { rule: "disk_full" }] } },
    },
    answer: { status: 202, about: "Kept; they will be handled.", schema: "AcceptedAlerts" },
    errors: [...bodyErrors, "channel_unknown", "portal_unknown", "store_unavailable", "overloaded", "shutting_down"],
    access: "token",
  },
  {
    method: "get",
    path: "/api/alerts",
    group: "Alerts",
    summary: "List what was accepted",
    about: "Newest first. `rule` may have `*` and `?`. Pass `next` of an answer as `before` for the next page.",
    query: HistoryQuery,
    answer: { status: 200, about: "Alerts with their deliveries in short.", schema: "AlertList" },
    errors: ["request_invalid", "store_unavailable"],
    access: "token",
  },
  {
    method: "get",
    path: "/api/alerts/{id}",
    group: "Alerts",
    summary: "See what became of an alert",
    parameters: { id: "The id from its acceptance." },
    answer: { status: 200, about: "The alert and those of its deliveries that have ended.", schema: "AlertOutcome" },
    errors: ["not_found", "store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/hooks/{name}",
    group: "Alerts",
    summary: "Send the payload of another system",
    about:
      "NAME is a hook of the configuration, or one of the sources: their own names answer without being configured. " +
      "Each reads the payload of its system as that sends it; docs/sources.md says what becomes of it. Of a batch, what can be " +
      "used is taken and the rest is named in `rejected`. 503 asks to come back.",
    parameters: { name: `A hook, or one of ${Object.keys(sources).join(", ")}.` },
    body: {
      schema: undefined,
      mediaTypes: ["application/json", "application/x-www-form-urlencoded", "text/plain"],
      examples: Object.fromEntries(Object.entries(sources).map(([name, { example }]) => [name, example])),
    },
    answer: { status: 202, about: "Kept; they will be handled.", schema: "AcceptedHook" },
    errors: [
      ...bodyErrors,
      "hook_unknown",
      "signature_invalid",
      "topic_forbidden",
      "channel_unknown",
      "portal_unknown",
      "source_unreachable",
      "store_unavailable",
      "overloaded",
      "shutting_down",
    ],
    access: "hook",
  },
];

const windowCalls: readonly Call[] = [
  {
    method: "get",
    path: "/api/windows",
    group: "Alerts",
    summary: "See what is open now",
    query: WindowsQuery,
    answer: { status: 200, about: "Windows.", schema: "WindowList" },
    errors: ["request_invalid", "store_unavailable"],
    access: "token",
  },
];

const pictureCalls: readonly Call[] = [
  {
    method: "post",
    path: "/api/shots",
    group: "Pictures",
    summary: "Photograph a portal or a page",
    about:
      "Name a `portal` of the configuration with `params`, or a `url` that may be reached. The picture is as captured, lossless " +
      "PNG, unless `format` or `maxBytes` is given.",
    body: {
      schema: "ShotBody",
      mediaTypes: json,
      examples: {
        portal: { portal: "test", params: { entity: "web01" } },
        element: { portal: "test", selector: "h1", format: "webp" },
      },
    },
    answer: {
      status: 200,
      about: "The picture.",
      mediaTypes: ["image/png", "image/webp", "image/jpeg"],
      headers: {
        "Chartbell-Verdict": "ready, partial or blank.",
        "Chartbell-Unready": "Percent-encoded: what was not ready, of a partial one.",
        "Server-Timing": "Milliseconds of queue, navigate, data, settle, capture, encode.",
      },
    },
    errors: [
      ...bodyErrors,
      "portal_unknown",
      "parameter_missing",
      "parameter_unknown",
      "url_invalid",
      "url_blocked",
      "page_unreachable",
      "page_status",
      "page_login",
      "page_timeout",
      "page_unready",
      "selector_missing",
      "picture_blank",
      "picture_unfit",
      "browser_missing",
      "overloaded",
    ],
    access: "token",
  },
  {
    method: "get",
    path: "/api/pictures/{sha256}",
    group: "Pictures",
    summary: "Get a picture that was sent",
    parameters: { sha256: "Its hash, 64 hexadecimal digits, from an alert's delivery." },
    answer: {
      status: 200,
      about: "The picture as it was sent.",
      mediaTypes: ["image/png", "image/webp", "image/jpeg"],
    },
    errors: ["not_found", "pictures_unavailable"],
    access: "token",
  },
];

const deliveryCalls: readonly Call[] = [
  {
    method: "get",
    path: "/api/deliveries",
    group: "Deliveries",
    summary: "List messages to channels",
    about: "Newest first. `state=failed` and `state=unknown` are the dead letters: they can be sent again.",
    query: DeliveriesQuery,
    answer: { status: 200, about: "Deliveries.", schema: "DeliveryList" },
    errors: ["request_invalid", "store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/api/deliveries/retry",
    group: "Deliveries",
    summary: "Send dead letters again",
    about: `By their ids, or all; at most ${limits.retryMax} at a time. What has a receipt is not sent again.`,
    body: {
      schema: "RetryBody",
      mediaTypes: json,
      examples: { all: { all: true, channel: "ops" }, some: { ids: ["0f8fad5b-d9cb-469f-a165-70867728950e"] } },
    },
    answer: { status: 202, about: "They wait for their channels.", schema: "Retried" },
    errors: [...bodyErrors, "store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/api/deliveries/{id}/retry",
    group: "Deliveries",
    summary: "Send one dead letter again",
    parameters: { id: "The delivery's id." },
    answer: { status: 202, about: "It waits for its channel.", schema: "Retried" },
    errors: ["not_found", "store_unavailable"],
    access: "token",
  },
];

const scheduleCalls: readonly Call[] = [
  {
    method: "get",
    path: "/api/schedules",
    group: "Schedules",
    summary: "List the schedules",
    answer: { status: 200, about: "Schedules with their next times and last run.", schema: "ScheduleList" },
    errors: ["store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/api/schedules/{name}/run",
    group: "Schedules",
    summary: "Run a schedule now",
    about: "Enabled or not; its own times stay as they are.",
    parameters: { name: "The schedule's name." },
    answer: { status: 202, about: "It will be posted.", schema: "RunStarted" },
    errors: ["schedule_unknown", "store_unavailable", "overloaded", "shutting_down"],
    access: "token",
  },
];

const roomCalls: readonly Call[] = [
  {
    method: "get",
    path: "/api/rooms",
    group: "Rooms",
    summary: "List the rooms of the built-in server",
    answer: { status: 200, about: "Rooms.", schema: "RoomList" },
    errors: ["store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/api/rooms",
    group: "Rooms",
    summary: "Make a room",
    body: { schema: "RoomBody", mediaTypes: json, examples: { room: { name: "Ops", topic: "Alerts of the shop" } } },
    answer: { status: 201, about: "It is there.", schema: "RoomMade" },
    errors: [...bodyErrors, "room_taken", "rooms_full", "store_unavailable"],
    access: "token",
  },
  {
    method: "get",
    path: "/api/rooms/tokens",
    group: "Rooms",
    summary: "List the tokens of HipChat clients",
    about: "Those made by `POST /api/rooms/tokens`; the tokens themselves are not known to Chartbell.",
    answer: { status: 200, about: "Tokens.", schema: "RoomTokenList" },
    errors: ["store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/api/rooms/tokens",
    group: "Rooms",
    summary: "Make a token for HipChat clients",
    about: "With `room` it may act in that room only.",
    body: {
      schema: "RoomTokenBody",
      mediaTypes: json,
      examples: { room: { name: "Jenkins", scopes: ["send_notification"], room: "Ops" } },
    },
    answer: { status: 201, about: "The token, this once.", schema: "RoomTokenMade" },
    errors: [...bodyErrors, "token_taken", "rooms_full", "room_unknown", "store_unavailable"],
    access: "token",
  },
  {
    method: "post",
    path: "/api/rooms/tokens/revoke",
    group: "Rooms",
    summary: "Revoke a token of HipChat clients",
    body: { schema: "RevocationBody", mediaTypes: json, examples: { token: { name: "Jenkins" } } },
    answer: { status: 200, about: "It is refused from now on.", schema: "RoomTokenRevoked" },
    errors: [...bodyErrors, "token_unknown", "store_unavailable"],
    access: "token",
  },
];

const operationCalls: readonly Call[] = [
  {
    method: "get",
    path: "/healthz",
    group: "Operation",
    summary: "Ask whether the process lives",
    answer: { status: 200, about: "It does.", schema: "Alive" },
    errors: [],
    access: "open",
  },
  {
    method: "get",
    path: "/readyz",
    group: "Operation",
    summary: "Ask whether alerts are taken",
    answer: { status: 200, about: "They are.", schema: "Ready" },
    errors: ["shutting_down", "store_unavailable"],
    access: "open",
  },
  {
    method: "get",
    path: "/metrics",
    group: "Operation",
    summary: "Read the metrics",
    about: "Prometheus' text format; docs/operations.md lists them.",
    answer: { status: 200, about: "The metrics.", mediaTypes: ["text/plain"] },
    errors: [],
    access: "token",
  },
  {
    method: "get",
    path: "/openapi.json",
    group: "Operation",
    summary: "Read this description, for programs",
    answer: { status: 200, about: "An OpenAPI 3.1 document.", mediaTypes: json },
    errors: [],
    access: "open",
  },
  {
    method: "get",
    path: "/docs",
    group: "Operation",
    summary: "Read this description, for people",
    answer: { status: 200, about: "A page.", mediaTypes: ["text/html"] },
    errors: [],
    access: "open",
  },
];

export const calls: readonly Call[] = [
  ...alertCalls,
  ...windowCalls,
  ...pictureCalls,
  ...deliveryCalls,
  ...scheduleCalls,
  ...roomCalls,
  ...operationCalls,
];
