import { describe, expect, test } from "vitest";
import { errorOf, historyOf, jsonOf, openRooms, tinyPng, upload } from "./open-rooms.ts";
import type { HistoryItem } from "./open-rooms.ts";

const post = "/v2/room/Lobby/notification";

describe("lists of rooms", () => {
  const names = Array.from({ length: 5 }, (_, index) => `r${index}`);
  test("come in pages with links to their neighbours", async () => {
    const { call } = await openRooms({ rooms: names });
    const page = await call("GET", "/v2/room?start-index=2&max-results=2");
    expect(jsonOf(page)).toEqual({
      items: [
        {
          id: 3,
          is_archived: false,
          links: {
            participants: "https://chat.example.com/v2/room/3/participant",
            self: "https://chat.example.com/v2/room/3",
            webhooks: "https://chat.example.com/v2/room/3/webhook",
          },
          name: "r2",
          privacy: "public",
          version: "00000000",
        },
        expect.objectContaining({ id: 4, name: "r3" }),
      ],
      startIndex: 2,
      maxResults: 2,
      links: {
        self: "https://chat.example.com/v2/room",
        prev: "https://chat.example.com/v2/room?start-index=0&max-results=2",
        next: "https://chat.example.com/v2/room?start-index=4&max-results=2",
      },
    });
    expect(jsonOf(await call("GET", "/v2/room"))).toMatchObject({
      maxResults: 100,
      links: { self: expect.anything() },
    });
    expect((jsonOf(await call("GET", "/v2/room")) as { links: object }).links).not.toHaveProperty("next");
  });
  test.each(["start-index=-1", "max-results=1001", "max-results=x", "start-index=1e3", "max-results="])(
    "refuse %s",
    async (query) => {
      expect(errorOf(await (await openRooms()).call("GET", `/v2/room?${query}`))).toMatchObject({
        code: 400,
        expected_type: "integer",
      });
    },
  );
  test("hold a room's details under its own address", async () => {
    const answer = await (await openRooms({ rooms: ["Ops & Co"] })).call("GET", "/v2/room/Ops%20%26%20Co");
    expect(jsonOf(answer)).toMatchObject({
      id: 1,
      name: "Ops & Co",
      topic: "",
      privacy: "public",
      created: "2026-11-21T12:00:00.000000+00:00",
      is_guest_accessible: false,
      xmpp_jid: "1_ops_co@conf.chat.example.com",
      links: { self: "https://chat.example.com/v2/room/1" },
      owner: { id: 1, name: "all" },
      participants: [],
    });
  });
});

describe("history", () => {
  const filled = async () => {
    const rooms = await openRooms();
    for (let index = 0; index < 100; index++) {
      await rooms.call("POST", post, { body: { message: `m${index}` } });
      rooms.advance(60_000);
    }
    const texts = async (query: string): Promise<readonly string[]> => {
      const answer = await rooms.call("GET", `/v2/room/Lobby/history${query}`);
      expect(answer.status).toBe(200);
      return (jsonOf(answer) as { items: readonly HistoryItem[] }).items.map(({ message }) => message);
    };
    return { rooms, texts };
  };

  test("recent is the newest 75, the oldest first, whatever the pages say", async () => {
    const { texts } = await filled();
    const recent = await texts("?date=recent&max-results=1000&start-index=50");
    expect([recent.length, recent[0], recent.at(-1)]).toEqual([75, "m25", "m99"]);
    expect(await texts("")).toEqual(recent);
    expect(await texts("?reverse=false")).toEqual(recent.toReversed());
  });
  test("up to a date comes in pages counted from the newest", async () => {
    const { texts } = await filled();
    expect(await texts("?date=2026-11-21T12:50:00Z&max-results=3")).toEqual(["m48", "m49", "m50"]);
    expect(await texts("?date=2026-11-21T12:50:00Z&max-results=2&start-index=3&reverse=false")).toEqual(["m47", "m46"]);
    expect(await texts("?date=2026-11-21T14:52:00%2B02:00&end-date=2026-11-21T12:50:00Z")).toEqual([
      "m50",
      "m51",
      "m52",
    ]);
    expect(await texts(`?date=${Date.UTC(2026, 10, 21, 12, 1) / 1000}`)).toEqual(["m0", "m1"]);
    expect(await texts("?date=2026-11-21T12:50:00Z&max-results=0")).toEqual([]);
  });
  test("latest may begin at a message", async () => {
    const { rooms, texts } = await filled();
    const items = await historyOf(rooms);
    expect(await texts(`/latest?not-before=${items[97]?.id}`)).toEqual(["m97", "m98", "m99"]);
    expect(await texts("/latest?max-results=1")).toEqual(["m99"]);
    expect(await texts("/latest")).toHaveLength(75);
    expect(await texts("/latest?not-before=unknown")).toHaveLength(75);
  });
  test("holds each message under its id", async () => {
    const { rooms } = await filled();
    const item = (await historyOf(rooms))[7];
    expect(jsonOf(await rooms.call("GET", `/v2/room/Lobby/history/${item?.id}`))).toEqual({ message: item });
    expect(errorOf(await rooms.call("GET", "/v2/room/Lobby/history/unknown"))).toMatchObject({ code: 404 });
  });
  test.each(["?date=yesterday", "?date=2026-11-21&end-date=x", "?date=2026-13-41"])("refuses %s", async (query) => {
    expect(errorOf(await (await openRooms()).call("GET", `/v2/room/Lobby/history${query}`))).toMatchObject({
      code: 400,
    });
  });
  test("shows a notification as HipChat does", async () => {
    const rooms = await openRooms();
    await rooms.call("POST", post, {
      body: { message: "CPU <b>97%</b>", color: "red", from: "chartbot", notify: true },
    });
    expect(await historyOf(rooms)).toEqual([
      {
        color: "red",
        date: "2026-11-21T12:00:00.000000+00:00",
        from: "chartbot",
        id: expect.stringMatching(/^[\da-f-]{36}$/u),
        mentions: [],
        message: "CPU <b>97%</b>",
        message_format: "html",
        notification_sender: { id: "1", type: "user" },
        type: "notification",
      },
    ]);
  });
});

describe("files", () => {
  test("are served by id, a picture inline and anything else as a download", async () => {
    const rooms = await openRooms({ pageRequiresToken: true });
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "CPU graph é.png", "CPU"));
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(Buffer.from("<script>"), 'a"b.html'));
    const [picture, page] = await historyOf(rooms);
    expect(picture).toMatchObject({ message: "CPU", type: "message" });
    expect(picture?.authenticated_file).toEqual({ id: expect.anything(), name: "CPU graph é.png", size: 72 });
    const shown = await rooms.call("GET", `/v2/file/${picture?.authenticated_file?.id}?thumbnail=true`);
    expect(shown.body).toEqual(tinyPng);
    expect(shown.headers).toMatchObject({
      "content-type": "image/png",
      "content-disposition": `inline; filename="CPU graph _.png"; filename*=UTF-8''CPU%20graph%20%C3%A9.png`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "private, max-age=31536000, immutable",
    });
    const saved = await rooms.call("GET", `/v2/file/${page?.authenticated_file?.id}`);
    expect(saved.headers["content-type"]).toBe("application/octet-stream");
    expect(saved.headers["content-disposition"]).toMatch(/^attachment; filename="/u);
    expect((await rooms.call("GET", "/v2/file/unknown")).status).toBe(404);
  });

  test("have an address in the history when pages are open to all", async () => {
    const rooms = await openRooms();
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "a b.png"));
    const file = (await historyOf(rooms))[0]?.file;
    expect(file?.url).toMatch(/^https:\/\/chat\.example\.com\/rooms\/Lobby\/files\/[\da-f-]{36}\/a%20b\.png$/u);
    expect((await rooms.call("GET", new URL(file?.url ?? "").pathname, { token: undefined })).body).toEqual(tinyPng);
  });
});
