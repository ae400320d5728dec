import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import type { Reach } from "../../../src/rooms/contract.ts";
import { errorOf, historyOf, jsonOf, openRooms, tinyPng, token, upload } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

const hooks = "/v2/room/Lobby/webhook";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { event: string; item: Record<string, unknown>; webhook_id: number; oauth_client_id: string };
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part[Symbol.asyncDispose]();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that keeps what it is told. */
async function listen(answer: Answer = (_, response) => void response.writeHead(204).end()) {
  const received: Received[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await text(request)) as Received["body"];
    received.push({ path: request.url ?? "", headers: request.headers, body });
    answer(request, response);
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1` };
}

const loopback: Reach = async () => ({ kind: "open", addresses: [{ address: "127.0.0.1", family: 4 }] });

async function rooms(reach: Reach = loopback): Promise<TestRooms> {
  const opened = await openRooms({}, { reach });
  open.push(opened.rooms);
  return opened;
}

const register = async ({ call }: TestRooms, body: object): Promise<{ id: number; links: { self: string } }> => {
  const answer = await call("POST", hooks, { body });
  expect(answer.status).toBe(201);
  return jsonOf(answer) as { id: number; links: { self: string } };
};
const say = async ({ call }: TestRooms, message: string, path = "message"): Promise<void> =>
  void (await call("POST", `/v2/room/Lobby/${path}`, { body: { message } }));

describe("a webhook", () => {
  test("is registered, shown, listed and deleted", async () => {
    const opened = await rooms();
    const body = { url: "https://a.example/hook", event: "room_enter", pattern: "^/echo", name: "Echo" };
    expect(await register(opened, body)).toEqual({
      id: 1,
      links: { self: "https://chat.example.com/v2/room/1/webhook/1" },
    });
    expect(jsonOf(await opened.call("GET", `${hooks}/1`))).toMatchObject({
      id: 1,
      ...body,
      room: { id: 1, name: "Lobby" },
      creator: { id: 1, name: "all" },
    });
    expect(jsonOf(await opened.call("GET", hooks))).toMatchObject({ items: [{ id: 1, ...body }], startIndex: 0 });
    expect((await opened.call("DELETE", `${hooks}/1`)).status).toBe(204);
    expect((await opened.call("GET", `${hooks}/1`)).status).toBe(404);
    expect((await opened.call("DELETE", `${hooks}/1`)).status).toBe(404);
    expect(jsonOf(await opened.call("GET", hooks))).toMatchObject({ items: [] });
  });

  test("under a key is put, put again in the same place, and deleted by it", async () => {
    const opened = await rooms();
    const keyed = "/v2/room/Lobby/extension/webhook";
    const body = { url: "https://a.example/1", event: "room_message" };
    for (const url of ["https://a.example/1", "https://a.example/2"]) {
      const answer = await opened.call("PUT", `${keyed}/my%20key`, { body: { ...body, url } });
      expect(answer.status).toBe(201);
      expect(jsonOf(answer)).toMatchObject({
        key: "my key",
        links: { self: "https://chat.example.com/v2/room/1/extension/webhook/my%20key" },
      });
    }
    await register(opened, body);
    expect((jsonOf(await opened.call("GET", keyed)) as { items: unknown[] }).items).toHaveLength(1);
    expect(jsonOf(await opened.call("GET", `${keyed}/my%20key`))).toMatchObject({ url: "https://a.example/2" });
    expect((await opened.call("PUT", `${keyed}/${"x".repeat(41)}`, { body })).status).toBe(400);
    expect((await opened.call("DELETE", `${keyed}/my%20key`)).status).toBe(204);
    expect((await opened.call("GET", `${keyed}/my%20key`)).status).toBe(404);
  });

  test.each([
    [{ event: "room_message" }, "url"],
    [{ url: "https://a.example" }, "event"],
    [{ url: "https://a.example", event: "room_explodes" }, "event"],
    [{ url: "/hook", event: "room_message" }, "url"],
    [{ url: "ftp://a.example", event: "room_message" }, "url"],
    [{ url: "https://me:secret@a.example", event: "room_message" }, "url"],
    [{ url: `https://a.example/${"x".repeat(2048)}`, event: "room_message" }, "url"],
    [{ url: "https://a.example", event: "room_message", pattern: "(" }, "pattern"],
    [{ url: "https://a.example", event: "room_message", pattern: "(?=x)" }, "pattern"],
    [{ url: "https://a.example", event: "room_message", pattern: String.raw`(a)\1` }, "pattern"],
    [{ url: "https://a.example", event: "room_message", pattern: "x".repeat(251) }, "pattern"],
    [{ url: "https://a.example", event: "room_message", pattern: "((x{90}){90}){9}" }, "pattern"],
    [{ url: "https://a.example", event: "room_message", authentication: "jwt" }, "authentication"],
    [{ url: "https://a.example", event: "room_message", name: "x".repeat(101) }, "name"],
  ])("is refused as %j", async (body, field) => {
    const answer = await (await rooms()).call("POST", hooks, { body });
    expect(errorOf(answer)).toMatchObject({ code: 400, field });
  });

  test("that may not be reached is refused, one whose name is unknown now is not", async () => {
    const body = { url: "http://127.0.0.1:1/", event: "room_message" };
    const refused = await (await rooms(async () => ({ kind: "refused" }))).call("POST", hooks, { body });
    expect(errorOf(refused)).toMatchObject({ field: "url", message: expect.stringContaining("rooms.webhookAllow") });
    await register(await rooms(async () => ({ kind: "failed", code: "ENOTFOUND" })), body);
  });

  test("is one of twenty a room can have, and goes with its room", async () => {
    const opened = await rooms();
    const body = { url: "https://a.example", event: "room_message" };
    for (let count = 0; count < limits.webhooksPerRoomMax; count++) await register(opened, body);
    expect((await opened.call("POST", hooks, { body })).status).toBe(400);
    await opened.call("DELETE", "/v2/room/Lobby");
    await opened.call("POST", "/v2/room", { body: { name: "Lobby" } });
    expect(jsonOf(await opened.call("GET", hooks))).toMatchObject({ items: [] });
  });
});

describe("what happens in a room is told", () => {
  test("each event with its payload, to the webhooks that asked for it", async () => {
    const { received, url } = await listen();
    const opened = await rooms();
    for (const event of ["room_message", "room_notification", "room_file_upload", "room_topic_change", "room_exit"]) {
      await register(opened, { url, event });
    }
    await say(opened, "hello");
    await say(opened, "<b>97%</b>", "notification");
    await opened.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "a.png", "CPU"));
    await opened.call("PUT", "/v2/room/Lobby/topic", { body: { topic: "on call" } });
    await expect.poll(() => received.length).toBe(4);
    const told = Object.fromEntries(received.map(({ body }) => [body.event, body]));
    const room = { id: 1, name: "Lobby", links: { self: "https://chat.example.com/v2/room/1" } };
    const sender = { id: 1, name: "all", mention_name: "all" };
    expect(told["room_message"]).toMatchObject({
      webhook_id: 1,
      oauth_client_id: "all",
      item: { room, message: { from: sender, message: "hello", type: "message", mentions: [] } },
    });
    expect(told["room_notification"]).toMatchObject({
      item: { room, message: { from: "all", message: "<b>97%</b>", color: "yellow", type: "notification" } },
    });
    expect(told["room_file_upload"]).toMatchObject({
      item: { room, sender, file: { name: "a.png", size: 72, url: expect.stringContaining("/files/") } },
    });
    expect(told["room_topic_change"]).toMatchObject({ item: { room, sender, topic: "on call" } });
    expect(received[0]?.path).toBe("/hook?x=1");
    expect(received[0]?.headers).toMatchObject({ "content-type": "application/json", "user-agent": "Chartbell" });
  });

  test("only where the pattern is found, in the order it was said, and not in another room", async () => {
    const { received, url } = await listen();
    const opened = await rooms();
    await opened.call("POST", "/v2/room", { body: { name: "Other" } });
    await register(opened, { url, event: "room_message", pattern: "^/[eE]cho" });
    await opened.call("POST", "/v2/room/Other/message", { body: { message: "/echo elsewhere" } });
    for (const message of ["/echo 1", "no /echo", "/Echo 2", "/echo 3"]) await say(opened, message);
    await expect.poll(() => received.length).toBe(3);
    expect(received.map(({ body }) => (body.item["message"] as { message: string }).message)).toEqual([
      "/echo 1",
      "/Echo 2",
      "/echo 3",
    ]);
  });

  test("again after a fault that may pass, at most three times, and not after one that stays", async () => {
    const statuses = [500, 429, 200, 404, 302, 503, 503, 503, 200];
    const { received, url } = await listen((_, response) => {
      response.writeHead(statuses[received.length - 1] ?? 200, { location: "/elsewhere" }).end();
    });
    const opened = await rooms();
    await register(opened, { url, event: "room_message" });
    for (const message of ["a", "b", "c", "d", "e"]) await say(opened, message);
    await expect.poll(() => received.length).toBe(9);
    const messages = received.map(({ body }) => (body.item["message"] as { message: string }).message);
    expect(messages).toEqual(["a", "a", "a", "b", "c", "d", "d", "d", "e"]);
    expect(received.every(({ path }) => path.startsWith("/hook"))).toBe(true);
  });

  test("to nobody who may no longer be reached, and the address is asked for before each call", async () => {
    const { received, url } = await listen();
    let isOpen = true;
    let askedCount = 0;
    const reach: Reach = async (target, signal) => {
      askedCount += 1;
      return isOpen ? await loopback(target, signal) : { kind: "refused" };
    };
    const opened = await rooms(reach);
    await register(opened, { url: url.replace("127.0.0.1", "a.example"), event: "room_message" });
    await say(opened, "one");
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]?.headers.host).toMatch(/^a\.example:/u);
    isOpen = false;
    await say(opened, "two");
    await expect.poll(() => askedCount).toBe(3);
    isOpen = true;
    await say(opened, "three");
    await expect.poll(() => received.length).toBe(2);
  });

  test("without holding up the room, and no longer once it is closed", async () => {
    const { received, url } = await listen(() => undefined);
    const opened = await rooms();
    await register(opened, { url, event: "room_message" });
    for (let count = 0; count < limits.webhookQueueMax + 10; count++) await say(opened, `m${count}`);
    expect(await historyOf(opened)).toHaveLength(limits.webhookQueueMax + 10);
    await expect.poll(() => received.length).toBe(1);
    await opened.rooms[Symbol.asyncDispose]();
    expect(received).toHaveLength(1);
  });
});

describe("an answer", () => {
  const answering = async (body: unknown, type = "application/json") => {
    const { received, url } = await listen((_, response) =>
      response.writeHead(200, { "content-type": type }).end(typeof body === "string" ? body : JSON.stringify(body)),
    );
    const opened = await rooms();
    await register(opened, { url, event: "room_message", name: "Echo" });
    await register(opened, { url, event: "room_notification", name: "Echo" });
    await say(opened, "hello");
    await expect.poll(() => received.length).toBe(1);
    // The next one's turn comes after the answer was read.
    await say(opened, "done");
    await expect.poll(() => received.length).toBe(2);
    return { received, opened };
  };
  test("with a notification is said in the room, and told to no webhook", async () => {
    const { received, opened } = await answering({ message: "<b>hi</b>", color: "green" });
    await expect.poll(async () => (await historyOf(opened)).length).toBe(4);
    expect((await historyOf(opened)).filter(({ type }) => type === "notification")).toEqual([
      expect.objectContaining({ from: "Echo", message: "<b>hi</b>", color: "green", message_format: "html" }),
      expect.objectContaining({ from: "Echo" }),
    ]);
    expect(received.map(({ body }) => body.event)).toEqual(["room_message", "room_message"]);
  });
  test.each([
    [""],
    ["thanks"],
    [{}],
    [{ message: "" }],
    [{ message: "x", color: "pink" }],
    [{ message: "x".repeat(70_000) }],
  ])("that is no notification says nothing: %j", async (body) => {
    const { opened } = await answering(body);
    expect(await historyOf(opened)).toHaveLength(2);
  });
});

test("a token without admin_room manages no webhooks", async () => {
  const { call } = await openRooms({ tokens: [token("some", "view_room", "send_message")] });
  for (const [method, path] of [
    ["GET", hooks],
    ["POST", hooks],
    ["DELETE", `${hooks}/1`],
  ] as const) {
    expect((await call(method, path, { token: "SOME" })).status).toBe(403);
  }
});
