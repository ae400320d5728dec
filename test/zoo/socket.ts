import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/*
 * The little of RFC 6455 that a page needs which subscribes once and then listens: text messages below 64 KiB, no fragments,
 * no extensions.
 */

export interface Socket {
  send(text: string): void;
  /** Whether the other side is still there. */
  isOpen(): boolean;
}

/** Answers an upgrade request; `onMessage` gets each text message. */
export function acceptSocket(
  request: IncomingMessage,
  stream: Duplex,
  onMessage: (text: string, socket: Socket) => void,
): void {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  stream.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
  const socket: Socket = {
    send: (text) => void stream.write(frameOf(Buffer.from(text))),
    isOpen: () => stream.writable,
  };
  let rest = Buffer.alloc(0);
  stream.on("error", () => stream.destroy());
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const frame = readFrame(rest);
      if (frame === undefined) return;
      rest = rest.subarray(frame.bytes);
      if (frame.opcode === 8) stream.end();
      else if (frame.opcode === 1) onMessage(frame.payload.toString(), socket);
    }
  });
}

function frameOf(payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0]);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Length of the whole frame. */
  readonly bytes: number;
}

/** A client's frame, which is always masked; undefined while it is not complete. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 6) return undefined;
  const [first = 0, second = 0] = bytes;
  const isLong = (second & 0x7f) === 126;
  if (isLong && bytes.length < 8) return undefined;
  const length = isLong ? bytes.readUInt16BE(2) : second & 0x7f;
  const start = isLong ? 4 : 2;
  const end = start + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(start, start + 4);
  const payload = bytes.subarray(start + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: first & 0x0f, payload: Buffer.from(payload), bytes: end };
}
