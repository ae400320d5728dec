import { describe, expect, test } from "vitest";
import { errorOf, historyOf, jsonOf, openRooms, tinyPng, token, upload } from "./open-rooms.ts";

const form = (fields: Record<string, string>) => ({
  token: undefined,
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});
const message = { room_id: "Lobby", from: "bot", message: "hi", auth_token: "ALL" };

describe("rooms/message", () => {
  test.each([
    ["a form", "POST", "/v1/rooms/message", form(message)],
    [
      "the query of a POST without a body",
      "POST",
      `/v1/rooms/message?${new URLSearchParams(message).toString()}`,
      { token: undefined },
    ],
    ["the query of a GET", "GET", `/v1/rooms/message?${new URLSearchParams(message).toString()}`, { token: undefined }],
    ["JSON and a Bearer token", "POST", "/v1/rooms/message", { body: message }],
  ])("takes %s", async (_, method, target, options) => {
    const rooms = await openRooms();
    const answer = await rooms.call(method, target, options);
    expect([answer.status, answer.body]).toEqual([200, '{"status":"sent"}']);
    expect(await historyOf(rooms)).toEqual([
      expect.objectContaining({
        message: "hi",
        from: "bot",
        color: "yellow",
        message_format: "html",
        type: "notification",
      }),
    ]);
  });

  test("prefers the form to the query and finds rooms by number and by a name encoded twice", async () => {
    const rooms = await openRooms({ rooms: ["Lobby", "Alerts Room"] });
    await rooms.call(
      "POST",
      "/v1/rooms/message?message=other&room_id=1",
      form({ ...message, room_id: "Alerts%20Room" }),
    );
    await rooms.call("POST", "/v1/rooms/message", form({ ...message, room_id: "2" }));
    expect((await historyOf(rooms, "Alerts Room")).map(({ message }) => message)).toEqual(["hi", "hi"]);
  });

  test.each([
    [{ ...message, room_id: "" }, 400],
    [{ ...message, room_id: "Nowhere" }, 404],
    [{ ...message, message: "" }, 400],
    [{ ...message, message: "x".repeat(10_001) }, 400],
    [{ ...message, from: "x".repeat(65) }, 400],
    [{ ...message, notify: "2" }, 400],
  ])("refuses %j with %i", async (fields, code) => {
    const rooms = await openRooms();
    expect(errorOf(await rooms.call("POST", "/v1/rooms/message", form(fields)))).toMatchObject({ code });
    expect(await historyOf(rooms)).toEqual([]);
  });

  test("refuses a token that is missing, wrong or lacks the scope", async () => {
    const { call } = await openRooms({ tokens: [token("all"), token("reader", "view_messages")] });
    const unauthorized = {
      error: {
        code: 401,
        type: "Unauthorized",
        message: "Auth token invalid. Please see: https://www.hipchat.com/docs/api/auth",
      },
    };
    for (const auth_token of ["", "WRONG"]) {
      expect(jsonOf(await call("POST", "/v1/rooms/message", form({ ...message, auth_token })))).toEqual(unauthorized);
    }
    expect(errorOf(await call("POST", "/v1/rooms/message", form({ ...message, auth_token: "READER" })))).toMatchObject({
      code: 403,
    });
  });

  test("does nothing for auth_test", async () => {
    const rooms = await openRooms();
    expect((await rooms.call("POST", "/v1/rooms/message?auth_test=true", form(message))).status).toBe(202);
    expect(await historyOf(rooms)).toEqual([]);
  });
});

test("rooms/list names the rooms and when they were last active, without direct ones", async () => {
  const rooms = await openRooms({ rooms: ["Lobby", "Quiet"] });
  rooms.advance(60_000);
  await rooms.call("POST", "/v1/rooms/message", form(message));
  await rooms.call("POST", "/v2/user/bob/message", { body: { message: "hi" } });
  expect(jsonOf(await rooms.call("GET", "/v1/rooms/list"))).toMatchObject({
    rooms: [
      { room_id: 1, name: "Lobby", last_active: Date.UTC(2026, 10, 21, 12, 1) / 1000, owner_user_id: 1 },
      { room_id: 2, name: "Quiet", last_active: 0 },
    ],
  });
});

describe("rooms/history", () => {
  test("shows messages, senders and files", async () => {
    const rooms = await openRooms();
    await rooms.call("POST", "/v1/rooms/message", form(message));
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "a.png", "CPU"));
    expect(jsonOf(await rooms.call("GET", "/v1/rooms/history?room_id=Lobby&date=recent"))).toEqual({
      messages: [
        { date: "2026-11-21T12:00:00+0000", from: { name: "bot", user_id: "api" }, message: "hi" },
        {
          date: "2026-11-21T12:00:00+0000",
          from: { name: "all", user_id: 1 },
          message: "CPU",
          file: { name: "a.png", size: 72, url: expect.stringContaining("/rooms/Lobby/files/") },
        },
      ],
    });
  });
  test("gives a single day, and refuses what is no day", async () => {
    const rooms = await openRooms();
    for (const text of ["one", "two"]) {
      await rooms.call("POST", "/v1/rooms/message", form({ ...message, message: text }));
      rooms.advance(24 * 60 * 60_000);
    }
    const history = await rooms.call("GET", "/v1/rooms/history?room_id=1&date=2026-11-22");
    expect((jsonOf(history) as { messages: { message: string }[] }).messages.map(({ message }) => message)).toEqual([
      "two",
    ]);
    expect(errorOf(await rooms.call("GET", "/v1/rooms/history?room_id=1&date=22.11.2026"))).toMatchObject({
      code: 400,
    });
    expect(errorOf(await rooms.call("GET", "/v1/rooms/history?room_id=1&date=2026-99-99"))).toMatchObject({
      code: 400,
    });
  });
});

test("what v1 does not have is not found", async () => {
  expect(errorOf(await (await openRooms()).call("GET", "/v1/rooms/nothing"))).toMatchObject({
    code: 404,
    type: "Not Found",
  });
});

describe("rooms and users", () => {
  test("are made, shown, given a topic and deleted", async () => {
    const rooms = await openRooms();
    const made = await rooms.call("POST", "/v1/rooms/create", form({ name: "Ops", topic: "a", auth_token: "ALL" }));
    expect(jsonOf(made)).toMatchObject({ room: { room_id: 2, name: "Ops", topic: "a", owner_user_id: 1 } });
    const topic = await rooms.call("POST", "/v1/rooms/topic", form({ room_id: "Ops", topic: "b", auth_token: "ALL" }));
    expect(jsonOf(topic)).toEqual({ status: "ok" });
    expect(jsonOf(await rooms.call("GET", "/v1/rooms/show?room_id=2"))).toMatchObject({
      room: { room_id: 2, topic: "b", is_private: false, participants: [] },
    });
    expect(jsonOf(await rooms.call("GET", "/v1/rooms/history?room_id=2"))).toEqual({
      messages: [expect.objectContaining({ from: { name: "API", user_id: "api" }, message: "b" })],
    });
    const deleted = await rooms.call("POST", "/v1/rooms/delete", form({ room_id: "2", auth_token: "ALL" }));
    expect(jsonOf(deleted)).toEqual({ deleted: true });
    expect(errorOf(await rooms.call("GET", "/v1/rooms/show?room_id=2"))).toMatchObject({ code: 404 });
  });
  test("of people are the bearers of tokens", async () => {
    const { call } = await openRooms();
    expect(jsonOf(await call("GET", "/v1/users/list"))).toMatchObject({ users: [{ user_id: 1, name: "all" }] });
    expect(jsonOf(await call("GET", "/v1/users/show?user_id=1"))).toMatchObject({ user: { mention_name: "all" } });
    expect(errorOf(await call("GET", "/v1/users/show?user_id=9"))).toMatchObject({ code: 404 });
    expect(errorOf(await call("GET", "/v1/users/show"))).toMatchObject({ code: 400, field: "user_id" });
  });
});

describe("format=xml", () => {
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  test("gives the same answer as XML, asked for in the query or in the form", async () => {
    const rooms = await openRooms({ rooms: ["A & B"] });
    const fields = { ...message, room_id: "A & B", message: "1 < 2" };
    const inForm = await rooms.call("POST", "/v1/rooms/message", form({ ...fields, format: "xml" }));
    expect([inForm.status, inForm.body]).toEqual([200, `${head}<status>sent</status>\n`]);
    expect(inForm.headers["content-type"]).toBe("application/xml; charset=utf-8");
    const list = String((await rooms.call("GET", "/v1/rooms/list?format=xml")).body);
    expect(list).toMatch(/^<\?xml [^>]+>\n<rooms><room><room_id>1<\/room_id><name>A &amp; B<\/name><topic\/>/u);
    expect(String((await rooms.call("GET", "/v1/rooms/history?room_id=1&format=XML")).body)).toContain(
      "<from><name>bot</name><user_id>api</user_id></from><message>1 &lt; 2</message>",
    );
  });
  test("gives errors as XML, too, without what XML cannot hold", async () => {
    const { call } = await openRooms();
    const unauthorized = await call("GET", "/v1/rooms/list?format=xml", { token: "WRONG" });
    expect(unauthorized.status).toBe(401);
    expect(unauthorized.body).toBe(
      `${head}<error><code>401</code><type>Unauthorized</type><message>Auth token invalid. Please see: https://www.hipchat.com/docs/api/auth</message></error>\n`,
    );
    const unknown = await call("GET", "/v1/rooms/show?format=xml&room_id=%01%EF%BF%BF%3Cb%3E");
    expect(unknown.body).toContain("<message>Room &#39;&lt;b&gt;&#39; not found</message>");
    const card = await call("POST", "/v1/rooms/message?format=xml&room_id=Lobby", { body: { message: "x", card: 1 } });
    expect(String(card.body)).not.toMatch(/<[^a-z/?]|<\/?[^>]*[@$]/u);
  });
  test("is not v2's, nor any other format's", async () => {
    const { call } = await openRooms();
    for (const target of ["/v2/room?format=xml", "/v1/rooms/list?format=json", "/v1/rooms/list?format=yaml"]) {
      expect((await call("GET", target)).headers["content-type"]).toBe("application/json");
    }
  });
});
