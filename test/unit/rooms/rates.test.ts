import { describe, expect, test } from "vitest";
import { historyOf, jsonOf, openRooms, token } from "./open-rooms.ts";

const post = "/v2/room/Lobby/notification";
const hello = { message: "hello" };

describe("rate limits", () => {
  const limited = async (): ReturnType<typeof openRooms> =>
    await openRooms({ enforceRateLimits: true, tokens: [token("all"), token("two")] });
  const resetSeconds = (minutes: number): string => String(Date.UTC(2026, 10, 21, 12, minutes) / 1000);

  test("are told on every answer, refusals included", async () => {
    for (const [method, path, options] of [
      ["POST", post, { body: hello }],
      ["GET", "/v2/room", { token: undefined }],
      ["GET", "/v2/nothing", {}],
      ["PUT", "/v1/rooms/list", {}],
      ["HEAD", "/v2/room", {}],
    ] as const) {
      const { headers } = await (await openRooms()).call(method, path, options);
      expect(headers).toMatchObject({
        "X-Ratelimit-Limit": "500",
        "X-Ratelimit-Remaining": "500",
        "X-Ratelimit-Reset": resetSeconds(5),
        "X-FloodControl-Limit": "30",
        "X-FloodControl-Remaining": "30",
        "X-FloodControl-Reset": resetSeconds(1),
      });
    }
  });

  test("refuse the 31st message to a room within a minute, and take the next after it", async () => {
    const rooms = await limited();
    for (let sent = 1; sent <= 30; sent++) {
      const answer = await rooms.call("POST", post, { body: hello });
      expect([answer.status, answer.headers["X-FloodControl-Remaining"]]).toEqual([204, String(30 - sent)]);
    }
    rooms.advance(59_000);
    const refused = await rooms.call("POST", "/v2/room/Lobby/message", { token: "TWO", body: hello });
    expect(jsonOf(refused)).toEqual({
      error: { code: 429, type: "Too Many Requests", message: "Rate Limit exceeded" },
    });
    expect(refused.headers).toMatchObject({ "X-FloodControl-Remaining": "0", "X-FloodControl-Reset": resetSeconds(1) });
    expect((await rooms.call("POST", "/v2/user/bob/message", { body: hello })).status).toBe(204);
    rooms.advance(1000);
    expect((await rooms.call("POST", post, { body: hello })).status).toBe(204);
    expect(await historyOf(rooms)).toHaveLength(31);
  });

  test("refuse a token's 501st call within five minutes, but not another token's", async () => {
    const rooms = await limited();
    for (let calls = 0; calls < 500; calls++) await rooms.call("GET", "/v2/room");
    const refused = await rooms.call("GET", "/v2/room");
    expect([refused.status, refused.headers["X-Ratelimit-Remaining"], refused.headers["X-Ratelimit-Reset"]]).toEqual([
      429,
      "0",
      resetSeconds(5),
    ]);
    expect((await rooms.call("GET", "/v2/room", { token: "TWO" })).headers["X-Ratelimit-Remaining"]).toBe("499");
    rooms.advance(5 * 60_000);
    expect((await rooms.call("GET", "/v2/room")).status).toBe(200);
  });

  test("are not counted unless they are enforced", async () => {
    const rooms = await openRooms();
    for (let sent = 0; sent < 40; sent++) await rooms.call("POST", post, { body: hello });
    expect(await historyOf(rooms)).toHaveLength(40);
  });
});
