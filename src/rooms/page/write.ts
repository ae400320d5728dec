import { plainName, withoutControls } from "../../core/clean-text.ts";
import type { NewMessage, Room } from "../../core/room.ts";
import type { Caller } from "../access.ts";
import { Fault } from "../answer.ts";
import { keyedId } from "../api/send.ts";
import type { ApiAnswer, ApiRequest } from "../contract.ts";
import { fromCharsMax, messageCharsMax } from "../fields.ts";
import { tellOf } from "../heard.ts";
import { roomPath } from "./address.ts";
import { noSuchRoom, problem, seeOther, wrongMethod } from "./answers.ts";
import { setCookie } from "./cookies.ts";
import type { PageDeps } from "./deps.ts";
import { isSecure, readForm } from "./forms.ts";
import { foreignForm } from "./sign-in.ts";
import { writerOf } from "./visitor.ts";

/** What somebody wrote that could not be said, and why. */
export interface Draft {
  readonly status: number;
  readonly text: string;
  readonly name: string;
  readonly trouble: string;
}

const nameSeconds = 365 * 24 * 60 * 60;

/**
 * `POST /rooms/ROOM/messages`: a person's words, plain text, as `POST /v2/room/ID/message` takes them. A draft when they could
 * not be said: the page shows it again.
 */
export async function writeMessage(request: ApiRequest, room: Room, deps: PageDeps): Promise<ApiAnswer | Draft> {
  if (request.method !== "POST") return wrongMethod("POST", deps);
  const form = readForm(request, deps.options);
  if (form === "foreign" || form === "unreadable") return foreignForm(deps);
  if (form === "stale") return draftOf(request, 403, "Not sent: the page was too old. Please send it again.");
  const caller = await writerOf(request, room, deps);
  if (caller === undefined) {
    return problem(deps, 403, "Not sent", "To write here, sign in with a token that has the scope send_message.");
  }
  const { text, name } = wordsOf(form);
  const trouble = troubleWith(text, name) ?? spend(room, deps);
  if (trouble !== undefined) return { ...trouble, text, name };
  return (await say(request, form, room, messageOf(text, name, caller), deps)) ?? noSuchRoom(room.name, deps);
}

async function say(
  request: ApiRequest,
  form: URLSearchParams,
  room: Room,
  message: NewMessage,
  deps: PageDeps,
): Promise<ApiAnswer | undefined> {
  // A form that is sent twice, by a second click or because its answer was lost, is one message.
  const once = form.get("once") ?? "";
  const said = await deps.store.append(room, message, once === "" ? undefined : keyedId(once, message.sender, room));
  if (said === undefined) return undefined;
  if (said.isNew) deps.webhooks.heard(room, said.message);
  await tellOf(said.message, room, request, deps);
  const { name } = wordsOf(form);
  return seeOther(roomPath(room), setCookie("chartbell_name", name, nameSeconds, isSecure(request)));
}

/** The sender is who they say they are, as far as their token's number tells. */
function messageOf(text: string, name: string, { id, name: ofToken }: Caller): NewMessage {
  const sender = { id, name: name === "" ? ofToken : name };
  return { kind: "message", sender, label: "", text, format: "text", notify: false };
}

function wordsOf(form: URLSearchParams): { readonly text: string; readonly name: string } {
  const text = withoutControls((form.get("message") ?? "").replace(/\r\n?/gu, "\n")).trimEnd();
  return { text, name: plainName(form.get("name") ?? "").replace(/\s+/gu, " ") };
}

function troubleWith(text: string, name: string): Pick<Draft, "status" | "trouble"> | undefined {
  if (text.trim() === "") return { status: 400, trouble: "Not sent: there is nothing in it." };
  if (Array.from(text).length > messageCharsMax) {
    return {
      status: 400,
      trouble: `Not sent: a message has at most ${messageCharsMax.toLocaleString("en")} characters.`,
    };
  }
  if (Array.from(name).length <= fromCharsMax) return undefined;
  return { status: 400, trouble: `Not sent: a name has at most ${fromCharsMax} characters.` };
}

/** One message of the room's minute. */
function spend(room: Room, { rates }: PageDeps): Pick<Draft, "status" | "trouble"> | undefined {
  try {
    rates.meter().send(String(room.id));
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { status: error.status, trouble: "Not sent: too much is said here within a minute. Wait a little." };
  }
}

function draftOf(request: ApiRequest, status: number, trouble: string): Draft {
  return { status, trouble, ...wordsOf(new URLSearchParams(request.body.toString("utf8"))) };
}
