import type { Route } from "./router.ts";
import { getCapabilities, getEmoticon, getEmoticons } from "./group.ts";
import { getSession, postToken } from "./oauth.ts";
import { getUser, getUsers, inviteUser, keepMembers, listPeople } from "./people.ts";
import { getFile, getHistory, getLatest, getMessage } from "./read.ts";
import { deleteRoom, getRoom, getRooms, getStatistics, postRoom, putRoom, putTopic } from "./rooms.ts";
import {
  postLink,
  postMessage,
  postNotification,
  postPrivateFile,
  postPrivateMessage,
  postReply,
  postRoomFile,
} from "./send.ts";
import {
  deleteExtension,
  deleteWebhook,
  getExtension,
  getExtensions,
  getWebhook,
  getWebhooks,
  postWebhook,
  putExtension,
} from "./webhooks.ts";

const viewRooms = ["view_group", "view_room"] as const;

/** HipChat's API v2, paths below /v2/. docs/hipchat-api.md says of each where its behaviour is known from. */
export const v2Routes: readonly Route[] = [
  { method: "POST", pattern: "room/:room/notification", scopes: ["send_notification"], handle: postNotification },
  { method: "POST", pattern: "room/:room/message", scopes: ["send_message"], handle: postMessage },
  { method: "POST", pattern: "room/:room/reply", scopes: ["send_message"], handle: postReply },
  { method: "POST", pattern: "room/:room/share/file", scopes: ["send_message"], handle: postRoomFile },
  { method: "POST", pattern: "room/:room/share/link", scopes: ["send_message"], handle: postLink },
  { method: "PUT", pattern: "room/:room/share/link", scopes: ["send_message"], handle: postLink },
  { method: "POST", pattern: "user/:user/message", scopes: ["send_message"], handle: postPrivateMessage },
  { method: "POST", pattern: "user/:user/share/file", scopes: ["send_message"], handle: postPrivateFile },
  { method: "GET", pattern: "room", scopes: viewRooms, handle: getRooms },
  { method: "POST", pattern: "room", scopes: ["manage_rooms"], handle: postRoom },
  { method: "GET", pattern: "room/:room", scopes: viewRooms, handle: getRoom },
  { method: "PUT", pattern: "room/:room", scopes: ["admin_room"], handle: putRoom },
  { method: "DELETE", pattern: "room/:room", scopes: ["manage_rooms"], handle: deleteRoom },
  { method: "PUT", pattern: "room/:room/topic", scopes: ["admin_room"], handle: putTopic },
  { method: "GET", pattern: "room/:room/statistics", scopes: viewRooms, handle: getStatistics },
  { method: "GET", pattern: "room/:room/member", scopes: viewRooms, handle: listPeople },
  { method: "PUT", pattern: "room/:room/member/:user", scopes: ["admin_room"], handle: keepMembers },
  { method: "DELETE", pattern: "room/:room/member/:user", scopes: ["admin_room"], handle: keepMembers },
  { method: "GET", pattern: "room/:room/participant", scopes: viewRooms, handle: listPeople },
  { method: "POST", pattern: "room/:room/invite/:user", scopes: ["admin_room"], handle: inviteUser },
  { method: "GET", pattern: "room/:room/history", scopes: ["view_messages"], handle: getHistory },
  { method: "GET", pattern: "room/:room/history/latest", scopes: ["view_messages"], handle: getLatest },
  { method: "GET", pattern: "room/:room/history/:message", scopes: ["view_messages"], handle: getMessage },
  { method: "GET", pattern: "file/:file", scopes: ["view_messages"], handle: getFile },
  { method: "GET", pattern: "room/:room/webhook", scopes: ["admin_room"], handle: getWebhooks },
  { method: "POST", pattern: "room/:room/webhook", scopes: ["admin_room"], handle: postWebhook },
  { method: "GET", pattern: "room/:room/webhook/:webhook", scopes: ["admin_room"], handle: getWebhook },
  { method: "DELETE", pattern: "room/:room/webhook/:webhook", scopes: ["admin_room"], handle: deleteWebhook },
  { method: "GET", pattern: "room/:room/extension/webhook", scopes: ["admin_room"], handle: getExtensions },
  { method: "GET", pattern: "room/:room/extension/webhook/:key", scopes: ["admin_room"], handle: getExtension },
  { method: "PUT", pattern: "room/:room/extension/webhook/:key", scopes: ["admin_room"], handle: putExtension },
  { method: "DELETE", pattern: "room/:room/extension/webhook/:key", scopes: ["admin_room"], handle: deleteExtension },
  { method: "GET", pattern: "user", scopes: ["view_group"], handle: getUsers },
  { method: "GET", pattern: "user/:user", scopes: ["view_group"], handle: getUser },
  { method: "GET", pattern: "emoticon", scopes: ["view_group"], handle: getEmoticons },
  { method: "GET", pattern: "emoticon/:emoticon", scopes: ["view_group"], handle: getEmoticon },
  { method: "GET", pattern: "capabilities", scopes: "open", handle: getCapabilities },
  { method: "POST", pattern: "oauth/token", scopes: "open", handle: postToken },
  { method: "GET", pattern: "oauth/token/:token", scopes: [], handle: getSession },
];

export function unauthorizedV2(hasToken: boolean): string {
  return hasToken
    ? "Invalid OAuth session"
    : "Authenticated requests only. See https://www.hipchat.com/docs/apiv2/auth for more information.";
}
