import { expect, test } from "vitest";
import { AppError } from "../../../src/core/errors.ts";
import type { Heard } from "../../../src/core/room.ts";
import { historyOf, openRooms, tinyPng, upload } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

/** Rooms that tell what is said to a list; `fails` may throw before that. */
async function listening(fails: () => void = () => undefined): Promise<TestRooms & { readonly told: Heard[] }> {
  const told: Heard[] = [];
  const opened = await openRooms(
    {},
    {
      async heard(one) {
        fails();
        told.push(one);
      },
    },
  );
  return { ...opened, told };
}

const notification = "/v2/room/Lobby/notification";

test("every kind of message is told of once it is in the room, v1's too", async () => {
  const opened = await listening();
  const { call, told } = opened;
  await call("POST", notification, { body: { message: "<b>a</b>", from: "tool", color: "red" } });
  await call("POST", "/v2/room/Lobby/message", { body: { message: "b" } });
  await call("POST", "/v2/room/Lobby/share/link", { body: { message: "c", link: "https://c.example/" } });
  await call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "d.png", "d"));
  await call("POST", "/v1/rooms/message?auth_token=ALL&room_id=Lobby&from=e&message=e", { token: undefined });
  expect(told.map((one) => [one.message.kind, one.read().text])).toEqual([
    ["notification", "a"],
    ["message", "b"],
    ["message", "c https://c.example/"],
    ["message", "d"],
    ["notification", "e"],
  ]);
  expect(told[0]).toMatchObject({ room: { name: "Lobby" }, page: "https://chat.example.com/rooms/Lobby" });
  expect(told.map(({ message }) => message.id)).toEqual((await historyOf(opened)).map(({ id }) => id));
});

test("nobody is told of private messages, topics, and of what Chartbell says", async () => {
  const { call, told } = await listening();
  await call("POST", "/v2/user/bob/message", { body: { message: "private" } });
  await call("PUT", "/v2/room/Lobby/topic", { body: { topic: "news" } });
  for (const name of ["Chartbell", "Chartbell/2.0"]) {
    await call("POST", notification, { body: { message: "own" }, headers: { "user-agent": name } });
  }
  expect(told).toEqual([]);
});

test("a message whose alert could not be kept is answered 503; sent again under its key it is said once and told of again", async () => {
  let isAway = true;
  const opened = await listening(() => {
    if (isAway) throw new AppError("store_unavailable", "The database is away.");
  });
  const send = async () =>
    await opened.call("POST", notification, { body: { message: "x" }, headers: { "idempotency-key": "k" } });
  const refused = await send();
  expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "2"]);
  isAway = false;
  expect((await send()).status).toBe(204);
  expect(await historyOf(opened)).toHaveLength(1);
  expect(opened.told.map(({ message }) => message.id)).toEqual([(await historyOf(opened))[0]?.id]);
});
