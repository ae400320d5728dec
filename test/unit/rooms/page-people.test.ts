import { describe, expect, test } from "vitest";
import { limits } from "../../../src/core/limits.ts";
import type { ApiAnswer } from "../../../src/rooms/contract.ts";
import { excerptHtml } from "../../../src/rooms/page/highlight.ts";
import { historyOf, openRooms, token } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

/* What people do on the pages: write, sign in, search, and follow links to messages. */

/** A browser on the pages: it keeps cookies, names its origin, and fills in the forms it was given. */
function browse({ rooms, call }: TestRooms) {
  const cookies = new Map<string, string>();
  const visit = async (method: string, path: string, extra: Record<string, string>, body = ""): Promise<ApiAnswer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", host: "chat.example.com", cookie, ...extra };
    const answer = await call(method, path, { token: undefined, headers, body });
    const [, name, value, rest] = /^(\w+)=([^;]*);(.*)$/u.exec(answer.headers["set-cookie"] ?? "") ?? [];
    if (name !== undefined && value !== undefined) {
      expect(rest).toMatch(/Path=\/rooms; Max-Age=\d+; HttpOnly; SameSite=Strict/u);
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  return {
    rooms,
    cookies,
    get: async (path: string, headers: Record<string, string> = {}) => await visit("GET", path, headers),
    /** Fills in the page's form for `action`; `extra` takes the place of what a browser would say. */
    async post(page: ApiAnswer, action: string, fields: Record<string, string>, extra: Record<string, string> = {}) {
      const hidden = [
        ...String(page.body).matchAll(/<input type="hidden" name="(?<name>\w+)" value="(?<value>[^"]*)">/gu),
      ].map(({ groups }) => [groups?.["name"] ?? "", groups?.["value"] ?? ""] as const);
      const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString();
      const type = { "content-type": "application/x-www-form-urlencoded", origin: "https://chat.example.com" };
      return await visit("POST", action, { ...type, ...extra }, body);
    },
  };
}

const open = async (options: Parameters<typeof openRooms>[0] = {}): Promise<TestRooms> =>
  await openRooms({ requireTokens: false, tokens: [], ...options });
const write = "/rooms/Lobby/messages";
const textsOf = async (rooms: TestRooms) => (await historyOf(rooms)).map(({ message }) => message);

describe("writing into a room", () => {
  test("says a person's words under the name they gave, which the page remembers", async () => {
    const rooms = await open();
    const browser = browse(rooms);
    const page = await browser.get("/rooms/Lobby");
    const said = await browser.post(page, write, { message: "one\r\n\r\n@all (thumbsup)\r\n", name: " Maya\n L " });
    expect([said.status, said.headers["location"]]).toEqual([303, "/rooms/Lobby"]);
    const [message] = await historyOf(rooms);
    expect(message).toMatchObject({
      message: "one\n\n@all (thumbsup)",
      type: "message",
      message_format: "text",
      from: { name: "Maya L" },
    });
    const again = String((await browser.get("/rooms/Lobby")).body);
    expect(again).toContain('value="Maya L"');
    expect(again).toContain('<span class="mention">@all</span>');
  });

  test("without a name is Anonymous, on every later page of the same browser with the same key", async () => {
    const rooms = await open();
    const browser = browse(rooms);
    const page = await browser.get("/rooms/Lobby");
    await browser.get("/rooms");
    expect((await browser.post(page, write, { message: "x" })).status).toBe(303);
    expect((await historyOf(rooms))[0]?.from).toMatchObject({ name: "Anonymous" });
  });

  test("twice with one form is one message, with the form of the next page another", async () => {
    const rooms = await open();
    const browser = browse(rooms);
    const page = await browser.get("/rooms/Lobby");
    await browser.post(page, write, { message: "x" });
    await browser.post(page, write, { message: "x" });
    await browser.post(await browser.get("/rooms/Lobby"), write, { message: "x" });
    expect(await textsOf(rooms)).toEqual(["x", "x"]);
  });

  test("is told to whoever makes alerts of messages, as the API's calls are", async () => {
    const heard: string[] = [];
    const rooms = await openRooms(
      { requireTokens: false, tokens: [] },
      { heard: async ({ message, page }) => void heard.push(`${message.text} ${page}`) },
    );
    const browser = browse(rooms);
    await browser.post(await browser.get("/rooms/Lobby"), write, { message: "x" });
    expect(heard).toEqual(["x https://chat.example.com/rooms/Lobby"]);
  });

  const foreign: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
    ["from another site, as browsers say it", { "sec-fetch-site": "cross-site" }, {}],
    ["from a neighbouring site", { "sec-fetch-site": "same-site" }, {}],
    ["from another origin", { origin: "https://evil.example" }, {}],
    ["from an origin that is not told", { origin: "null" }, {}],
    ["that is JSON", { "content-type": "application/json" }, {}],
    ["that is plain text", { "content-type": "text/plain" }, {}],
    ["without the cookie", { cookie: "" }, {}],
    ["with another cookie", { cookie: `chartbell_form=${"x".repeat(32)}` }, {}],
    ["with a wrong key", {}, { key: "x".repeat(32) }],
    ["without a key", {}, { key: "" }],
  ];
  test.each(foreign)("is not done for a form %s", async (_, headers, fields) => {
    const rooms = await open();
    const browser = browse(rooms);
    const page = await browser.get("/rooms/Lobby");
    expect((await browser.post(page, write, { message: "x", ...fields }, headers)).status).toBe(403);
    expect(await textsOf(rooms)).toEqual([]);
  });

  test.each([
    ["nothing but spaces", { message: " \r\n " }, "there is nothing in it"],
    ["too long", { message: "ä".repeat(10_001) }, "at most 10,000 characters"],
    ["by too long a name", { message: "keep <me>", name: "n".repeat(65) }, "at most 64 characters"],
  ])("is refused when it is %s; the page shows it again", async (_, fields, why) => {
    const rooms = await open();
    const browser = browse(rooms);
    const answer = await browser.post(await browser.get("/rooms/Lobby"), write, fields);
    expect(answer.status).toBe(400);
    expect(String(answer.body)).toContain(why);
    if (fields.message === "keep <me>") expect(String(answer.body)).toContain("keep &lt;me&gt;</textarea>");
    expect(await textsOf(rooms)).toEqual([]);
  });

  test("keeps to the room's rate limit", async () => {
    const rooms = await open({ enforceRateLimits: true });
    const browser = browse(rooms);
    for (let count = 0; count < limits.roomSendsPerMinuteMax; count++) {
      const answer = await browser.post(await browser.get("/rooms/Lobby"), write, { message: "x" });
      expect(answer.status).toBe(303);
    }
    const answer = await browser.post(await browser.get("/rooms/Lobby"), write, { message: "too much" });
    expect([answer.status, String(answer.body).includes("too much</textarea>")]).toEqual([429, true]);
  });

  test("in a room that is not there is not found, and otherwise than by POST not done", async () => {
    const rooms = await open();
    const browser = browse(rooms);
    const page = await browser.get("/rooms/Lobby");
    expect((await browser.post(page, "/rooms/Nowhere/messages", { message: "x" })).status).toBe(404);
    const read = await browser.get(write);
    expect([read.status, read.headers["allow"]]).toEqual([405, "POST"]);
  });
});

describe("signing in", () => {
  const closed = async (pageRequiresToken = true) =>
    await openRooms({
      pageRequiresToken,
      tokens: [token("all"), token("reader", "view_messages"), token("sender", "send_notification")],
    });
  const signIn = async (browser: ReturnType<typeof browse>, secret: string, next = "/rooms/Lobby?before=5") => {
    const page = await browser.get(`/rooms/sign-in?next=${encodeURIComponent(next)}`);
    return await browser.post(page, "/rooms/sign-in", { token: secret });
  };

  test("is where a browser is led, and from where it is led back to write under its token", async () => {
    const rooms = await closed();
    const browser = browse(rooms);
    const led = await browser.get("/rooms/Lobby?before=5");
    expect([led.status, led.headers["location"]]).toEqual([303, "/rooms/sign-in?next=%2Frooms%2FLobby%3Fbefore%3D5"]);
    const answer = await signIn(browser, " ALL ");
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/rooms/Lobby?before=5"]);
    expect(answer.headers["set-cookie"]).toMatch(/; Secure$/u);
    expect(browser.cookies.get("chartbell_session")).not.toContain("ALL");
    const said = await browser.post(await browser.get("/rooms/Lobby"), write, { message: "x" });
    expect(said.status).toBe(303);
    expect((await historyOf(rooms))[0]?.from).toMatchObject({ name: "all", id: 1 });
  });

  test("needs a form of this server, too", async () => {
    const browser = browse(await closed());
    const page = await browser.get("/rooms/sign-in");
    for (const headers of [{ origin: "https://evil.example" }, { cookie: "" }]) {
      const answer = await browser.post(page, "/rooms/sign-in", { token: "ALL" }, headers);
      expect(answer.status).toBe(403);
    }
    expect(browser.cookies.has("chartbell_session")).toBe(false);
  });

  test.each([
    ["WRONG", "not known"],
    ["", "not known"],
    ["SENDER", "lacks the scope view_messages"],
  ])("with %j is refused", async (secret, why) => {
    const browser = browse(await closed());
    const answer = await signIn(browser, secret);
    expect([answer.status, String(answer.body).includes(why)]).toEqual([403, true]);
    expect((await browser.get("/rooms/Lobby")).status).toBe(303);
  });

  test("with a reader's token lets read and not write", async () => {
    const browser = browse(await closed());
    await signIn(browser, "READER");
    const page = await browser.get("/rooms/Lobby");
    expect(String(page.body)).not.toContain("<textarea");
    const other = await browser.get("/rooms");
    expect((await browser.post(other, write, { message: "x" })).status).toBe(403);
  });

  test("is needed to write where reading is open to all", async () => {
    const browser = browse(await closed(false));
    expect(String((await browser.get("/rooms/Lobby")).body)).toContain('href="/rooms/sign-in?next=%2Frooms%2FLobby"');
    expect((await signIn(browser, "READER")).status).toBe(403);
    expect((await signIn(browser, "ALL")).status).toBe(303);
    expect(String((await browser.get("/rooms/Lobby")).body)).toContain("<textarea");
  });

  test("ends with the sign-out, with its time, and with the token", async () => {
    const rooms = await closed();
    const browser = browse(rooms);
    await signIn(browser, "ALL");
    await browser.post(await browser.get("/rooms"), "/rooms/sign-out", {});
    expect((await browser.get("/rooms")).status).toBe(303);
    await signIn(browser, "ALL");
    rooms.advance(limits.roomSessionMs);
    expect((await browser.get("/rooms")).status).toBe(303);
    const { token: secret } = await rooms.rooms.admin.createToken({ name: "guest", scopes: ["view_messages"] });
    await signIn(browser, secret);
    expect((await browser.get("/rooms")).status).toBe(200);
    await rooms.rooms.admin.revokeToken("guest");
    expect((await browser.get("/rooms")).status).toBe(303);
  });

  test("is not replaced by the browser's password box when a session has ended", async () => {
    const rooms = await closed();
    const browser = browse(rooms);
    await signIn(browser, "ALL");
    const page = await browser.get("/rooms/Lobby");
    rooms.advance(limits.roomSessionMs);
    const events = await browser.get("/rooms/Lobby", { accept: "text/event-stream" });
    const said = await browser.post(page, write, { message: "x" });
    for (const { status, headers } of [events, said]) {
      expect([status, headers["www-authenticate"]]).toEqual([401, undefined]);
    }
    expect(String(said.body)).toContain("Your session has ended");
  });

  test("with a token of one room opens that room only", async () => {
    const rooms = await openRooms({ pageRequiresToken: true, rooms: ["Lobby", "Ops"] });
    const scopes = ["view_messages", "send_message"] as const;
    const { token: secret } = await rooms.rooms.admin.createToken({ name: "ops", scopes, room: "Ops" });
    const browser = browse(rooms);
    await signIn(browser, secret, "/rooms/Ops");
    const page = await browser.get("/rooms/Ops");
    expect(String(page.body)).not.toContain("Lobby");
    expect((await browser.post(page, "/rooms/Ops/messages", { message: "x" })).status).toBe(303);
    expect((await browser.post(page, write, { message: "x" })).status).toBe(404);
  });

  test.each([
    "https://evil.example",
    "//evil.example/rooms",
    "/\\evil.example",
    "/rooms/..//evil.example",
    "/roomsy",
    "javascript:alert(1)",
    "",
  ])("leads to no other place: %j", async (next) => {
    const answer = await signIn(browse(await closed()), "ALL", next);
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/rooms"]);
  });
});

describe("links to messages", () => {
  test("open the room around the message, which is marked, with ways to both sides", async () => {
    const rooms = await open();
    for (let index = 0; index < 450; index++) {
      await rooms.call("POST", "/v2/room/Lobby/message", { body: { message: `m${index}.` } });
    }
    const browser = browse(rooms);
    const found = (await historyOf(rooms)).find(({ message }) => message === "m200.");
    const page = String((await browser.get(`/rooms/Lobby/messages/${found?.id}`)).body);
    const shown = (html: string) => [...html.matchAll(/>(m\d+)\.</gu)].map(([, text]) => text);
    expect([shown(page)[0], shown(page).at(-1), shown(page).length]).toEqual(["m100", "m299", 200]);
    const anchor = /<article class="message is-linked" id="(m\d+)"/u.exec(page)?.[1];
    expect(page).toContain(`class="time" href="/rooms/Lobby/messages/${found?.id}#${anchor}"`);
    expect(page).not.toContain("data-events");
    const link = (kind: string) => new RegExp(`href="([^"]+\\?${kind}=\\d+)"`, "u").exec(page)?.[1] ?? "";
    const later = shown(String((await browser.get(link("after"))).body));
    const earlier = shown(String((await browser.get(link("before"))).body));
    expect([earlier[0], earlier.at(-1), later[0], later.at(-1)]).toEqual(["m0", "m99", "m300", "m449"]);
  });

  test("to none are said to be so", async () => {
    const { call } = await open();
    for (const id of ["x", "00000000-0000-4000-8000-000000000000", "%00", "1' or 1=1"]) {
      expect((await call("GET", `/rooms/Lobby/messages/${encodeURIComponent(id)}`)).status).toBe(404);
    }
  });
});

describe("the search", () => {
  const searched = async (rooms: TestRooms, query: string): Promise<string> =>
    String((await rooms.call("GET", `/rooms/Lobby/search?${query}`)).body);

  test("finds messages with every word, marks the words, and leads to each", async () => {
    const rooms = await open();
    for (const message of ["CPU of <b>web01</b> is high", "cpu of web02", "disk of web01"]) {
      await rooms.call("POST", "/v2/room/Lobby/notification", { body: { message, from: "CPU watch" } });
    }
    const page = await searched(rooms, "q=cpu+WEB01");
    expect(page).toContain("<mark>CPU</mark> of <mark>web01</mark> is high");
    expect(page).toContain("<bdi><mark>CPU</mark> watch</bdi>");
    expect(page.match(/class="result"/gu)).toHaveLength(2);
    expect(page).toContain('value="cpu WEB01"');
    const path = /class="result" href="(?<path>[^"#]+)/u.exec(page)?.groups?.["path"] ?? "";
    expect((await rooms.call("GET", path)).status).toBe(200);
  });

  test("goes on with older ones", async () => {
    const rooms = await open();
    for (let index = 0; index < 120; index++) {
      await rooms.call("POST", "/v2/room/Lobby/message", { body: { message: `word ${index}.` } });
    }
    const numbers: number[] = [];
    let query: string | undefined = "q=word";
    while (query !== undefined) {
      const page: string = await searched(rooms, query);
      numbers.push(...[...page.matchAll(/<\/mark> (\d+)\./gu)].map(([, number]) => Number(number)));
      query = /search\?(q=word&amp;before=\d+)/u.exec(page)?.[1]?.replace("&amp;", "&");
    }
    expect(numbers).toEqual(Array.from({ length: 120 }, (_, index) => 119 - index));
  });

  test("for nothing asks for words, and says when there is nothing", async () => {
    const rooms = await open();
    expect(await searched(rooms, "q=+")).not.toContain("Nothing found");
    expect(await searched(rooms, "q=nothing")).toContain("Nothing found");
  });
});

describe("an excerpt", () => {
  test.each([
    ["a < b", ["<"], "a <mark>&lt;</mark> b"],
    ["İstanbul istanbul", ["istanbul"], "İstanbul <mark>istanbul</mark>"],
    ["aaa", ["a", "aa"], "<mark>aa</mark><mark>a</mark>"],
    ["&amp; x", ["amp"], "&amp;<mark>amp</mark>; x"],
    ["two\n lines", ["lines"], "two <mark>lines</mark>"],
  ])("of %j for %j", (text, words, expected) => expect(excerptHtml(text, words)).toBe(expected));

  test("of a long text shows the place where the word is", () => {
    const html = excerptHtml(`${"🔔".repeat(3000)}needle${"🔔".repeat(3000)}`, ["needle"]);
    expect(html).toMatch(/^…🔔{40}<mark>needle<\/mark>🔔+…$/u);
    expect(html.length).toBeLessThan(400);
  });
});
