import { limits } from "../../core/limits.ts";
import { DeliveriesQuery } from "../deliveries.ts";
import { bodyErrors, json } from "./call.ts";
import type { Call } from "./call.ts";

/* Calls of who runs Chartbell: its deliveries, channels, schedules and rooms. */

export const deliveryCalls: readonly Call[] = [
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

const testErrors = [
  ...bodyErrors,
  "channel_unknown",
  "channel_disabled",
  "portal_unknown",
  "store_unavailable",
  "overloaded",
  "shutting_down",
] as const;

export const channelCalls: readonly Call[] = [
  {
    method: "post",
    path: "/api/channels/{name}/test",
    group: "Channels",
    summary: "Post a hello to a channel",
    about:
      "With `portal`, its picture follows. The body may be left out. `GET /api/alerts/ID` tells what became of it.",
    parameters: { name: "The channel's name." },
    body: {
      schema: "TestBody",
      mediaTypes: json,
      examples: { hello: {}, picture: { text: "A test", portal: "test", params: { entity: "web01" } } },
    },
    answer: { status: 202, about: "It will be posted.", schema: "TestPosted" },
    errors: testErrors,
    access: "token",
  },
  {
    method: "post",
    path: "/api/channels/{name}/send-screenshot",
    group: "Channels",
    summary: "Post a portal's picture to a channel",
    about:
      "The picture alone, without a text. The body may be left out: the built-in test portal is photographed then.",
    parameters: { name: "The channel's name." },
    body: {
      schema: "ScreenshotBody",
      mediaTypes: json,
      examples: { test: {}, portal: { portal: "test", params: { entity: "web01" } } },
    },
    answer: { status: 202, about: "It will be posted.", schema: "TestPosted" },
    errors: testErrors,
    access: "token",
  },
];

export const scheduleCalls: readonly Call[] = [
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

export const roomCalls: readonly Call[] = [
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
