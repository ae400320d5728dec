import { describe, expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import type { RoomEvent } from "../../../src/rooms/contract.ts";
import { historyOf, openRooms, requestOf, tinyPng, token, upload } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

const post = "/v2/room/Lobby/notification";
const say = async (rooms: TestRooms, message: string, extra: object = {}): Promise<void> => {
  const answer = await rooms.call("POST", post, { body: { message, ...extra } });
  expect(answer.status).toBe(204);
};
const pageOf = async ({ call }: TestRooms, path = "/rooms/Lobby"): Promise<string> => {
  const answer = await call("GET", path, { token: undefined });
  expect(answer.status).toBe(200);
  return String(answer.body);
};

describe("a room's page", () => {
  test("shows messages with sender, colour, mark and time, as they were meant", async () => {
    const rooms = await openRooms();
    await say(rooms, "CPU <b>97%</b><script>alert(1)</script>", { color: "red", notify: true, from: "<i>Bot</i>" });
    await say(rooms, "<b>plain</b> http://a.example", { message_format: "text", color: "purple" });
    const page = await pageOf(rooms);
    expect(page).toContain('<div class="body html band red" dir="auto">CPU <b>97%</b></div>');
    expect(page).toContain(
      '<div class="body text band purple" dir="auto">&lt;b&gt;plain&lt;/b&gt; <a href="http://a.example/"',
    );
    expect(page).toContain("<bdi>&lt;i&gt;Bot&lt;/i&gt;</bdi>");
    expect(page).toContain('<time datetime="2026-11-21T12:00:00.000Z">12:00 UTC</time>');
    expect(page.match(/class="rang"/gu)).toHaveLength(1);
    expect(page).toContain('role="log" aria-live="polite"');
  });

  test("keeps a picture's place before it is loaded, and cuts tall ones instead of shrinking them to a sliver", async () => {
    const rooms = await openRooms();
    for (const [width, height] of [
      [4, 4],
      [1680, 480],
      [100, 960],
      [600, 6000],
    ] as const) {
      const picture = Buffer.from(tinyPng);
      picture.writeUInt32BE(width, 16);
      picture.writeUInt32BE(height, 20);
      await rooms.call("POST", "/v2/room/Lobby/share/file", upload(picture, "x.png", 'CPU "a"'));
    }
    const page = await pageOf(rooms);
    const sizes = [
      ...page.matchAll(
        /<img(?<cut> class="is-cut")? src="[^"]+" width="(?<width>\d+)" height="(?<height>\d+)" alt="CPU &quot;a&quot;" loading="lazy"/gu,
      ),
    ];
    expect(sizes.map(({ groups }) => [groups?.["width"], groups?.["height"], groups?.["cut"] !== undefined])).toEqual([
      ["4", "4", false],
      ["840", "240", false],
      ["100", "480", true],
      ["480", "480", true],
    ]);
    expect(page).toContain('<bdi class="file-name">x.png</bdi> <span class="file-size">72 B</span>');
  });

  test("offers other files for download and says when one is no longer kept", async () => {
    const rooms = await openRooms({}, {}, { ...limits, roomFilesBytesMax: 20_000_000 });
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(Buffer.alloc(15_000_000), "dump.bin"));
    expect(await pageOf(rooms)).toMatch(
      /<a class="file" href="\/rooms\/Lobby\/files\/[^"]+\/dump\.bin" download="dump\.bin">/u,
    );
    expect(await pageOf(rooms)).toContain("15.0 MB");
    const path = new URL((await historyOf(rooms))[0]?.file?.url ?? "").pathname;
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(Buffer.alloc(16_000_000), "x"));
    expect(await pageOf(rooms)).toContain("15.0 MB, no longer kept");
    expect((await rooms.call("GET", path)).status).toBe(404);
  });

  test("groups messages of one sender and begins each day anew", async () => {
    const rooms = await openRooms();
    rooms.advance(11 * 60 * 60_000 + 58 * 60_000);
    await say(rooms, "one");
    await say(rooms, "two");
    rooms.advance(3 * 60_000);
    await say(rooms, "three");
    const page = await pageOf(rooms);
    expect(
      [...page.matchAll(/<time datetime="(2026-11-2\d)">|class="message( continues)?"/gu)].map(([all]) => all),
    ).toEqual([
      '<time datetime="2026-11-21">',
      'class="message"',
      'class="message continues"',
      '<time datetime="2026-11-22">',
      'class="message"',
    ]);
  });

  test("shows 200 messages and a way to those before, which are not live", async () => {
    const rooms = await openRooms();
    for (let index = 0; index < 450; index++) await say(rooms, `m${index}.`);
    const shown = (page: string): readonly string[] => [...page.matchAll(/>(m\d+)\.</gu)].map(([, text]) => text ?? "");
    const first = await pageOf(rooms);
    expect([shown(first).length, shown(first)[0], shown(first).at(-1)]).toEqual([200, "m250", "m449"]);
    const earlier = /class="earlier" href="(?<path>[^"]+)"/u.exec(first)?.groups?.["path"] ?? "";
    const second = String((await rooms.call("GET", earlier)).body);
    expect([shown(second)[0], shown(second).at(-1)]).toEqual(["m50", "m249"]);
    expect(first).toContain('data-events="/rooms/Lobby/events"');
    expect(second).not.toContain("data-events");
    expect(second).toContain("Back to now");
  });

  test("of an empty room tells how to send, with a token only where one is needed", async () => {
    const closed = await pageOf(await openRooms({ rooms: ["It's"] }), "/rooms/It's");
    expect(closed).toContain("curl https://chat.example.com/v2/room/It%27s/notification");
    expect(closed).toContain("Authorization: Bearer TOKEN");
    expect(await pageOf(await openRooms({ requireTokens: false }))).not.toContain("Bearer");
  });

  test.each([
    ["with spaces and slashes", "Ops / night"],
    ["in other scripts", "مركز 📈 график"],
    ["with markup", "<b>&\"'"],
    ["that is a number", "4711"],
    ["of the page's own folder", "assets"],
    ["of the page's own form", "sign-in"],
    ["with a percent sign", "100%"],
  ])("is found by the links to it: a name %s", async (_, name) => {
    const unescaped = (path: string | undefined): string => (path ?? "").replaceAll("&#39;", "'");
    const rooms = await openRooms({ rooms: ["Other", name] });
    const list = await pageOf(rooms, "/rooms");
    const path = [...list.matchAll(/class="card" href="(?<path>[^"]+)"/gu)][1]?.groups?.["path"];
    await rooms.call("POST", `/v2/room/2/share/file`, upload(tinyPng, "ä/ö #?.png"));
    const page = await pageOf(rooms, unescaped(path));
    expect(page.match(/aria-current="page"/gu)).toHaveLength(1);
    expect(page).not.toContain("<b>&");
    const file = /<img src="(?<path>[^"]+)"/u.exec(page)?.groups?.["path"];
    expect((await rooms.call("GET", unescaped(file))).body).toEqual(tinyPng);
  });

  test("runs nothing but its own files", async () => {
    const { headers, body } = await (await openRooms()).call("GET", "/rooms/Lobby");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|nonce|data:|blob:|\*/u);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(String(body)).not.toMatch(/<style|style="|<script(?! type="module" src="\/rooms\/assets\/)|\son\w+="/u);
  });
});

describe("other pages", () => {
  test("the list shows each room's last message as plain text", async () => {
    const rooms = await openRooms({ rooms: ["Lobby", "Quiet"] });
    await say(rooms, "a <b>bold</b> &amp; <i>long</i><br>one", { from: "Bot" });
    const list = await pageOf(rooms, "/rooms");
    expect(list).toContain("<bdi>Bot</bdi>: <bdi>a bold &amp; long one</bdi>");
    expect(list).toContain("No messages yet");
  });
  test("assets are kept for ever under their hash and asked for anew without it", async () => {
    const { call } = await openRooms();
    const page = String((await call("GET", "/rooms")).body);
    for (const [path = ""] of page.matchAll(/\/rooms\/assets\/[^"]+/gu)) {
      const asset = await call("GET", path, { token: undefined });
      expect([asset.status, asset.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
      expect((await call("GET", path.replace(/\?.*/u, ""))).headers["cache-control"]).toBe("no-cache");
    }
    expect(page.match(/\/rooms\/assets\//gu)).toHaveLength(3);
  });
  test.each([
    "/rooms/Nowhere",
    "/rooms/assets/nothing.js",
    "/rooms/assets/constructor",
    "/rooms/assets/..%2fpage.ts",
    "/rooms/Lobby/files/x/y",
    "/rooms/Lobby/nothing",
    "/rooms/%ff",
    "/rooms/<script>",
  ])("%s is not found", async (path) => {
    const answer = await (await openRooms()).call("GET", path);
    expect(answer.status).toBe(404);
    expect(String(answer.body)).not.toContain("<script>");
  });
  test("a file is found in its own room only", async () => {
    const rooms = await openRooms({ rooms: ["Lobby", "Other"] });
    await rooms.call("POST", "/v2/room/Lobby/share/file", upload(tinyPng, "a.png"));
    const path = new URL((await historyOf(rooms))[0]?.file?.url ?? "").pathname;
    expect((await rooms.call("GET", path)).status).toBe(200);
    expect((await rooms.call("GET", path.replace("Lobby", "Other"))).status).toBe(404);
  });
  test("pages are read with GET and HEAD only", async () => {
    const { call } = await openRooms();
    const refused = await call("POST", "/rooms/Lobby");
    expect([refused.status, refused.headers["allow"]]).toEqual([405, "GET, HEAD"]);
    const [get, head] = [await call("GET", "/rooms"), await call("HEAD", "/rooms")];
    expect([head.body, head.headers["content-length"]]).toEqual(["", String(Buffer.byteLength(get.body))]);
  });
});

describe("pages that need a token", () => {
  const closed = async (): Promise<TestRooms> =>
    await openRooms({ pageRequiresToken: true, tokens: [token("all"), token("sender", "send_message")] });
  const basic = (credentials: string) => ({
    token: undefined,
    headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` },
  });

  test.each(["/rooms", "/rooms/Lobby", "/rooms/Nowhere", "/rooms/Lobby/files/x/y"])("%s asks for one", async (path) => {
    const { call } = await closed();
    for (const options of [
      { token: undefined },
      { token: "SENDER" },
      { token: "WRONG" },
      basic("ALL:x"),
      basic("ALL"),
      basic(""),
    ]) {
      const answer = await call("GET", path, options);
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toMatch(/^Basic realm=/u);
    }
    expect((await call("GET", `${path}?auth_token=ALL`, { token: undefined })).status).toBe(401);
  });
  test("any user name will do, and so will Bearer", async () => {
    const { call } = await closed();
    expect((await call("GET", "/rooms/Lobby", basic("maya:ALL"))).status).toBe(200);
    expect((await call("GET", "/rooms/Lobby", basic(":ALL"))).status).toBe(200);
    expect((await call("GET", "/rooms/Lobby", { token: "ALL" })).status).toBe(200);
  });
  test("take no unknown one, not even where the API takes calls without any", async () => {
    const { call } = await openRooms({ pageRequiresToken: true, requireTokens: false });
    expect((await call("GET", "/rooms", basic("maya:WRONG"))).status).toBe(401);
    expect((await call("GET", "/rooms", basic("maya:ALL"))).status).toBe(200);
  });
  test("the stylesheet and the script need none", async () => {
    expect((await (await closed()).call("GET", "/rooms/assets/room.css", { token: undefined })).status).toBe(200);
  });
  test("events are refused by the same answer, and allowed to the same callers", async () => {
    const { rooms } = await closed();
    expect((await rooms.pageRefusal(requestOf("GET", "/rooms/Lobby/events", {})))?.status).toBe(401);
    expect(await rooms.pageRefusal(requestOf("GET", "/rooms/Lobby/events", { token: "ALL" }))).toBeUndefined();
    const { rooms: open } = await openRooms();
    expect(await open.pageRefusal(requestOf("GET", "/rooms/Lobby/events", {}))).toBeUndefined();
  });
});

describe("watch", () => {
  /** The next `count` events. */
  const take = async (events: AsyncIterable<RoomEvent> | undefined, count: number): Promise<readonly RoomEvent[]> => {
    const taken: RoomEvent[] = [];
    if (events === undefined) throw new Error("There is no place for a watcher.");
    for await (const event of events) {
      taken.push(event);
      if (taken.length === count) break;
    }
    return taken;
  };
  const never = new AbortController().signal;

  test("gives the kept messages first and then the new ones, each once, as the page contains them", async () => {
    const rooms = await openRooms();
    await say(rooms, "one");
    await say(rooms, "two", { from: "Bot" });
    const taking = take(await rooms.rooms.watch("Lobby", undefined, never), 4);
    await say(rooms, "three");
    await say(rooms, "four", { from: "Bot" });
    const events = await taking;
    expect(events.map(({ html }) => />(\w+)<\/div>/u.exec(html)?.[1])).toEqual(["one", "two", "three", "four"]);
    const page = await pageOf(rooms);
    for (const { html } of events) expect(page).toContain(html);
  });

  test("goes on after the sequence it is given, without loss and without repeating", async () => {
    const rooms = await openRooms();
    for (const text of ["one", "two", "three"]) await say(rooms, text);
    const all = await take(await rooms.rooms.watch("1", undefined, never), 3);
    const rest = await take(await rooms.rooms.watch("Lobby", all[0]?.sequence, never), 2);
    expect(rest).toEqual(all.slice(1));
    const last = /data-last="(?<last>\d+)"/u.exec(await pageOf(rooms))?.groups?.["last"];
    expect(Number(last)).toBe(all[2]?.sequence);
  });

  test("survives a reader slower than the room, up to what is kept", async () => {
    const rooms = await openRooms();
    const events = (await rooms.rooms.watch("Lobby", undefined, never))?.[Symbol.asyncIterator]();
    const first = events?.next();
    for (let index = 0; index < 300; index++) await say(rooms, `m${index}`);
    const texts = [(await first)?.value];
    for (let index = 1; index < 300; index++) texts.push((await events?.next())?.value);
    expect(texts.map((event: RoomEvent) => /band yellow" dir="auto">(\w+)</u.exec(event.html)?.[1])).toEqual(
      Array.from({ length: 300 }, (_, index) => `m${index}`),
    );
  });

  test("ends with the signal", async () => {
    const { rooms } = await openRooms();
    const leaving = new AbortController();
    const taking = take(await rooms.watch("Lobby", undefined, leaving.signal), 1);
    leaving.abort();
    expect(await taking).toEqual([]);
    expect(await take(await rooms.watch("Lobby", undefined, leaving.signal), 1)).toEqual([]);
  });

  test("is refused for an unknown room and beyond the limit, until a reader leaves", async () => {
    const { rooms } = await openRooms();
    const leaving = new AbortController();
    expect(await rooms.watch("Nowhere", undefined, never)).toBeUndefined();
    for (let count = 0; count < limits.roomWatchersMax; count++) {
      expect(await rooms.watch("Lobby", undefined, leaving.signal)).toBeDefined();
    }
    expect(await rooms.watch("Lobby", undefined, never)).toBeUndefined();
    leaving.abort();
    expect(await rooms.watch("Lobby", undefined, never)).toBeDefined();
  });
});

describe("rooms of the configuration", () => {
  test("are made once and found at once", async () => {
    const rooms = await openRooms({ rooms: ["Lobby", "Lobby", "Later"] });
    await rooms.call("POST", "/v2/room/Later/notification", { body: { message: "x" } });
    expect(await historyOf(rooms, "2")).toHaveLength(1);
    expect((await rooms.call("GET", "/v2/room/3")).status).toBe(404);
  });
  test.each(["", "  ", "x".repeat(51), "a\u0000b"])("cannot be called %j", async (name) => {
    await expect(openRooms({ rooms: [name] })).rejects.toMatchObject({ code: "config_invalid" });
  });
  test("are at most as many as the limit", async () => {
    const names = Array.from({ length: limits.roomsMax + 1 }, (_, index) => `r${index}`);
    await openRooms({ rooms: names.slice(1) });
    await expect(openRooms({ rooms: names })).rejects.toMatchObject({ code: "config_invalid" });
  });
});
