import { describe, expect, test } from "vitest";
import { errorOf, historyOf, jsonOf, openRooms, token, tinyPng, upload } from "./open-rooms.ts";
import type { HistoryItem } from "./open-rooms.ts";

const post = "/v2/room/Lobby/notification";
const hello = { message: "hello" };

describe("who may call", () => {
  test.each([
    ["no token", {}, "Authenticated requests only. See https://www.hipchat.com/docs/apiv2/auth for more information."],
    ["an unknown token", { token: "WRONG" }, "Invalid OAuth session"],
    ["a known token in other letters", { token: "all" }, "Invalid OAuth session"],
    [
      "an empty token",
      { headers: { authorization: "Bearer " } },
      "Authenticated requests only. See https://www.hipchat.com/docs/apiv2/auth for more information.",
    ],
    [
      "Basic credentials, which a browser sends by itself",
      { headers: { authorization: `Basic ${btoa("x:ALL")}` } },
      "Authenticated requests only. See https://www.hipchat.com/docs/apiv2/auth for more information.",
    ],
  ])("%s is refused in HipChat's words", async (_, options, message) => {
    const answer = await (await openRooms()).call("POST", post, { token: undefined, ...options, body: hello });
    expect(answer.status).toBe(401);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(jsonOf(answer)).toEqual({ error: { code: 401, type: "Unauthorized", message } });
  });

  test("the token may stand in the header or in the query", async () => {
    const { call } = await openRooms();
    expect(
      (await call("POST", post, { token: undefined, headers: { authorization: "bearer ALL" }, body: hello })).status,
    ).toBe(204);
    expect((await call("POST", `${post}?auth_token=ALL`, { token: undefined, body: hello })).status).toBe(204);
  });

  test.each([
    ["POST", post, "[u'send_notification']"],
    ["POST", "/v2/room/Lobby/message", "[u'send_message']"],
    ["POST", "/v2/room/Lobby/share/file", "[u'send_message']"],
    ["POST", "/v2/user/bob/message", "[u'send_message']"],
    ["POST", "/v2/user/bob/share/file", "[u'send_message']"],
    ["GET", "/v2/room", "[u'view_group', u'view_room']"],
    ["GET", "/v2/room/Lobby", "[u'view_group', u'view_room']"],
    ["GET", "/v2/room/Lobby/history", "[u'view_messages']"],
    ["GET", "/v2/room/Lobby/history/latest", "[u'view_messages']"],
    ["GET", "/v2/room/Lobby/history/x", "[u'view_messages']"],
    ["GET", "/v2/file/x", "[u'view_messages']"],
  ])("%s %s names the scopes that the token lacks", async (method, path, scopes) => {
    const { call } = await openRooms({ tokens: [token("admin", "admin_room")] });
    for (const target of [path, `${path}?auth_test=true`]) {
      const answer = await call(method, target, { token: "ADMIN" });
      expect(jsonOf(answer)).toEqual({
        error: { code: 403, type: "Forbidden", message: `This action requires one of the following scopes: ${scopes}` },
      });
    }
  });

  test("one of the scopes is enough", async () => {
    const { call } = await openRooms({ tokens: [token("one", "view_group")] });
    expect((await call("GET", "/v2/room", { token: "ONE" })).status).toBe(200);
  });

  test("without required tokens anyone may call, but no page of another site", async () => {
    const open = await openRooms({ requireTokens: false });
    const statusFor = async (headers: Record<string, string>): Promise<number> =>
      (
        await open.call("POST", post, {
          token: undefined,
          headers: { host: "127.0.0.1:8080", ...headers },
          body: hello,
        })
      ).status;
    expect(await statusFor({})).toBe(204);
    expect(await statusFor({ "sec-fetch-site": "same-origin" })).toBe(204);
    expect(await statusFor({ "sec-fetch-site": "none" })).toBe(204);
    expect(await statusFor({ origin: "http://127.0.0.1:8080" })).toBe(204);
    expect(await statusFor({ "sec-fetch-site": "cross-site" })).toBe(401);
    expect(await statusFor({ "sec-fetch-site": "same-site" })).toBe(401);
    expect(await statusFor({ origin: "https://evil.example" })).toBe(401);
    expect(await statusFor({ origin: "null" })).toBe(401);
    expect((await historyOf(open)).map(({ from }) => from)).toEqual(Array.from({ length: 4 }, () => "Anonymous"));
  });
});

describe("auth_test", () => {
  test("answers 202 and does nothing", async () => {
    const rooms = await openRooms();
    const answer = await rooms.call("POST", `${post}?auth_test=true`, { body: hello });
    expect(answer.status).toBe(202);
    expect(jsonOf(answer)).toEqual({
      success: { code: 202, message: "This auth_token has access to use this method.", type: "Accepted" },
    });
    expect(await historyOf(rooms)).toEqual([]);
    expect((await rooms.call("POST", `${post}?auth_test=true`, { token: "WRONG" })).status).toBe(401);
  });
});

describe("paths and methods", () => {
  test.each([
    "/v2/room/1/notification",
    "//v2///room//Lobby/notification/",
    "/v2/room/Lob%62y/notification",
    "/v2/room/%254c%256f%2562%2562%2579/notification",
  ])("%s finds the room Lobby", async (path) => {
    const rooms = await openRooms();
    expect((await rooms.call("POST", path, { body: hello })).status).toBe(204);
    expect(await historyOf(rooms)).toHaveLength(1);
  });

  test("a number is an id first, then a name", async () => {
    const rooms = await openRooms({ rooms: ["2", "b", "4711"] });
    await rooms.call("POST", "/v2/room/2/notification", { body: hello });
    await rooms.call("POST", "/v2/room/4711/notification", { body: hello });
    expect([await historyOf(rooms, "b"), await historyOf(rooms, "3")]).toEqual([
      [expect.anything()],
      [expect.anything()],
    ]);
  });

  test.each(["Nowhere", "lobby", "99", "%ff", "bob"])("room %s is not found", async (name) => {
    const rooms = await openRooms();
    await rooms.call("POST", "/v2/user/bob/message", { body: hello });
    const answer = await rooms.call("POST", `/v2/room/${name}/notification`, { body: hello });
    expect(errorOf(answer)).toMatchObject({
      code: 404,
      type: "Not Found",
      message: expect.stringMatching(/Room .* not found/u),
    });
  });

  test("a direct room cannot be reached as a room, by its number neither", async () => {
    const rooms = await openRooms();
    await rooms.call("POST", "/v2/user/bob/message", { body: hello });
    expect((await rooms.call("GET", "/v2/room/2")).status).toBe(404);
    expect(jsonOf(await rooms.call("GET", "/v2/room"))).toMatchObject({ items: [{ name: "Lobby" }] });
  });

  test.each([
    ["GET", post, "POST"],
    ["PATCH", "/v2/room/Lobby", "GET, HEAD, PUT, DELETE"],
    ["PUT", "/v2/room/Lobby/message", "POST"],
  ])("%s %s is answered with the methods there are", async (method, path, allow) => {
    const answer = await (await openRooms()).call(method, path);
    expect([answer.status, answer.headers["allow"]]).toEqual([405, allow]);
    expect(errorOf(answer)).toMatchObject({ code: 405, type: "Method Not Allowed" });
  });

  test.each(["/v2", "/v2/nothing", "/v3/room", "/v2/room/Lobby/share", "/v2/room/Lobby/notification/x"])(
    "%s is no method",
    async (path) => {
      expect(errorOf(await (await openRooms()).call("GET", path))).toMatchObject({ code: 404 });
    },
  );

  test("HEAD has the headers of GET and no body", async () => {
    const { call } = await openRooms();
    const [get, head] = [await call("GET", "/v2/room"), await call("HEAD", "/v2/room")];
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(head.headers).toEqual({ ...get.headers, "content-length": String(Buffer.byteLength(get.body)) });
    expect((await call("HEAD", "/v2/room/Nowhere")).body).toBe("");
  });
});

describe("bodies", () => {
  const sendRaw = async (contentType: string | undefined, body: string | Buffer): Promise<HistoryItem | number> => {
    const rooms = await openRooms();
    const headers = contentType === undefined ? {} : { "content-type": contentType };
    const answer = await rooms.call("POST", post, { headers, body });
    return answer.status === 204 ? ((await historyOf(rooms))[0] ?? 0) : answer.status;
  };

  test.each([
    ["application/json", '{"message":"é"}', "html"],
    ["application/json; charset=UTF-8", '{"message":"é"}', "html"],
    ["application/json;charset=iso-8859-1", Buffer.from('{"message":"\xe9"}', "latin1"), "html"],
    ["application/json; charset=nonsense", '{"message":"é"}', "html"],
    ["application/vnd.x+json", '{"message":"é"}', "html"],
    [undefined, '{"message":"é"}', "html"],
    [undefined, '\ufeff {"message":"é"}', "html"],
    ["application/octet-stream", '{"message":"é"}', "html"],
    ["application/x-www-form-urlencoded", '{"message":"é"}', "html"],
    ["application/x-www-form-urlencoded", "message=%C3%A9&message_format=text", "text"],
    ["text/plain; charset=utf-8", "é", "text"],
    ["text/html", "é", "html"],
  ])("of type %s are read: %j", async (contentType, body, format) => {
    expect(await sendRaw(contentType, body)).toMatchObject({ message: "é", message_format: format });
  });

  test.each([
    ["application/json", "{", 400],
    ["application/json", '["message"]', 400],
    ["application/json", '"message"', 400],
    ["application/json", "null", 400],
    ["application/json", "", 400],
    [undefined, "", 400],
    ["text/plain", "", 400],
    ["application/xml", "<message>x</message>", 415],
    ["multipart/form-data; boundary=b", "--b--", 415],
  ])("of type %s that cannot be read are refused: %j", async (contentType, body, status) => {
    expect(await sendRaw(contentType, body)).toBe(status);
  });

  test("beyond the limit are refused", async () => {
    const body = Buffer.alloc(20 * 1024 * 1024 + 1, "x");
    expect(errorOf(await (await openRooms()).call("POST", post, { body }))).toMatchObject({ code: 413 });
    const fields = { message: "x", more: "x".repeat(1024 * 1024) };
    expect(errorOf(await (await openRooms()).call("POST", post, { body: fields }))).toMatchObject({ code: 413 });
  });

  test.each([
    ['{"message":"x","a":' + "[".repeat(31) + "]".repeat(31) + "}", 204],
    ['{"message":"x","a":"' + "[".repeat(99) + String.raw`\"` + '{"}', 204],
    ['{"message":"x","a":' + "[".repeat(32) + "]".repeat(32) + "}", 400],
    ['{"message":"' + String.raw`\"`.repeat(500_000), 400],
    ['{"from":' + '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000) + "}", 400],
  ])("go 32 deep and no deeper, and are read in one pass: %.40s", async (body, status) => {
    const headers = { "content-type": "application/json" };
    expect((await (await openRooms()).call("POST", post, { headers, body })).status).toBe(status);
  });

  test("keys that HipChat does not know are ignored, dangerous names too", async () => {
    const rooms = await openRooms();
    const body = '{"message":"x","room_id":"Other","token":"T","__proto__":{"color":"red"},"constructor":1}';
    await rooms.call("POST", post, { headers: { "content-type": "application/json" }, body });
    expect(await historyOf(rooms)).toEqual([expect.objectContaining({ message: "x", color: "yellow" })]);
  });
});

describe("errors of fields", () => {
  test("have the keys of HipChat's own", async () => {
    const answer = await (await openRooms()).call("POST", post, { body: { message: "x", notify: "yes" } });
    expect(jsonOf(answer)).toEqual({
      error: {
        code: 400,
        type: "Bad Request",
        message: "Value u'yes' for field 'notify' is not of type 'boolean'",
        expected_type: "boolean",
        field: "notify",
        validation: "type",
        value: "yes",
      },
    });
  });

  test.each([
    [post, {}],
    [post, { message: "" }],
    [post, { message: "x".repeat(10_001) }],
    [post, { message: "x", from: "x".repeat(65) }],
    [post, { message: "x", color: "pink" }],
    [post, { message: "x", message_format: "xml" }],
    ["/v2/room/Lobby/message", { message: "x".repeat(10_001) }],
    ["/v2/user/bob/message", { message: 1, message_format: [] }],
  ])("%s refuses %j and stores nothing", async (path, body) => {
    const rooms = await openRooms();
    expect((await rooms.call("POST", path, { body })).status).toBe(400);
    expect(await historyOf(rooms)).toEqual([]);
  });
});

describe("messages", () => {
  test("of a person are plain text, whatever else the body says, and are answered with their id", async () => {
    const rooms = await openRooms();
    const answer = await rooms.call("POST", "/v2/room/Lobby/message", {
      body: { message: "<b>", message_format: "html", color: "red" },
    });
    const [item] = await historyOf(rooms);
    expect(answer.status).toBe(201);
    expect(jsonOf(answer)).toEqual({ id: item?.id, timestamp: "2026-11-21T12:00:00.000000+00:00" });
    expect(item).toMatchObject({
      message: "<b>",
      message_format: "text",
      type: "message",
      from: { name: "all", id: 1 },
    });
    expect(item).not.toHaveProperty("color");
  });

  test("to a person stand in a direct room of theirs, one for @bob and bob", async () => {
    const rooms = await openRooms();
    for (const user of ["bob", "@bob", "%40bob"]) {
      expect((await rooms.call("POST", `/v2/user/${user}/message`, { body: hello })).status).toBe(204);
    }
    await rooms.call("POST", "/v2/user/bob/share/file", upload(tinyPng, "a.png", "for you"));
    const page = String((await rooms.call("GET", "/rooms/2")).body);
    expect(page.match(/<article/gu)).toHaveLength(4);
    expect(page).toContain("for you");
    expect((await rooms.call("GET", "/rooms/3")).status).toBe(404);
  });

  test("to nobody, or to a name beyond 100 characters, are refused", async () => {
    const { call } = await openRooms();
    expect((await call("POST", "/v2/user/%40/message", { body: hello })).status).toBe(400);
    expect((await call("POST", `/v2/user/${"x".repeat(101)}/message`, { body: hello })).status).toBe(400);
  });
});
