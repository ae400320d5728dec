import { resolve } from "node:path";
import { AppError } from "../../core/errors.ts";
import type { Step } from "../../core/message.ts";
import type { PictureLimits } from "../../core/picture.ts";
import type { Secret } from "../../core/secret.ts";
import type { Attempt, CheckResult, Destination, DestinationDeps, Pictures, Receipt, Target } from "../contract.ts";
import { defineDestination } from "../contract.ts";
import type { Transport } from "../transport.ts";
import { openTransport } from "../transport.ts";
import { readAnswer, refused } from "./answer.ts";
import { HipchatOptions, parseHost, warningsOf } from "./options.ts";
import { bearer, pictureRequest, textRequest, textRequestV1, v2Url } from "./request.ts";

/** HipChat's clients took files up to 50 MB and drew previews up to 8,000 pixels a side, as PNG, JPEG or GIF. */
const pictureLimits: PictureLimits = {
  bytesMax: 10 * 1024 * 1024,
  pixelsMax: 32_000_000,
  sideMax: 8000,
  mediaTypes: ["image/png", "image/jpeg"],
};

/** A room or user of a HipChat server, by API v2 or v1. */
export const hipchat = defineDestination({
  options: HipchatOptions,
  warnings: warningsOf,
  open: async (options, deps) => await openHipchat(options, deps),
});

export interface HipchatServer {
  readonly base: () => URL;
  readonly apiVersion: 1 | 2;
  readonly target: Target;
  readonly messageToken: () => Secret | undefined;
  readonly notificationToken: () => Secret | undefined;
  readonly from: string;
  readonly format: "html" | "text";
  readonly pictureLimits: PictureLimits;
  /** Whether a message with the `Idempotency-Key` of one it has is said once; HipChat's own servers know no keys. */
  readonly knowsKeys: boolean;
}

async function openHipchat(options: HipchatOptions, deps: DestinationDeps): Promise<Destination> {
  const base = parseHost(options.host);
  if (base === undefined) throw new AppError("config_invalid", `${options.host} is not a host name or URL.`);
  const { ca, verify } = options.tls;
  const caFile = ca === undefined ? undefined : resolve(deps.baseDir, ca);
  const proxy =
    options.proxy === undefined
      ? undefined
      : { url: options.proxy.url, username: options.proxy.username, password: options.proxy.password };
  const transport = await openTransport({ caFile, verify }, proxy);
  const target: Target =
    options.user === undefined
      ? { kind: "room", idOrName: options.room ?? "" }
      : { kind: "user", idOrName: options.user };
  return hipchatDestination(
    {
      base: () => base,
      apiVersion: options.apiVersion,
      target,
      messageToken: () => options.messageToken,
      notificationToken: () => options.notificationToken,
      from: options.from,
      format: options.messageFormat,
      pictureLimits,
      knowsKeys: false,
    },
    transport,
  );
}

/** The destination that speaks to any server of HipChat's API; the built-in room server is one of them. */
export function hipchatDestination(server: HipchatServer, transport: Transport): Destination {
  return {
    format: server.format,
    pictures: picturesOf(server),
    deliver: async (step, attempt) => await deliver(server, transport, step, attempt),
    towards(target) {
      const lacksToken = target.kind === "user" && server.messageToken() === undefined;
      return server.apiVersion === 1 || lacksToken ? undefined : hipchatDestination({ ...server, target }, transport);
    },
    check: async (signal) => await check(server, transport, signal),
    [Symbol.asyncDispose]: async () => await transport[Symbol.asyncDispose](),
  };
}

function picturesOf(server: HipchatServer): Pictures {
  if (server.apiVersion === 1) return { taken: false, reason: "HipChat's API version 1 cannot take files." };
  if (server.messageToken() === undefined) {
    return { taken: false, reason: "This channel has no messageToken (scope send_message), which pictures need." };
  }
  return { taken: true, limits: server.pictureLimits };
}

async function deliver(server: HipchatServer, transport: Transport, step: Step, attempt: Attempt): Promise<Receipt> {
  const outgoing = requestOf(server, step);
  const key: Readonly<Record<string, string>> = server.knowsKeys ? { "idempotency-key": attempt.deliveryId } : {};
  const answer = await transport.send({ ...outgoing, headers: { ...outgoing.headers, ...key } }, attempt.signal);
  return readAnswer(answer, server.apiVersion, new Date());
}

function requestOf(server: HipchatServer, step: Step) {
  const base = server.base();
  if (step.kind === "picture") {
    const token = server.messageToken();
    const pictures = picturesOf(server);
    if (!pictures.taken) throw new AppError("delivery_picture_unsupported", pictures.reason);
    if (token === undefined) throw new AppError("delivery_picture_unsupported", "The channel has no messageToken.");
    refuseTooLarge(step.picture.bytes.length, server.pictureLimits);
    return pictureRequest(base, server.target, token, step);
  }
  const token = textToken(server);
  return server.apiVersion === 1
    ? textRequestV1(base, server.target.idOrName, token, server.from, step)
    : textRequest(base, server.target, token, server.from, step);
}

function refuseTooLarge(bytes: number, { bytesMax }: PictureLimits): void {
  if (bytes <= bytesMax) return;
  throw new AppError("picture_unfit", `The picture has ${bytes} bytes; the channel takes ${bytesMax}.`);
}

/** A user token may hold both scopes (ATSD's set-up); a person is reached with send_message only. */
function textToken(server: HipchatServer): Secret {
  const [message, notification] = [server.messageToken(), server.notificationToken()];
  const token = server.target.kind === "user" ? message : (notification ?? message);
  if (token === undefined) throw new AppError("delivery_unauthorized", "The channel has no token for text.");
  return token;
}

/** HipChat's `auth_test=true`: the method is not performed; 202 when the token may use it. */
async function check(server: HipchatServer, transport: Transport, signal: AbortSignal): Promise<CheckResult[]> {
  const pictures = picturesOf(server);
  const results = [await checkText(server, transport, signal)];
  const token = server.messageToken();
  if (!pictures.taken) {
    results.push({ subject: "pictures", ok: true, detail: `No pictures, only links: ${pictures.reason}` });
  } else if (token !== undefined) {
    const url = v2Url(server.base(), server.target, "share/file");
    results.push(await probe("pictures (scope send_message)", url, bearer(token), transport, signal));
  }
  return results;
}

async function checkText(server: HipchatServer, transport: Transport, signal: AbortSignal): Promise<CheckResult> {
  const token = textToken(server);
  if (server.apiVersion === 1) {
    // v1 takes its token in the query or the body only; the body keeps it out of logs.
    const url = new URL("v1/rooms/message", server.base());
    const form = new URLSearchParams({ auth_token: token.reveal(), room_id: server.target.idOrName, format: "json" });
    return await probe("text (API v1)", url, {}, transport, signal, form);
  }
  const isRoom = server.target.kind === "room";
  const url = v2Url(server.base(), server.target, isRoom ? "notification" : "message");
  const subject = `text (scope ${isRoom ? "send_notification" : "send_message"})`;
  return await probe(subject, url, bearer(token), transport, signal);
}

async function probe(
  subject: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  transport: Transport,
  signal: AbortSignal,
  form?: URLSearchParams,
): Promise<CheckResult> {
  const probeUrl = new URL(url);
  probeUrl.searchParams.set("auth_test", "true");
  const type = form === undefined ? "application/json" : "application/x-www-form-urlencoded";
  try {
    const answer = await transport.send(
      { method: "POST", url: probeUrl, headers: { ...headers, "content-type": type }, body: form?.toString() ?? "{}" },
      signal,
    );
    if (answer.status === 202) return { subject, ok: true, detail: "The server accepts the token." };
    if (answer.status >= 200 && answer.status <= 299) {
      return { subject, ok: false, detail: `The server answered ${answer.status} to auth_test instead of 202.` };
    }
    throw refused(answer, new Date());
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { subject, ok: false, detail: `${error.message} ${error.hint}` };
  }
}
