import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import type { HandledAlert } from "../../src/core/delivery.ts";
import { historyOf, postJson, startTestApp } from "../support/app.ts";

/* ATSD's buttons over HTTP: what arrives in the room. */

const yaml = `
server: { tokens: { all: env:ALL, one: { token: env:ONE, channels: [lobby], portals: [] } } }
channels:
  lobby: { kind: room, room: Lobby }
  plain: { kind: room, room: Plain }
  off: { kind: room, room: Off, enabled: false }
routes: []
`;
const all = { authorization: "Bearer all" };

let app: App;
beforeAll(async () => {
  app = await startTestApp(yaml, { ALL: "all", ONE: "one" });
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function pressed(call: string, body: unknown): Promise<HandledAlert | undefined> {
  const answer = await postJson(app, `/api/channels/${call}`, body, all);
  expect([answer.status, answer.body]).toEqual([202, { id: expect.any(String) }]);
  return await app.pipeline.outcome(String(answer.body["id"]));
}

describe("POST /api/channels/NAME/test", () => {
  test("posts a hello, without a body and whatever the routes say", async () => {
    const before = (await historyOf(app, "Plain")).length;
    expect((await pressed("plain/test", ""))?.deliveries).toMatchObject([{ state: "delivered", shots: [] }]);
    expect((await historyOf(app, "Plain")).slice(before)).toMatchObject([
      { type: "notification", message: "Hello from Chartbell", color: "yellow" },
    ]);
  });

  test("with a portal posts its picture after the text, values escaped", async () => {
    const before = (await historyOf(app, "Lobby")).length;
    await pressed("lobby/test", { text: "<b>Test</b> of ops", portal: "test", params: { entity: "web01" } });
    expect((await historyOf(app, "Lobby")).slice(before)).toMatchObject([
      { message: "&lt;b&gt;Test&lt;/b&gt; of ops" },
      {
        message: expect.stringContaining("for web01"),
        file: { name: expect.stringMatching(/^test_web01_open_test_/u) },
      },
    ]);
  });
});

describe("POST /api/channels/NAME/send-screenshot", () => {
  test("posts the picture alone, of the test portal unless another is named", async () => {
    const before = (await historyOf(app, "Lobby")).length;
    expect((await pressed("lobby/send-screenshot", ""))?.deliveries).toMatchObject([
      { state: "delivered", shots: [{ portal: "test", verdict: "ready" }] },
    ]);
    const posted = (await historyOf(app, "Lobby")).slice(before);
    expect(posted).toHaveLength(1);
    expect(posted[0]?.file?.name).toMatch(/^test_screenshot_open_test_\d{8}_\d{6}\.png$/u);
  });
});

describe("is refused with the reason", () => {
  test.each([
    ["a channel that is not there", "loby/test", {}, all, 404, "channel_unknown"],
    ["a channel that is not enabled", "off/test", {}, all, 409, "channel_disabled"],
    ["a portal that is not there", "lobby/send-screenshot", { portal: "tset" }, all, 404, "portal_unknown"],
    ["a key that is not known", "lobby/test", { txt: "x" }, all, 400, "request_invalid"],
    ["an empty text", "lobby/test", { text: "" }, all, 400, "request_invalid"],
    ["no token", "lobby/test", {}, {}, 401, "unauthorized"],
    [
      "a channel that the token may not name",
      "plain/test",
      {},
      { authorization: "Bearer one" },
      403,
      "token_forbidden",
    ],
    [
      "a portal that the token may not name",
      "lobby/send-screenshot",
      {},
      { authorization: "Bearer one" },
      403,
      "token_forbidden",
    ],
  ])("%s", async (_what, call, body, headers, status, code) => {
    const answer = await postJson(app, `/api/channels/${call}`, body, headers);
    expect([answer.status, answer.body["code"]]).toEqual([status, code]);
  });
});
