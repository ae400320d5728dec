import { limits } from "../../core/limits.ts";
import type { Room } from "../../core/room.ts";
import type { NewWebhook, Webhook } from "../../core/room-store.ts";
import { within } from "../../core/wait.ts";
import { Fault, json, noContent } from "../answer.ts";
import { readFields } from "../body.ts";
import type { Fields } from "../body.ts";
import type { ApiAnswer } from "../contract.ts";
import { readLine, readOneOf, readRequired, readText, refused } from "../fields.ts";
import { webhookEvents } from "../webhooks/events.ts";
import { compilePattern } from "../webhooks/pattern.ts";
import { pageAnswer, pageOf } from "./paging.ts";
import { roomOfPath } from "./router.ts";
import type { Call } from "./router.ts";
import { senderOf } from "./send.ts";
import { baseOf, person, roomItem, timestamp } from "./view.ts";

const nameCharsMax = 100;
const keyCharsMax = 40;

/** `GET /v2/room/ID/webhook`. */
export async function getWebhooks(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const self = `${baseOf(call.options)}/v2/room/${room.id}/webhook`;
  return json(
    200,
    pageAnswer(call.store.webhooks.of(room), pageOf(call), self, (one) => webhookItem(one, call)),
  );
}

/** `POST /v2/room/ID/webhook` `{url, event, pattern, name, authentication}`: 201 with its number and address. */
export async function postWebhook(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  return created(await add(call, room, await readWebhook(call, readFields(call.request), undefined)), call);
}

/** `GET /v2/room/ID/webhook/WEBHOOK`. */
export async function getWebhook(call: Call): Promise<ApiAnswer> {
  return json(200, webhookDetails(await byId(call), await roomOfPath(call), call));
}

/** `DELETE /v2/room/ID/webhook/WEBHOOK`: 204. */
export async function deleteWebhook(call: Call): Promise<ApiAnswer> {
  await call.store.webhooks.remove(await byId(call));
  return noContent();
}

/** `GET /v2/room/ID/extension/webhook`: those that have a key. */
export async function getExtensions(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const self = `${baseOf(call.options)}/v2/room/${room.id}/extension/webhook`;
  const keyed = call.store.webhooks.of(room).filter(({ key }) => key !== undefined);
  return json(
    200,
    pageAnswer(keyed, pageOf(call), self, (one) => webhookItem(one, call)),
  );
}

/** `GET /v2/room/ID/extension/webhook/KEY`. */
export async function getExtension(call: Call): Promise<ApiAnswer> {
  return json(200, webhookDetails(await byKey(call), await roomOfPath(call), call));
}

/** `PUT /v2/room/ID/extension/webhook/KEY`: makes it, or puts it in the place of the one there was. 201. */
export async function putExtension(call: Call): Promise<ApiAnswer> {
  const room = await roomOfPath(call);
  const key = keyOf(call);
  const webhook = await readWebhook(call, readFields(call.request), key);
  const known = call.store.webhooks.of(room).find((one) => one.key === key);
  if (known !== undefined) await call.store.webhooks.remove(known);
  return created(await add(call, room, webhook), call);
}

/** `DELETE /v2/room/ID/extension/webhook/KEY`: 204. */
export async function deleteExtension(call: Call): Promise<ApiAnswer> {
  await call.store.webhooks.remove(await byKey(call));
  return noContent();
}

async function add(call: Call, room: Room, webhook: NewWebhook): Promise<Webhook> {
  const added = await call.store.webhooks.add(room, webhook);
  if (added !== undefined) return added;
  throw new Fault(400, `A room can have ${limits.webhooksPerRoomMax} webhooks, all rooms ${limits.webhooksMax}`);
}

function created(webhook: Webhook, call: Call): ApiAnswer {
  const self = selfOf(webhook, call);
  const key = webhook.key === undefined ? {} : { key: webhook.key };
  return json(201, { id: webhook.id, ...key, links: { self } }, { location: self });
}

async function readWebhook(call: Call, fields: Fields, key: string | undefined): Promise<NewWebhook> {
  const authentication = readOneOf(fields, "authentication", ["none", "jwt"], "none");
  if (authentication === "jwt") {
    throw refused("authentication", "enum", authentication, "is not offered: webhooks are not signed here, use 'none'");
  }
  readRequired(fields, "event", nameCharsMax);
  const pattern = readText(fields, "pattern") ?? "";
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw refused("pattern", "format", pattern, compiled.problem);
  return {
    url: await readTarget(call, readRequired(fields, "url", limits.webhookUrlCharsMax)),
    event: readOneOf(fields, "event", webhookEvents, "room_message"),
    name: readLine(fields, "name", nameCharsMax),
    pattern,
    key,
    creator: senderOf(call),
  };
}

/** An address that may be called. A name that cannot be resolved now may be known when there is something to tell. */
async function readTarget({ reach }: Call, text: string): Promise<string> {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw refused("url", "format", text, "is not an http or https address");
  }
  if (url.username !== "" || url.password !== "") throw refused("url", "format", text, "must not contain a password");
  const { kind } = await reach(url, within(limits.webhookTryMs, new AbortController().signal));
  if (kind !== "refused") return url.href;
  throw refused("url", "format", url.origin, "is not a public address; the server's rooms.webhookAllow can allow it");
}

async function byId(call: Call): Promise<Webhook> {
  const id = call.parameters["webhook"] ?? "";
  const found = call.store.webhooks.of(await roomOfPath(call)).find((one) => String(one.id) === id);
  if (found === undefined) throw new Fault(404, `Webhook '${id.slice(0, 100)}' not found`);
  return found;
}

async function byKey(call: Call): Promise<Webhook> {
  const key = keyOf(call);
  const found = call.store.webhooks.of(await roomOfPath(call)).find((one) => one.key === key);
  if (found === undefined) throw new Fault(404, `Webhook '${key}' not found`);
  return found;
}

function keyOf({ parameters }: Call): string {
  return readRequired({ key: parameters["key"] ?? "" }, "key", keyCharsMax);
}

function selfOf({ id, key, roomId }: Webhook, { options }: Call): string {
  const room = `${baseOf(options)}/v2/room/${roomId}`;
  return key === undefined ? `${room}/webhook/${id}` : `${room}/extension/webhook/${encodeURIComponent(key)}`;
}

function webhookItem(webhook: Webhook, call: Call): Readonly<Record<string, unknown>> {
  const { id, name, event, url, pattern, key } = webhook;
  return {
    id,
    name,
    event,
    url,
    pattern: pattern === "" ? null : pattern,
    ...(key === undefined ? {} : { key }),
    links: { self: selfOf(webhook, call) },
  };
}

function webhookDetails(webhook: Webhook, room: Room, call: Call): Readonly<Record<string, unknown>> {
  return {
    ...webhookItem(webhook, call),
    authentication: "none",
    created: timestamp(webhook.createdAt),
    creator: person(webhook.creator, call.options),
    room: roomItem(room, call.options),
  };
}
