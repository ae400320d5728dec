import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TextStep } from "../../src/core/message.ts";
import { Secret } from "../../src/core/secret.ts";
import { ChannelOptions, openDestination } from "../../src/destinations/index.ts";
import type { Destination } from "../../src/destinations/contract.ts";
import { listenRecording } from "../support/recording-server.ts";
import type { RecordingServer } from "../support/recording-server.ts";
import { readFixture } from "../support/sources.ts";

/* A HipChat channel that reaches its server through a real HTTP proxy. */

interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly asked: { readonly to: string; readonly headers: IncomingHttpHeaders }[];
}

/** Opens tunnels, or answers each wish for one with a status. */
async function listenProxy(refusal?: number): Promise<Proxy> {
  const asked: Proxy["asked"] = [];
  const sockets = new Set<Socket>();
  const server = createHttpServer((_request, response) => void response.writeHead(500).end());
  server.on("connect", (request, socket: Socket) => {
    asked.push({ to: request.url ?? "", headers: request.headers });
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    onward.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

let room: RecordingServer;
beforeEach(async () => {
  room = await listenRecording();
});
afterEach(async () => await room[Symbol.asyncDispose]());

const text: TextStep = { kind: "text", text: "Hot.", format: "text", color: "red", notify: true };

async function open(proxy: object, more: object = {}): Promise<Destination> {
  const notificationToken = new Secret("t0ken-of-the-room");
  const options = { kind: "hipchat", host: room.url, room: "Ops", notificationToken, proxy, ...more };
  const unused = () => ({ url: "http://127.0.0.1:9", token: notificationToken });
  return await openDestination(ChannelOptions.parse(options), { baseDir: "/", roomServer: unused });
}

const say = async (destination: Destination): Promise<unknown> =>
  await destination.deliver(text, { deliveryId: "d", number: 1, signal: AbortSignal.timeout(10_000) });

test("what is sent goes through the tunnel, and the proxy's password to the proxy alone", async () => {
  await using proxy = await listenProxy();
  const destination = await open({ url: proxy.url, username: "chartbell", password: new Secret("pr0xy") });
  await say(destination);
  await destination[Symbol.asyncDispose]();
  const basic = `Basic ${Buffer.from("chartbell:pr0xy").toString("base64")}`;
  expect(proxy.asked).toMatchObject([{ to: new URL(room.url).host, headers: { "proxy-authorization": basic } }]);
  expect(JSON.stringify(proxy.asked)).not.toContain("t0ken");
  expect(room.received).toMatchObject([{ url: "/v2/room/Ops/notification" }]);
  expect(room.received[0]?.headers).not.toHaveProperty("proxy-authorization");
});

test.each([407, 403, 502])("a proxy that answers %i is told as such, and nothing was sent", async (status) => {
  await using proxy = await listenProxy(status);
  const destination = await open({ url: proxy.url, username: "chartbell", password: new Secret("pr0xy") });
  await expect(say(destination)).rejects.toMatchObject({
    code: "delivery_unreachable",
    message: `The proxy opened no way to ${new URL(room.url).host}.`,
  });
  await destination[Symbol.asyncDispose]();
  expect(room.received).toEqual([]);
});

test("a proxy that is not there is told as the way that was tried", async () => {
  const gone = await listenProxy();
  await gone[Symbol.asyncDispose]();
  const destination = await open({ url: gone.url });
  await expect(say(destination)).rejects.toMatchObject({
    code: "delivery_unreachable",
    message: expect.stringContaining("through the proxy (ECONNREFUSED)"),
  });
  await destination[Symbol.asyncDispose]();
});

test("behind a proxy certificates are checked as without one", async () => {
  await using proxy = await listenProxy();
  const pem = { cert: readFixture("sns-test-certificate.pem"), key: readFixture("sns-test-key.pem") };
  const server = createHttpsServer(pem, (_request, response) => void response.writeHead(204).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const strict = await open({ url: proxy.url }, { host });
  const lax = await open({ url: proxy.url }, { host, tls: { verify: false } });
  try {
    await expect(say(strict)).rejects.toMatchObject({ code: "delivery_tls" });
    expect(await say(lax)).toEqual({});
  } finally {
    await Promise.all([strict, lax].map(async (one) => await one[Symbol.asyncDispose]()));
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  "socks5://127.0.0.1:1080",
  "http://user:word@127.0.0.1:3128",
  "http://127.0.0.1:3128/way",
  "127.0.0.1:3128",
])("%s is no address of a proxy", async (url) => {
  await expect(open({ url })).rejects.toThrow(/proxy/u);
});
