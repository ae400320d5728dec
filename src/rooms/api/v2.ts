import { getFile, getHistory, getLatest, getMessage, getRoom, getRooms } from "./read.ts";
import type { Route } from "./router.ts";
import { postMessage, postNotification, postPrivateFile, postPrivateMessage, postRoomFile } from "./send.ts";

/** HipChat's API v2, paths below /v2/. The scopes are those that HipChat's own documentation and answers name. */
export const v2Routes: readonly Route[] = [
  {
    method: "POST",
    pattern: "room/:room/notification",
    scopes: ["send_notification"],
    handle: postNotification,
  },
  { method: "POST", pattern: "room/:room/message", scopes: ["send_message"], handle: postMessage },
  { method: "POST", pattern: "room/:room/share/file", scopes: ["send_message"], handle: postRoomFile },
  { method: "POST", pattern: "user/:user/message", scopes: ["send_message"], handle: postPrivateMessage },
  { method: "POST", pattern: "user/:user/share/file", scopes: ["send_message"], handle: postPrivateFile },
  { method: "GET", pattern: "room", scopes: ["view_group", "view_room"], handle: getRooms },
  { method: "GET", pattern: "room/:room", scopes: ["view_group", "view_room"], handle: getRoom },
  { method: "GET", pattern: "room/:room/history", scopes: ["view_messages"], handle: getHistory },
  { method: "GET", pattern: "room/:room/history/latest", scopes: ["view_messages"], handle: getLatest },
  { method: "GET", pattern: "room/:room/history/:message", scopes: ["view_messages"], handle: getMessage },
  { method: "GET", pattern: "file/:file", scopes: ["view_messages"], handle: getFile },
];

export function unauthorizedV2(hasToken: boolean): string {
  return hasToken
    ? "Invalid OAuth session"
    : "Authenticated requests only. See https://www.hipchat.com/docs/apiv2/auth for more information.";
}
