import FormData from "form-data";
import type { PictureStep, TextStep } from "../../core/message.ts";
import type { Secret } from "../../core/secret.ts";
import { cutHtml, cutText, escapeHtml } from "../../core/text.ts";
import type { Target } from "../contract.ts";
import type { Outgoing } from "../transport.ts";

/*
 * HipChat's wire formats. Limits: message 10,000, caption 1,000, from 64 characters (API v2: send_room_notification,
 * share_file_with_room); v1 `from` at most 15 of letters, digits, `-`, `_` and space (rooms/message).
 */
const messageCharsMax = 10_000;
const captionCharsMax = 1_000;
const fromCharsMax = 64;
const fromCharsMaxV1 = 15;

/** API v2 path of a room's or user's method; the id or name is percent-encoded once. */
export function v2Url(base: URL, target: Target, method: string): URL {
  return new URL(`v2/${target.kind}/${encodeURIComponent(target.idOrName)}/${method}`, base);
}

export function bearer(token: Secret): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token.reveal()}` };
}

/** `POST /v2/room/ID/notification`, or `POST /v2/user/ID/message` for a person. */
export function textRequest(base: URL, target: Target, token: Secret, from: string, step: TextStep): Outgoing {
  const common = { message: cutMessage(step), message_format: step.format, notify: step.notify };
  const isRoom = target.kind === "room";
  const { color, card } = step;
  const more = { color, from: cutText(step.from ?? from, fromCharsMax), ...(card === undefined ? {} : { card }) };
  return {
    method: "POST",
    url: v2Url(base, target, isRoom ? "notification" : "message"),
    headers: { ...bearer(token), "content-type": "application/json" },
    body: JSON.stringify(isRoom ? { ...common, ...more } : common),
  };
}

/** `POST /v1/rooms/message`: a form, token in the body so that no log of a proxy on the way shows it in a URL. */
export function textRequestV1(base: URL, room: string, token: Secret, from: string, step: TextStep): Outgoing {
  const form = new URLSearchParams({
    auth_token: token.reveal(),
    room_id: room,
    from: senderV1(step.from ?? from),
    message: cutMessage(step),
    message_format: step.format,
    notify: step.notify ? "1" : "0",
    color: step.color,
    format: "json",
  });
  return {
    method: "POST",
    url: new URL("v1/rooms/message", base),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

function cutMessage(step: TextStep): string {
  const mark = (cut: string): string => (step.format === "html" ? escapeHtml(cut) : cut);
  const cut = step.format === "html" ? cutHtml : cutText;
  return cut(step.text, messageCharsMax, mark("… [cut: the message is longer than HipChat takes]"));
}

/** API v1 takes letters, digits, `-`, `_` and space only; a cut name ends in `--`, its mark within that alphabet. */
function senderV1(from: string): string {
  const plain = from
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\p{ASCII}]/gu, "")
    .replace(/[^\w -]/gu, "_");
  return plain.trim() === "" ? "Chartbell" : cutText(plain.trim(), fromCharsMaxV1, "--");
}

/**
 * `POST /v2/room|user/ID/share/file` as multipart/related in the layout of HipChat's own web client: CRLF, the JSON part
 * first, then the file's raw bytes in a part named "file".
 */
export function pictureRequest(base: URL, target: Target, token: Secret, step: PictureStep): Outgoing {
  const form = new FormData();
  const boundary = form.getBoundary();
  const part = (headers: readonly string[]): { header: string } => ({
    header: [`--${boundary}`, ...headers, "", ""].join("\r\n"),
  });
  form.append(
    "metadata",
    JSON.stringify({ message: cutText(step.caption, captionCharsMax) }),
    part(["Content-Type: application/json; charset=UTF-8", 'Content-Disposition: attachment; name="metadata"']),
  );
  form.append(
    "file",
    step.picture.bytes,
    part([
      `Content-Type: ${step.picture.mediaType}`,
      `Content-Disposition: attachment; name="file"; filename="${asciiFileName(step.fileName)}"`,
    ]),
  );
  return {
    method: "POST",
    url: v2Url(base, target, "share/file"),
    headers: { ...bearer(token), "content-type": `multipart/related; boundary=${boundary}; charset=UTF-8` },
    body: form.getBuffer(),
  };
}

/** Header-safe: old servers read neither quotes nor non-ASCII in `filename`. */
function asciiFileName(name: string): string {
  const safe = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\w.@+-]+/gu, "_");
  return safe.length <= 150 ? safe : `${safe.slice(0, 70)}__${safe.slice(-70)}`;
}
