import { describe, expect, test } from "vitest";
import { errorOf, historyOf, openRooms } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

const post = "/v2/room/Lobby/notification";
const basics = { id: "c1", title: "CPU <97%>" };
const values = (count: number, label: string) => Array.from({ length: count }, () => ({ value: { label } }));
const send = async (rooms: TestRooms, card: unknown): Promise<number> =>
  (await rooms.call("POST", post, { body: { message: "the <i>fallback</i>", color: "green", card } })).status;
/** What the room's page shows of a card, each tag's attributes but class, href and src left out. */
const shown = async (card: object): Promise<string> => {
  const rooms = await openRooms();
  expect(await send(rooms, { ...basics, ...card })).toBe(204);
  return String((await rooms.call("GET", "/rooms/Lobby")).body);
};

describe("cards are drawn instead of their message", () => {
  test("of style application, as Grafana sends them", async () => {
    const page = await shown({
      style: "application",
      url: "http://grafana.example/d/1",
      title: "[Alerting] CPU",
      description: "CPU is <high>",
      format: "medium",
      icon: { url: "https://grafana.example/fav32.png" },
      date: 1_500_000_000,
      attributes: [{ label: "web01", value: { label: "97.1", style: "lozenge-error", url: "http://a.example/m" } }],
      thumbnail: { url: "http://a.example/c.png", "url@2x": "http://a.example/c2.png", width: 1193, height: 564 },
      activity: { html: "CPU is <b>high</b><script>alert(1)</script>", icon: "http://a.example/i.png" },
    });
    expect(page).toContain('<section class="app-card application band green" aria-label="[Alerting] CPU">');
    expect(page).toContain(
      '<img class="app-card-icon" src="https://grafana.example/fav32.png" alt="" loading="lazy" referrerpolicy="no-referrer"><a href="http://grafana.example/d/1" target="_blank" rel="noopener noreferrer nofollow"><bdi>[Alerting] CPU</bdi></a>',
    );
    expect(page).toContain('<div class="app-card-text" dir="auto">CPU is &lt;high&gt;</div>');
    expect(page).toContain(
      '<dt><bdi>web01</bdi></dt><dd><span class="lozenge error"><a href="http://a.example/m" target="_blank" rel="noopener noreferrer nofollow"><bdi>97.1</bdi></a></span></dd>',
    );
    expect(page).toContain(
      '<img class="app-card-picture" src="http://a.example/c.png" width="1193" height="564" alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer">',
    );
    expect(page).toMatch(/<p class="app-card-activity" dir="auto"><img [^>]+>CPU is <b>high<\/b><\/p>/u);
    expect(page).not.toContain("fallback");
  });
  test.each([
    ["link", { url: "http://a.example", description: { format: "html", value: "<b>x</b><h1>y</h1>" } }, "<b>x</b>y"],
    ["media", { url: "http://a.example", description: { format: "text", value: "<b>x</b>" } }, "&lt;b&gt;x&lt;/b&gt;"],
    ["file", { url: "http://a.example/a.txt" }, 'href="http://a.example/a.txt"'],
    ["image", { url: "http://a.example/a.png" }, '<img class="app-card-picture" src="http://a.example/a.png" alt=""'],
  ])("of style %s", async (style, card, part) => {
    const page = await shown({ style, ...card });
    expect(page).toContain(`<section class="app-card ${style}`);
    expect(page).toContain("<bdi>CPU &lt;97%&gt;</bdi>");
    expect(page).toContain(part);
  });
  test.each([{ style: "link", url: "http://a.example" }, { style: "image" }])(
    "but the message where %j lacks what it needs",
    async (card) => {
      const page = await shown(card);
      expect(page).not.toContain("app-card");
      expect(page).toContain("the <i>fallback</i>");
    },
  );
  test("without addresses that are not of the web, and with no size that is none", async () => {
    const page = await shown({
      style: "application",
      url: "javascript:alert(1)",
      icon: "data:image/svg+xml,x",
      thumbnail: { url: "http://a.example/c.png", width: "640", height: -1 },
      attributes: [{ value: { label: "x", url: "/v1/rooms/message", icon: "//a.example/x" } }],
    });
    const section = /<section class="app-card[\s\S]*?<\/section>/u.exec(page)?.[0] ?? "";
    expect(section.match(/(?:href|src)="[^"]*"/gu)).toEqual(['src="http://a.example/c.png"']);
    expect(section).not.toContain("width=");
  });
});

test("a card stands in the history as JSON, without what is not of a card", async () => {
  const rooms = await openRooms();
  await send(rooms, { ...basics, style: "file", description: "", date: 1, images: {} });
  expect(JSON.parse((await historyOf(rooms))[0]?.card ?? "")).toEqual({ ...basics, style: "file" });
});

describe("cards that are none", () => {
  test.each([
    ["no object", "x"],
    ["a list", []],
    ["no style", { ...basics }],
    ["an unknown style", { ...basics, style: "video" }],
    ["no id", { style: "file", title: "x" }],
    ["no title", { style: "file", id: "x" }],
    ["a title beyond 500 characters", { ...basics, style: "file", title: "x".repeat(501) }],
    ["a description beyond 1,000", { ...basics, style: "file", description: "x".repeat(1001) }],
    ["a description of another format", { ...basics, style: "file", description: { format: "rtf", value: "x" } }],
    ["an attribute without a value", { ...basics, style: "file", attributes: [{ label: "x" }] }],
    ["a label beyond 50", { ...basics, style: "file", attributes: [{ label: "x".repeat(51), value: { label: "x" } }] }],
    ["too many attributes", { ...basics, style: "file", attributes: values(51, "x") }],
    ["too much", { ...basics, style: "file", attributes: values(50, "x".repeat(999)) }],
    ["a thumbnail without an address", { ...basics, style: "file", thumbnail: { width: 1 } }],
    ["an activity without words", { ...basics, style: "file", activity: {} }],
  ])("for %s are refused with the schema that they should have had", async (_, card) => {
    const rooms = await openRooms();
    const error = errorOf(await rooms.call("POST", post, { body: { message: "x", card } }));
    expect(error).toMatchObject({ code: 400, field: "card", validation: "type" });
    expect(error["expected_type"]).toEqual([
      { type: "null" },
      expect.objectContaining({ type: "object", required: ["style", "id", "title"] }),
    ]);
    expect(await historyOf(rooms)).toEqual([]);
  });
  test.each([null, undefined, ""])("because it is %j are no fault", async (card) => {
    expect(await send(await openRooms(), card)).toBe(204);
  });
});
