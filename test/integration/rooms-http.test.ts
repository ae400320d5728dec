import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { limits } from "../../src/core/limits.ts";
import { historyOf, postJson, startTestApp } from "../support/app.ts";
import { listenTls } from "../support/web-driver.ts";

const rateHeaders = ["limit", "remaining", "reset"].flatMap((name) => [
  `x-ratelimit-${name}`,
  `x-floodcontrol-${name}`,
]);
const errorOf = async (response: Response): Promise<unknown> => {
  const { error }: { error: unknown } = JSON.parse(await response.text());
  return error;
};

describe("the HipChat API over HTTP", () => {
  let app: App;
  beforeAll(async () => {
    app = await startTestApp("channels: { lobby: { kind: room, room: Lobby } }");
  });
  afterAll(async () => await app[Symbol.asyncDispose]());
  const send = async (init: RequestInit, path = "/v2/room/Lobby/notification"): Promise<Response> =>
    await fetch(`${app.localUrl}${path}`, { method: "POST", ...init });

  test.each([
    ["a body that is too large", { body: Buffer.alloc(limits.roomsBodyBytesMax + 1) }, 413],
    ["a body that becomes too large", packed(gzipSync(Buffer.alloc(limits.roomsBodyBytesMax + 1))), 413],
    ["an unknown encoding", { body: "{}", headers: { "content-encoding": "zip" } }, 415],
    ["a broken encoding", packed(Buffer.from("not packed")), 400],
    ["JSON that is none", { body: "{", headers: { "content-type": "application/json" } }, 400],
    ["no message", { body: "{}", headers: { "content-type": "application/json" } }, 400],
  ])("refuses %s in HipChat's words, with the six rate headers", async (_, init, status) => {
    const response = await send(init);
    expect(response.status).toBe(status);
    expect([...response.headers.keys()]).toEqual(expect.arrayContaining(rateHeaders));
    expect(await errorOf(response)).toMatchObject({ code: status, type: expect.any(String) });
  });

  test("takes a packed body", async () => {
    const init = packed(gzipSync('{"message":"packed"}'), { "content-type": "application/json" });
    expect((await send(init)).status).toBe(204);
    expect((await historyOf(app, "Lobby")).at(-1)?.message).toBe("packed");
  });

  test("may call no webhook on this machine unless the configuration says so", async () => {
    const body = { url: `${app.localUrl}/hook`, event: "room_message" };
    const refused = await postJson(app, "/v2/room/Lobby/webhook", body);
    expect(refused.status).toBe(400);
    expect(refused.body["error"]).toMatchObject({ field: "url", message: expect.stringContaining("webhookAllow") });
  });
});

function packed(body: Buffer, headers: Record<string, string> = {}): RequestInit {
  return { body: new Uint8Array(body), headers: { ...headers, "content-encoding": "gzip" } };
}

test("a webhook on this machine is called where rooms.webhookAllow names it, but not with a certificate nobody vouches for", async () => {
  const bodies: string[] = [];
  const plain = createServer((request, response) => {
    void text(request).then((body) => bodies.push(body));
    response.writeHead(200, { "content-type": "application/json" }).end('{"message":"heard"}');
  });
  plain.listen(0, "127.0.0.1");
  await once(plain, "listening");
  let shaken = 0;
  await using secure = await listenTls((_, response) => {
    shaken += 1;
    response.end();
  });
  const { port } = plain.address() as AddressInfo;
  const yaml = `rooms: { webhookAllow: ["127.0.0.1:${port}", "localhost:${secure.port}"] }`;
  await using app = await startTestApp(yaml);
  for (const url of [`https://localhost:${secure.port}/`, `http://127.0.0.1:${port}/`]) {
    const { status } = await postJson(app, "/v2/room/Lobby/webhook", { url, event: "room_message" });
    expect(status).toBe(201);
  }
  await postJson(app, "/v2/room/Lobby/message", { message: "hello" });
  await expect
    .poll(async () => (await historyOf(app, "Lobby")).map(({ message }) => message))
    .toEqual(["hello", "heard"]);
  expect(bodies).toEqual([expect.stringContaining('"message":"hello"')]);
  expect(shaken).toBe(0);
  plain.close();
});
