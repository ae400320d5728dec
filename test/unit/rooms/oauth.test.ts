import { describe, expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { errorOf, historyOf, jsonOf, openRooms, token } from "./open-rooms.ts";
import type { CallOptions, TestRooms } from "./open-rooms.ts";

const basic = (user: string, password: string) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });
const form = { "content-type": "application/x-www-form-urlencoded" };
const ask = (fields: Record<string, string>, user = "bot", password = "BOT"): CallOptions => ({
  token: undefined,
  headers: { ...basic(user, password), ...form },
  body: new URLSearchParams({ grant_type: "client_credentials", ...fields }).toString(),
});
const open = async (): Promise<TestRooms> =>
  await openRooms({ tokens: [token("all"), token("bot", "send_notification", "send_message", "view_messages")] });
const tokenFrom = async ({ call }: TestRooms, options: CallOptions): Promise<string> => {
  const answer = await call("POST", "/v2/oauth/token", options);
  expect(answer.status).toBe(200);
  return (jsonOf(answer) as { access_token: string }).access_token;
};

describe("a token for client credentials", () => {
  test("has the scopes that were asked for, and sends as the client", async () => {
    const rooms = await open();
    const bearer = await tokenFrom(rooms, ask({ scope: "send_message view_messages admin_room" }));
    const say = async (path: string): Promise<number> =>
      (await rooms.call("POST", `/v2/room/Lobby/${path}`, { token: bearer, body: { message: "x" } })).status;
    expect(await say("message")).toBe(201);
    expect(await say("notification")).toBe(403);
    expect((await historyOf(rooms))[0]?.from).toMatchObject({ id: 2, name: "bot" });
    expect(jsonOf(await rooms.call("GET", `/v2/oauth/token/${bearer}?auth_token=${bearer}`))).toEqual({
      client: { allowed_scopes: ["send_message", "view_messages"], name: "bot", room: null },
      scopes: ["send_message", "view_messages"],
    });
  });
  test("may be asked for in JSON, and without scopes has all of the client's", async () => {
    const { call } = await open();
    const answer = await call("POST", "/v2/oauth/token", {
      token: undefined,
      headers: basic("bot", "BOT"),
      body: { grant_type: "client_credentials" },
    });
    expect(jsonOf(answer)).toMatchObject({
      token_type: "bearer",
      expires_in: 28_800,
      scope: "send_notification send_message view_messages",
    });
  });
  test("is good for eight hours", async () => {
    const rooms = await open();
    const bearer = await tokenFrom(rooms, ask({}));
    rooms.advance(limits.roomSessionMs - 1);
    expect((await rooms.call("GET", "/v2/room/Lobby/history", { token: bearer })).status).toBe(200);
    rooms.advance(1);
    expect((await rooms.call("GET", "/v2/room/Lobby/history", { token: bearer })).status).toBe(401);
  });
  test("gives way when there are too many", async () => {
    const rooms = await open();
    const first = await tokenFrom(rooms, ask({}));
    for (let count = 1; count < limits.roomSessionsMax; count++) await rooms.call("POST", "/v2/oauth/token", ask({}));
    const status = async () => (await rooms.call("GET", "/v2/room/Lobby/history", { token: first })).status;
    expect(await status()).toBe(200);
    await rooms.call("POST", "/v2/oauth/token", ask({}));
    expect(await status()).toBe(401);
  });
  test.each([
    ["a wrong secret", ask({}, "bot", "ALL"), 401],
    ["a wrong name", ask({}, "all", "BOT"), 401],
    ["no credentials", { ...ask({}), headers: form }, 401],
    ["another grant", ask({ grant_type: "password" }), 400],
    ["scopes beyond the client's", ask({ scope: "admin_room" }), 400],
    ["unknown scopes", ask({ scope: "everything" }), 400],
  ])("is refused for %s", async (_, options, code) => {
    expect(errorOf(await (await open()).call("POST", "/v2/oauth/token", options))).toMatchObject({ code });
  });
  test("is for anyone where no token is needed, but not for a page of another site", async () => {
    const rooms = await openRooms({ requireTokens: false });
    await tokenFrom(rooms, ask({}, "any", "thing"));
    const foreign = { ...ask({}), headers: { ...basic("a", "b"), ...form, "sec-fetch-site": "cross-site" } };
    expect((await rooms.call("POST", "/v2/oauth/token", foreign)).status).toBe(401);
  });
});

test("a configured token's scopes are told to its bearer, an unknown one's to nobody", async () => {
  const { call } = await open();
  expect(jsonOf(await call("GET", "/v2/oauth/token/BOT", { token: "BOT" }))).toMatchObject({ client: { name: "bot" } });
  expect(errorOf(await call("GET", "/v2/oauth/token/x", { token: "BOT" }))).toMatchObject({ code: 404 });
  expect(errorOf(await call("GET", "/v2/oauth/token/BOT", { token: "x" }))).toMatchObject({ code: 401 });
});
