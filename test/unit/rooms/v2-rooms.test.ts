import { describe, expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import { errorOf, historyOf, jsonOf, openRooms, tinyPng, token, upload } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

const post = "/v2/room/Lobby/notification";
const namesOf = async ({ call }: TestRooms, query = ""): Promise<readonly string[]> =>
  (jsonOf(await call("GET", `/v2/room${query}`)) as { items: { name: string }[] }).items.map(({ name }) => name);

/** All that an update must say. */
const whole = {
  name: "Lobby",
  privacy: "public",
  is_archived: false,
  is_guest_accessible: false,
  topic: "",
  owner: { id: 1 },
};

describe("a new room", () => {
  test("is answered with its number and address, and takes messages at once", async () => {
    const rooms = await openRooms();
    const answer = await rooms.call("POST", "/v2/room", {
      body: { name: "Ops", privacy: "private", topic: "on call", guest_access: true, owner_user_id: 1 },
    });
    expect([answer.status, answer.headers["location"]]).toEqual([201, "https://chat.example.com/v2/room/2"]);
    expect(jsonOf(answer)).toEqual({ id: 2, links: { self: "https://chat.example.com/v2/room/2" } });
    expect(jsonOf(await rooms.call("GET", "/v2/room/Ops"))).toMatchObject({
      id: 2,
      name: "Ops",
      privacy: "private",
      topic: "on call",
      is_guest_accessible: true,
      links: { members: "https://chat.example.com/v2/room/2/member" },
    });
    expect((await rooms.call("POST", "/v2/room/Ops/notification", { body: { message: "x" } })).status).toBe(204);
    expect(await historyOf(rooms, "Ops")).toHaveLength(1);
  });
  test.each([
    [{}, "Required field 'name' is missing"],
    [{ name: "" }, expect.stringContaining("greater than or equal to 1")],
    [{ name: "  " }, expect.stringContaining("blank")],
    [{ name: "x".repeat(51) }, expect.stringContaining("less than or equal to 50")],
    [{ name: "Lobby" }, "Another room exists with that name."],
    [{ name: "b", privacy: "secret" }, expect.stringContaining("enumeration")],
    [{ name: "b", topic: "x".repeat(251) }, expect.stringContaining("250")],
    [{ name: "b", guest_access: "perhaps" }, expect.stringContaining("boolean")],
    [{ name: "b", owner_user_id: 99 }, expect.stringContaining("no user")],
  ])("is refused as %j", async (body, message) => {
    const rooms = await openRooms();
    expect(errorOf(await rooms.call("POST", "/v2/room", { body }))).toMatchObject({ code: 400, message });
    expect(await namesOf(rooms)).toEqual(["Lobby"]);
  });
  test("beyond the number of rooms there can be is refused with 503", async () => {
    const rooms = await openRooms({ rooms: Array.from({ length: limits.roomsMax }, (_, index) => `r${index}`) });
    expect(errorOf(await rooms.call("POST", "/v2/room", { body: { name: "b" } }))).toMatchObject({ code: 503 });
  });
});

describe("a room's update", () => {
  test("changes all of it, and is found by its new name", async () => {
    const rooms = await openRooms();
    const body = { ...whole, name: "Hall", privacy: "private", is_archived: true, topic: "moved" };
    expect((await rooms.call("PUT", "/v2/room/Lobby", { body })).status).toBe(204);
    expect((await rooms.call("GET", "/v2/room/Lobby")).status).toBe(404);
    expect(jsonOf(await rooms.call("GET", "/v2/room/Hall"))).toMatchObject({
      id: 1,
      privacy: "private",
      is_archived: true,
      topic: "moved",
    });
    expect(await namesOf(rooms)).toEqual([]);
    expect(await namesOf(rooms, "?include-archived=true")).toEqual(["Hall"]);
    expect(await namesOf(rooms, "?include-archived=true&include-private=false")).toEqual([]);
  });
  test.each(["name", "privacy", "is_archived", "is_guest_accessible", "topic", "owner"])("needs %s", async (field) => {
    const { [field]: _left, ...body } = whole as Record<string, unknown>;
    const answer = await (await openRooms()).call("PUT", "/v2/room/Lobby", { body });
    expect(errorOf(answer)).toMatchObject({ code: 400, field, validation: "required" });
  });
  test("cannot take another room's name", async () => {
    const { call } = await openRooms({ rooms: ["Lobby", "Ops"] });
    const answer = await call("PUT", "/v2/room/Ops", { body: whole });
    expect(errorOf(answer)).toMatchObject({ code: 400, message: "Another room exists with that name." });
    expect((await call("PUT", "/v2/room/Lobby", { body: whole })).status).toBe(204);
  });
});

test("a list of whole rooms has their details", async () => {
  const { call } = await openRooms();
  expect(jsonOf(await call("GET", "/v2/room?expand=items"))).toMatchObject({
    items: [{ name: "Lobby", topic: "", owner: { name: "all" } }],
  });
});

test("a deleted room takes its messages and files along, and who watched it is let go", async () => {
  const rooms = await openRooms();
  await rooms.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "a.png"));
  const path = new URL((await historyOf(rooms))[0]?.file?.url ?? "").pathname;
  const events = (await rooms.rooms.watch("Lobby", 0, new AbortController().signal))?.[Symbol.asyncIterator]();
  expect((await events?.next())?.done).toBe(false);
  const next = events?.next();
  expect((await rooms.call("DELETE", "/v2/room/Lobby")).status).toBe(204);
  expect((await next)?.done).toBe(true);
  expect((await rooms.call("GET", path)).status).toBe(404);
  expect((await rooms.call("POST", post, { body: { message: "x" } })).status).toBe(404);
  await rooms.call("POST", "/v2/room", { body: { name: "Lobby" } });
  expect(await historyOf(rooms)).toEqual([]);
});

describe("a topic", () => {
  test("is said in the room once, and shown by it", async () => {
    const rooms = await openRooms();
    for (const topic of ["On call: Maya", "On call: Maya", ""]) {
      expect((await rooms.call("PUT", "/v2/room/Lobby/topic", { body: { topic } })).status).toBe(204);
    }
    expect((await historyOf(rooms)).map(({ type, topic }) => [type, topic])).toEqual([
      ["topic", "On call: Maya"],
      ["topic", ""],
    ]);
    await rooms.call("PUT", "/v2/room/Lobby/topic", { body: { topic: "<b>new</b>" } });
    expect(jsonOf(await rooms.call("GET", "/v2/room/Lobby"))).toMatchObject({ topic: "<b>new</b>" });
    const page = String((await rooms.call("GET", "/rooms/Lobby")).body);
    expect(page).toContain('<p class="topic" id="topic" dir="auto">&lt;b&gt;new&lt;/b&gt;</p>');
    expect(page).toContain('changed the topic to <bdi class="new-topic">&lt;b&gt;new&lt;/b&gt;</bdi>');
    expect(page).toContain("took the topic away");
  });
  test.each([{}, { topic: "x".repeat(251) }, { topic: [] }])("is refused as %j", async (body) => {
    const rooms = await openRooms();
    expect((await rooms.call("PUT", "/v2/room/Lobby/topic", { body })).status).toBe(400);
    expect(await historyOf(rooms)).toEqual([]);
  });
});

test("statistics count every message, and say when the last one came", async () => {
  const rooms = await openRooms();
  const statistics = async () => jsonOf(await rooms.call("GET", "/v2/room/Lobby/statistics"));
  expect(await statistics()).toMatchObject({ messages_sent: 0, last_active: null });
  rooms.advance(1000);
  await rooms.call("POST", post, { body: { message: "x" } });
  expect(await statistics()).toMatchObject({ messages_sent: 1, last_active: "2026-11-21T12:00:01.000000+00:00" });
});

describe("a reply", () => {
  test.each(["parentMessageId", "parent_message_id"])("stands below the message that %s names", async (field) => {
    const rooms = await openRooms();
    await rooms.call("POST", post, { body: { message: "CPU <b>97%</b>", from: "Bot" } });
    const [parent] = await historyOf(rooms);
    const answer = await rooms.call("POST", "/v2/room/Lobby/reply", {
      body: { [field]: parent?.id, message: "on it" },
    });
    expect(answer.status).toBe(204);
    expect((await historyOf(rooms))[1]).toMatchObject({ type: "message", message: "on it", attach_to: parent?.id });
    const page = String((await rooms.call("GET", "/rooms/Lobby")).body);
    expect(page).toMatch(
      /<a class="parent" href="\/rooms\/Lobby\/messages\/[\da-f-]{36}#m\d+"><span aria-hidden="true">↳<\/span> <bdi>Bot<\/bdi>: <bdi>CPU 97%/u,
    );
  });
  test("to nothing is refused; a notification attached to nothing stands by itself", async () => {
    const rooms = await openRooms();
    const reply = async (body: object) => errorOf(await rooms.call("POST", "/v2/room/Lobby/reply", { body }));
    expect(await reply({ message: "x" })).toMatchObject({ code: 400, field: "parentMessageId" });
    expect(await reply({ parentMessageId: "x", message: "x" })).toMatchObject({ code: 404 });
    await rooms.call("POST", post, { body: { message: "x", attach_to: "unknown" } });
    expect(await historyOf(rooms)).toEqual([expect.not.objectContaining({ attach_to: "unknown" })]);
    expect((await rooms.call("POST", post, { body: { message: "x", attach_to: "x".repeat(37) } })).status).toBe(400);
  });
});

describe("a shared link", () => {
  test.each(["POST", "PUT"])("by %s stands behind its words", async (method) => {
    const rooms = await openRooms();
    for (const message of ["look", undefined]) {
      const body = { link: "https://a.example/x?y=1", message };
      expect((await rooms.call(method, "/v2/room/Lobby/share/link", { body })).status).toBe(204);
    }
    const texts = (await historyOf(rooms)).map(({ message }) => message);
    expect(texts).toEqual(["look https://a.example/x?y=1", "https://a.example/x?y=1"]);
  });
  test.each([{}, { link: "" }, { link: "javascript:alert(1)" }, { link: "/x" }, { link: "x".repeat(9000) }])(
    "is refused as %j",
    async (body) => {
      expect((await (await openRooms()).call("POST", "/v2/room/Lobby/share/link", { body })).status).toBe(400);
    },
  );
});

describe("people", () => {
  const open = async () => await openRooms({ tokens: [token("all"), token("on-call bot")] });
  test("are the bearers of tokens, as users, members and participants", async () => {
    const { call } = await open();
    for (const path of ["/v2/user", "/v2/room/Lobby/member", "/v2/room/Lobby/participant"]) {
      const list = jsonOf(await call("GET", `${path}?max-results=1&start-index=1`));
      const self = `https://chat.example.com${path.replace("Lobby", "1")}`;
      expect(list).toMatchObject({
        items: [{ id: 2, mention_name: "oncallbot", name: "on-call bot" }],
        links: { self, prev: `${self}?start-index=0&max-results=1` },
      });
    }
  });
  test.each(["2", "@oncallbot", "on-call%20bot", "%40oncallbot"])("are found as %s", async (user) => {
    expect(jsonOf(await (await open()).call("GET", `/v2/user/${user}`))).toMatchObject({ id: 2, name: "on-call bot" });
  });
  test("that there are not are not found", async () => {
    expect(errorOf(await (await open()).call("GET", "/v2/user/bob"))).toMatchObject({ code: 404 });
  });
  test("need not be made members of a room that is there", async () => {
    const { call } = await open();
    for (const method of ["PUT", "DELETE"]) {
      const body = { room_roles: ["room_member"] };
      expect((await call(method, "/v2/room/Lobby/member/bob@example.com", { body })).status).toBe(204);
      expect((await call(method, "/v2/room/Nowhere/member/bob@example.com", { body })).status).toBe(404);
    }
  });
  test("are invited by a private message", async () => {
    const rooms = await open();
    const body = { reason: "CPU" };
    expect((await rooms.call("POST", "/v2/room/Lobby/invite/@bob", { body })).status).toBe(204);
    expect(String((await rooms.call("GET", "/rooms/2")).body)).toContain("You are invited to the room Lobby: CPU");
  });
});

describe("what the server can do", () => {
  test("is told to everybody", async () => {
    const answer = await (await openRooms()).call("GET", "/v2/capabilities", { token: undefined });
    expect(jsonOf(answer)).toMatchObject({
      key: "hipchat",
      links: { self: "https://chat.example.com/v2/capabilities" },
      capabilities: {
        oauth2Provider: { tokenUrl: "https://chat.example.com/v2/oauth/token" },
        hipchatApiProvider: { availableScopes: { send_message: { id: "send_message", name: "Send Message" } } },
      },
    });
  });
  test("is not drawing emoticons", async () => {
    const { call } = await openRooms();
    expect(jsonOf(await call("GET", "/v2/emoticon"))).toMatchObject({ items: [], startIndex: 0, maxResults: 100 });
    expect(errorOf(await call("GET", "/v2/emoticon/success"))).toMatchObject({ code: 404 });
  });
});

test("every link of an answer is a call that there is", async () => {
  const rooms = await openRooms({ requireTokens: false });
  await rooms.call("POST", post, { token: undefined, body: { message: "x" } });
  await rooms.call("POST", "/v2/room/Lobby/message", { token: undefined, body: { message: "x" } });
  await rooms.call("PUT", "/v2/room/Lobby", { body: { ...whole, privacy: "private" } });
  await rooms.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "a b.png"));
  const seen = new Set<string>();
  const open = ["/v2/room?max-results=1", "/v2/room/Lobby/history", "/v2/capabilities", "/v2/emoticon"];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await rooms.call("GET", path);
    expect([path, answer.status]).toEqual([path, 200]);
    if (answer.headers["content-type"] !== "application/json") continue;
    for (const [, name, link = ""] of String(answer.body).matchAll(/"(\w+)":"https:\/\/chat\.example\.com([^"]*)"/gu)) {
      // Where to post, and what other addresses begin with.
      if (!["tokenUrl", "api"].includes(name ?? "") && link !== "" && link !== "/v2/") open.push(link);
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining(["/v2/user/0", "/v2/user/1", "/v2/room/1/member", "/v2/room/1"]));
});
