import { describe, expect, test } from "vitest";
import type { Scope } from "../../../src/core/room.ts";
import { errorOf, historyOf, jsonOf, openRooms, requestOf, tinyPng, upload } from "./open-rooms.ts";
import type { CallOptions, TestRooms } from "./open-rooms.ts";

const most: readonly Scope[] = ["send_notification", "send_message", "view_room", "view_messages", "admin_room"];
const basic = (user: string, password: string): CallOptions => ({
  token: undefined,
  headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` },
  body: { grant_type: "client_credentials" },
});

interface OfOneRoom extends TestRooms {
  readonly bearer: string;
}

/** The rooms Lobby and Ops, and a token of Ops. */
async function openOps(): Promise<OfOneRoom> {
  const rooms = await openRooms({ rooms: ["Lobby", "Ops"], pageRequiresToken: true });
  const { token } = await rooms.rooms.admin.createToken({ name: "ops bot", scopes: most, room: "Ops" });
  return { ...rooms, bearer: token };
}

describe("a token of one room", () => {
  test("may do there what its scopes say, and is its bearer", async () => {
    const rooms = await openOps();
    const { call, bearer } = rooms;
    for (const path of ["/v2/room/Ops/notification", "/v2/room/2/notification", "/v1/rooms/message?room_id=Ops"]) {
      const { status } = await call("POST", path, { token: bearer, body: { message: "x" } });
      expect(status).toBeLessThan(300);
    }
    expect((await historyOf(rooms, "Ops"))[0]).toMatchObject({ from: "ops bot" });
    expect((await call("DELETE", "/v2/room/Ops", { token: bearer })).status).toBe(403);
    expect(jsonOf(await call("GET", `/v2/oauth/token/${bearer}`, { token: bearer }))).toEqual({
      client: { allowed_scopes: most, name: "ops bot", room: { id: 2, name: "Ops" } },
      scopes: most,
    });
    expect(jsonOf(await call("GET", "/v2/room", { token: bearer }))).toMatchObject({ items: [{ id: 2 }] });
    expect(jsonOf(await call("GET", "/v1/rooms/list", { token: bearer }))).toMatchObject({ rooms: [{ room_id: 2 }] });
  });

  test.each([
    ["POST", "/v2/room/Lobby/notification", 404],
    ["POST", "/v2/room/1/message", 404],
    ["GET", "/v2/room/Lobby", 404],
    ["GET", "/v2/room/Lobby/history", 404],
    ["GET", "/v2/room/Lobby/webhook", 404],
    ["PUT", "/v2/room/Lobby/topic", 404],
    ["POST", "/v1/rooms/message?room_id=Lobby", 404],
    ["GET", "/v1/rooms/history?room_id=1", 404],
    ["POST", "/v2/user/bob/message", 403],
    ["POST", "/v2/room/Ops/invite/bob", 403],
  ])("is answered to %s %s with %i", async (method, path, code) => {
    const { call, bearer } = await openOps();
    expect(errorOf(await call(method, path, { token: bearer, body: { message: "x" } }))).toMatchObject({ code });
  });

  test("reads no other room's files, pages and events", async () => {
    const { call, rooms, store, bearer } = await openOps();
    for (const room of ["Lobby", "Ops"]) await call("POST", `/v2/room/${room}/share/file`, upload(tinyPng, "a.png"));
    const statuses = async (room: string): Promise<readonly (number | undefined)[]> => {
      const found = await store.roomByName(room);
      const [message] = found === undefined ? [] : await store.newest(found, { count: 1 });
      const id = message?.file?.id ?? "";
      const paths = [`/v2/file/${id}`, `/rooms/${room}`, `/rooms/${room}/files/${id}/a.png`];
      const answers = await Promise.all(paths.map(async (path) => await call("GET", path, { token: bearer })));
      const refusal = await rooms.pageRefusal(requestOf("GET", `/rooms/${room}/events`, { token: bearer }));
      return [...answers.map(({ status }) => status), refusal?.status];
    };
    expect(await statuses("Ops")).toEqual([200, 200, 200, undefined]);
    expect(await statuses("Lobby")).toEqual([404, 404, 404, 404]);
    for (const path of ["/rooms", "/rooms/Ops"]) {
      expect(String((await call("GET", path, { token: bearer })).body)).not.toContain("Lobby");
    }
  });

  test("hands on no more than it has, and takes it back when it is revoked", async () => {
    const { call, rooms, bearer } = await openOps();
    const answer = await call("POST", "/v2/oauth/token", basic("ops bot", bearer));
    const { access_token: session } = jsonOf(answer) as { access_token: string };
    expect((await call("GET", "/v2/room/Ops", { token: session })).status).toBe(200);
    expect((await call("GET", "/v2/room/Lobby", { token: session })).status).toBe(404);
    await rooms.admin.revokeToken("ops bot");
    for (const token of [bearer, session]) {
      expect((await call("GET", "/v2/room/Ops", { token })).status).toBe(401);
    }
    expect((await call("POST", "/v2/oauth/token", basic("ops bot", bearer))).status).toBe(401);
  });
});

test("a message under a key is said once by its sender, but again by another or in another room", async () => {
  const rooms = await openOps();
  const say = async (room: string, token: string, key = "k"): Promise<void> => {
    const options = { token, headers: { "idempotency-key": key }, body: { message: `by ${token}` } };
    expect((await rooms.call("POST", `/v2/room/${room}/notification`, options)).status).toBe(204);
  };
  await say("Ops", "ALL");
  await say("Ops", "ALL");
  await say("Ops", rooms.bearer);
  await say("Lobby", "ALL");
  await say("Ops", "ALL", "another");
  expect(await historyOf(rooms, "Ops")).toHaveLength(3);
  expect(await historyOf(rooms, "Lobby")).toHaveLength(1);
  for (const { id } of await historyOf(rooms, "Ops"))
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-[48][\da-f]{3}-[89ab]/u);
});
