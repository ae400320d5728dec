import { scopes } from "../../core/room.ts";
import { Fault, json } from "../answer.ts";
import type { ApiAnswer } from "../contract.ts";
import type { Call } from "./router.ts";
import { pageOf } from "./paging.ts";
import { baseOf } from "./view.ts";

const scopeNames: Readonly<Record<(typeof scopes)[number], string>> = {
  send_notification: "Send Notification",
  send_message: "Send Message",
  view_group: "View Group",
  view_room: "View Room",
  view_messages: "View Messages",
  admin_room: "Administer Room",
  manage_rooms: "Manage Rooms",
};

/** `GET /v2/capabilities`: where an add-on finds the API and its tokens; asks for no token itself. */
export async function getCapabilities({ options }: Pick<Call, "options">): Promise<ApiAnswer> {
  const base = baseOf(options);
  const available = scopes.map((id) => [id, { id, name: scopeNames[id], description: scopeNames[id] }] as const);
  return json(200, {
    key: "hipchat",
    name: "HipChat",
    description: "Rooms with HipChat's API, built into Chartbell.",
    vendor: { name: "Chartbell", url: base },
    links: { self: `${base}/v2/capabilities`, api: `${base}/v2`, homepage: `${base}/rooms` },
    capabilities: {
      oauth2Provider: { tokenUrl: `${base}/v2/oauth/token` },
      hipchatApiProvider: { url: `${base}/v2/`, availableScopes: Object.fromEntries(available) },
    },
  });
}

/** `GET /v2/emoticon`: there are none; names such as `(success)` stay text. */
export async function getEmoticons(call: Call): Promise<ApiAnswer> {
  const { startIndex, maxResults } = pageOf(call);
  return json(200, { items: [], startIndex, maxResults, links: { self: `${baseOf(call.options)}/v2/emoticon` } });
}

/** `GET /v2/emoticon/ID`. */
export async function getEmoticon({ parameters }: Call): Promise<ApiAnswer> {
  throw new Fault(404, `Emoticon '${(parameters["emoticon"] ?? "").slice(0, 100)}' not found`);
}
