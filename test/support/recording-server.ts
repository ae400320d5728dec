import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { bodyOf, listen } from "./loopback.ts";
import type { LoopbackServer } from "./loopback.ts";

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether its answer has left. */
  readonly isAnswered: () => boolean;
}

export type Reply = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that keeps every request it got and answers as the test says: any status, garbage, nothing. */
export interface RecordingServer extends LoopbackServer {
  readonly received: Received[];
  reply: Reply;
}

/** Starts a recording server; it answers 204 until `reply` is set. */
export async function listenRecording(): Promise<RecordingServer> {
  const received: Received[] = [];
  const state: { reply: Reply } = { reply: (response) => void response.writeHead(204).end() };
  const server = await listen((request, response) => {
    void bodyOf(request)
      .then((body) => {
        const { method = "", url = "", headers } = request;
        received.push({ method, url, headers, body, isAnswered: () => response.writableFinished });
        state.reply(response, request);
      })
      // The client hung up while it was sending: there is nobody to answer.
      .catch(() => undefined);
  });
  return {
    ...server,
    received,
    set reply(reply: Reply) {
      state.reply = reply;
    },
    get reply() {
      return state.reply;
    },
  };
}
