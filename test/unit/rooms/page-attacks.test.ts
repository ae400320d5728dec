import { describe, expect, test } from "vitest";
import { attacks } from "./attacks.ts";
import { expectHarmless, tagsOf } from "./harmless.ts";
import { openRooms, tinyPng, upload } from "./open-rooms.ts";
import type { TestRooms } from "./open-rooms.ts";

/*
 * What others wrote, in every place where a page shows it: nothing of it may become markup of the page beyond what an HTML
 * message may contain.
 */

/** A room in which everything that a caller can choose is this text, as far as its limits let it. */
async function fill(text: string): Promise<TestRooms> {
  const rooms = await openRooms();
  const name = text.slice(0, 50).trim();
  const made = await rooms.call("POST", "/v2/room", { body: { name, topic: text.slice(0, 250) } });
  expect([201, 400]).toContain(made.status);
  const send = async (path: string, body: object): Promise<void> => {
    const { status } = await rooms.call("POST", path, { body });
    expect([201, 204, 400]).toContain(status);
  };
  const room = made.status === 201 ? 2 : 1;
  const from = text.slice(0, 64);
  const address = `https://a.example/${text}`;
  const values = { id: text, title: text, description: { format: "html", value: text }, activity: { html: text } };
  const attributes = [{ label: text.slice(0, 50), value: { label: text, url: text, icon: address } }];
  const icons = { icon: { url: address }, thumbnail: { url: text, width: 10, height: 10 } };
  for (const format of ["html", "text"]) {
    await send(`/v2/room/${room}/notification`, { message: text, message_format: format, from });
  }
  for (const style of ["file", "image", "application", "link", "media"]) {
    for (const url of [text, address]) {
      const card = { style, url, ...values, ...icons, attributes, format: "medium" };
      await send(`/v2/room/${room}/notification`, { message: "x", card });
    }
  }
  await send(`/v2/room/${room}/message`, { message: text });
  await send(`/v2/room/${room}/share/link`, { link: address, message: text });
  for (const [bytes, extension] of [
    [tinyPng, "png"],
    [Buffer.from(text), "html"],
  ] as const) {
    const file = upload(bytes, `${text.replaceAll('"', '\\"')}.${extension}`, text);
    await rooms.call("POST", `/v2/room/${room}/share/file`, file);
  }
  await rooms.call("POST", `/v2/user/${encodeURIComponent(text)}/message`, { body: { message: text } });
  await rooms.call("PUT", `/v2/room/${room}/topic`, { body: { topic: `${text.slice(0, 200)} again` } });
  return rooms;
}

/** The pages of the messages that the longest room shows. */
async function permalinksOf(rooms: TestRooms): Promise<readonly string[]> {
  const page = String((await rooms.call("GET", "/rooms/2")).body);
  const links = [...page.matchAll(/class="time" href="(?<path>[^"#]+)/gu)].map(({ groups }) => groups?.["path"] ?? "");
  return links.slice(0, 2).map((path) => path.replaceAll("&#39;", "'"));
}

/** The page that shows what was written once more, because its form was too old. */
async function refusedDraft(rooms: TestRooms, text: string): Promise<string> {
  const answer = await rooms.call("POST", "/rooms/1/messages", {
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin",
      cookie: `chartbell_name=${encodeURIComponent(text)}; chartbell_form=${text}`,
    },
    body: new URLSearchParams({ message: text, name: text, key: text, once: text }).toString(),
  });
  expect(answer.status).toBe(403);
  return String(answer.body);
}

describe.each(attacks)("%j", (attack) => {
  test("is harmless wherever a page shows it", async () => {
    const rooms = await fill(attack);
    const pages = ["/rooms", "/rooms/1", "/rooms/2", "/rooms/3", `/rooms/${encodeURIComponent(attack)}`];
    const words = encodeURIComponent(attack);
    for (const room of [1, 2, 3]) pages.push(`/rooms/${room}/search?q=${words}`, `/rooms/${room}/messages/${words}`);
    pages.push(`/rooms/sign-in?next=${words}`, ...(await permalinksOf(rooms)));
    for (const path of pages) expectHarmless(String((await rooms.call("GET", path)).body));
    expectHarmless(await refusedDraft(rooms, attack));
    const events = await rooms.rooms.watch("1", 0, AbortSignal.timeout(50));
    for await (const { html } of events ?? []) tagsOf(html);
  });
});

test("the room that the attacks fill shows each kind of thing", async () => {
  const rooms = await fill("plain words");
  const page = String((await rooms.call("GET", "/rooms/2")).body);
  for (const part of [
    "app-card image",
    "app-card-activity",
    "lozenge",
    "picture-link",
    'class="file"',
    "topic-change",
  ]) {
    if (part !== "lozenge") expect(page).toContain(part);
  }
  expect(page).toContain("https://a.example/plain%20words");
  expect(page.match(/<article/gu)).toHaveLength(17);
});
