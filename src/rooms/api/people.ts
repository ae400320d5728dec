import type { Sender } from "../../core/room.ts";
import { Fault, json, noContent } from "../answer.ts";
import { readFields } from "../body.ts";
import type { ApiAnswer } from "../contract.ts";
import { readLine } from "../fields.ts";
import { pageAnswer, pageOf } from "./paging.ts";
import { roomOfPath } from "./router.ts";
import type { Call } from "./router.ts";
import { directRoomOf, senderOf, speak } from "./send.ts";
import { baseOf, mentionNameOf, person } from "./view.ts";

const reasonCharsMax = 250;

/** `GET /v2/user`: the bearers of tokens. */
export async function getUsers(call: Call): Promise<ApiAnswer> {
  const view = (one: Sender) => person(one, call.options);
  return json(200, pageAnswer(call.access.people(), pageOf(call), `${baseOf(call.options)}/v2/user`, view));
}

/** `GET /v2/user/ID`: by number, name or @mention. */
export async function getUser(call: Call): Promise<ApiAnswer> {
  const asked = call.parameters["user"] ?? "";
  const mention = asked.replace(/^@/u, "");
  const found = call.access
    .people()
    .find(({ id, name }) => String(id) === asked || name === asked || mentionNameOf(name) === mention);
  if (found === undefined) throw new Fault(404, `User '${asked.slice(0, 100)}' not found`);
  return json(200, {
    ...person(found, call.options),
    email: null,
    is_deleted: false,
    is_group_admin: found.scopes.includes("manage_rooms"),
    is_guest: false,
    presence: null,
    timezone: "UTC",
    title: "",
  });
}

/**
 * `GET /v2/room/ID/member` and `…/participant`: every room is open to everybody there is, so that both lists are the same.
 */
export async function listPeople(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const list = call.request.path.replace(/\/+$/u, "").endsWith("/member") ? "member" : "participant";
  const self = `${baseOf(call.options)}/v2/room/${room.id}/${list}`;
  return json(
    200,
    pageAnswer(call.access.people(), pageOf(call), self, (one) => person(one, call.options)),
  );
}

/** `PUT` and `DELETE /v2/room/ID/member/USER`: every room is open to everybody, so that there is nothing to change. 204. */
export async function keepMembers(call: Call): Promise<ApiAnswer> {
  await roomOfPath(call);
  return noContent();
}

/** `POST /v2/room/ID/invite/USER` with an optional `reason`: a private message that says so. 204. */
export async function inviteUser(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const reason = readLine(readFields(call.request), "reason", reasonCharsMax);
  const text = `You are invited to the room ${room.name}${reason === "" ? "." : `: ${reason}`}`;
  await speak(call, await directRoomOf(call), {
    kind: "message",
    sender: senderOf(call),
    label: "",
    text,
    format: "text",
    notify: true,
  });
  return noContent();
}
