import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLog } from "../../src/core/log.ts";
import type { Message, NewMessage, Room } from "../../src/core/room.ts";
import { newRoom } from "../../src/core/room.ts";
import type { NewWebhook, RoomStore } from "../../src/core/room-store.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { Database } from "../../src/store/database.ts";
import { openRoomStore } from "../../src/store/rooms/open.ts";
import { openTestDatabase } from "../support/database.ts";
import type { TestDatabase } from "../support/database.ts";

/* What src/core/room-store.ts promises: of one process, of one that was started again, and of two on one database. */

let server: TestDatabase;
let otherDatabase: Database;
const open: RoomStore[] = [];
beforeAll(async () => {
  server = await openTestDatabase();
  otherDatabase = openDatabase(
    { connectionString: server.url.reveal() },
    createLog({ level: "silent", pretty: false }),
  );
});
afterAll(async () => {
  for (const store of open) await store[Symbol.asyncDispose]();
  await otherDatabase[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const small = { roomsMax: 3, messagesPerRoomMax: 3, roomFilesBytesMax: 100 };
const large = { roomsMax: 30, messagesPerRoomMax: 1000, roomFilesBytesMax: 1_000_000 };

interface Opened {
  readonly store: RoomStore;
  readonly advance: (ms: number) => void;
  /** The same rooms, as another process or a later one has them. */
  readonly again: (isShared?: boolean) => Promise<RoomStore>;
}

/** Nothing is left of the test before. */
async function openEmpty(bounds = large, isShared = false): Promise<Opened> {
  let nowMs = Date.UTC(2026, 10, 21);
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
  for (const store of open.splice(0)) await store[Symbol.asyncDispose]();
  await server.database.query("truncate chartbell.room, chartbell.room_token restart identity cascade");
  const from = async (database: Database, shared: boolean): Promise<RoomStore> => {
    const store = await openRoomStore(database, shared, clock, bounds);
    open.push(store);
    return store;
  };
  return {
    store: await from(server.database, isShared),
    advance: (ms) => void (nowMs += ms),
    again: async (shared = false) => await from(otherDatabase, shared),
  };
}

const words = (text: string, extra: Partial<NewMessage> = {}): NewMessage => ({
  kind: "message",
  sender: { id: 1, name: "Maya" },
  label: "",
  text,
  format: "text",
  notify: false,
  ...extra,
});
const file = (bytes: number): Partial<NewMessage> => ({
  file: { name: "x.bin", mediaType: "application/octet-stream", bytes: Buffer.alloc(bytes, 7) },
});
const make = async (store: RoomStore, name: string): Promise<Room> => {
  const room = await store.createRoom(newRoom(name));
  if (typeof room === "string") throw new Error(`No room: ${room}.`);
  return room;
};
const say = async (store: RoomStore, room: Room, message: NewMessage, id?: string): Promise<Message> => {
  const said = await store.append(room, message, id);
  if (said === undefined) throw new Error("The room is gone.");
  return said.message;
};
const texts = async (store: RoomStore, room: Room): Promise<readonly string[]> =>
  (await store.newest(room, { count: 1000 })).map(({ text }) => text);
const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");
const hook: NewWebhook = {
  url: "https://a.example/",
  event: "room_message",
  name: "Echo",
  pattern: "^/echo \u0000",
  key: undefined,
  creator: { id: 1, name: "all" },
};
const never = new AbortController().signal;

describe("messages", () => {
  test("are read as they were said, whatever is in them", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    const odd = words("NUL \u0000, half a pair \ud800, 🔔", {
      kind: "notification",
      label: "Bot",
      color: "red",
      notify: true,
      format: "html",
      card: { style: "link", id: "1", title: "CPU \u0000", url: "https://a.example" },
    });
    const said = await say(store, room, odd);
    expect(said).toMatchObject(odd);
    expect(await store.message(room, said.id)).toEqual(said);
    expect(await store.newest(room, { count: 1 })).toEqual([said]);
    expect(await store.message(await make(store, "b"), said.id)).toBeUndefined();
    expect(await store.message(room, "x")).toBeUndefined();
  });

  test("beyond the limit push out the oldest of their room with its file", async () => {
    const { store } = await openEmpty(small);
    const [room, other] = [await make(store, "a"), await make(store, "b")];
    await say(store, other, words("kept"));
    const first = await say(store, room, words("1", file(10)));
    for (const text of ["2", "3", "4"]) await say(store, room, words(text));
    expect(await texts(store, room)).toEqual(["4", "3", "2"]);
    expect(await texts(store, other)).toEqual(["kept"]);
    expect(await store.file(first.file?.id ?? "")).toBeUndefined();
    expect(await store.message(room, first.id)).toBeUndefined();
    expect(await store.statistics(room)).toMatchObject({ messagesSent: 4 });
  });

  test("of many senders at the same time are all kept, each once, in the order of their sequences", async () => {
    const { store, again } = await openEmpty();
    const other = await again();
    const [a, b] = [await make(store, "a"), await make(store, "b")];
    const sent = Array.from({ length: 200 }, (_, index) => `m${index}`);
    const said = await Promise.all(
      sent.map(async (text, index) => await say(index % 3 === 0 ? other : store, index % 2 === 0 ? a : b, words(text))),
    );
    for (const room of [a, b]) {
      const kept = (await store.newest(room, { count: 1000 })).toReversed();
      const sequences = kept.map(({ sequence }) => sequence);
      expect(sequences).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    }
    expect([...(await texts(store, a)), ...(await texts(store, b))].toSorted()).toEqual(sent.toSorted());
    expect(new Set(said.map(({ id }) => id)).size).toBe(200);
  });

  test("of one id are one message", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    const id = randomUUID();
    expect((await store.append(room, words("once"), id))?.isNew).toBe(true);
    const second = await store.append(room, words("twice", file(5)), id);
    expect(second).toMatchObject({ isNew: false, message: { id, text: "once" } });
    expect(await texts(store, room)).toEqual(["once"]);
    expect(await store.statistics(room)).toMatchObject({ messagesSent: 1 });
  });

  test("are selected by sequence, by time and by their place", async () => {
    const { store, advance } = await openEmpty();
    const room = await make(store, "a");
    const said: Message[] = [];
    for (const text of ["1", "2", "3", "4"]) {
      said.push(await say(store, room, words(text)));
      advance(1000);
    }
    const select = async (selection: Partial<Parameters<RoomStore["newest"]>[1]>): Promise<string> =>
      (await store.newest(room, { count: 10, ...selection })).map(({ text }) => text).join("");
    expect(await select({ before: said[2]?.sequence ?? 0 })).toBe("21");
    expect(await select({ notAfter: said[2]?.at })).toBe("321");
    expect(await select({ notBefore: said[1]?.at, notAfter: said[2]?.at })).toBe("32");
    expect(await select({ skip: 1, count: 2 })).toBe("32");
    expect(await select({ notBefore: new Date(-8.6e15), notAfter: new Date(8.6e15) })).toBe("4321");
    expect((await store.after(room, said[1]?.sequence ?? 0, 1)).map(({ text }) => text)).toEqual(["3"]);
    expect(await store.after(room, said[3]?.sequence ?? 0, 10)).toEqual([]);
  });

  test("to a room that is gone are not kept", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    await store.removeRoom(room);
    expect(await store.append(room, words("x"))).toBeUndefined();
    expect(await store.append(room, words("x", file(1)))).toBeUndefined();
    expect(await store.newest(room, { count: 1 })).toEqual([]);
  });
});

describe("files", () => {
  test("of all rooms together keep within the limit, the oldest go first", async () => {
    const { store } = await openEmpty(small);
    const [a, b] = [await make(store, "a"), await make(store, "b")];
    const first = await say(store, a, words("1", file(60)));
    const second = await say(store, b, words("2", file(40)));
    expect((await store.file(first.file?.id ?? ""))?.bytes).toEqual(Buffer.alloc(60, 7));
    const third = await say(store, b, words("3", file(1)));
    const ids = [first, second, third].map((message) => message.file?.id ?? "");
    expect(await store.keptFiles(ids)).toEqual(new Set(ids.slice(1)));
    expect(await store.file(ids[0] ?? "")).toBeUndefined();
    expect(await store.file(ids[1] ?? "")).toMatchObject({ roomId: b.id, facts: second.file });
    expect(await store.file("x")).toBeUndefined();
    expect(await texts(store, a)).toEqual(["1"]);
  });
  test("larger than the limit are not kept, their messages are", async () => {
    const { store } = await openEmpty(small);
    const message = await say(store, await make(store, "a"), words("1", file(101)));
    expect(message.file?.sizeBytes).toBe(101);
    expect(await store.file(message.file?.id ?? "")).toBeUndefined();
  });
});

describe("a search", () => {
  test("finds every word in text, sender, card and file, large or small, and no markup", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    await say(store, room, words("<b>CPU</b> of web01 is 93&nbsp;%", { format: "html", label: "Grafana" }));
    await say(store, room, words("disk of web02", { card: { style: "link", id: "1", title: "Straße 100_%" } }));
    await say(store, room, words("", { ...file(1) }));
    const found = async (...wanted: string[]): Promise<readonly string[]> =>
      (await store.search(room, wanted, undefined, 10)).messages.map(({ text }) => text);
    expect(await found("cpu", "WEB0")).toHaveLength(1);
    expect(await found("web0")).toHaveLength(2);
    expect(await found("straSSE")).toHaveLength(0);
    expect(await found("STRAßE")).toHaveLength(1);
    expect(await found("100_%")).toHaveLength(1);
    expect(await found("<b>")).toHaveLength(0);
    expect(await found("grafana", "93 %")).toHaveLength(1);
    expect(await found("x.bin", "maya")).toHaveLength(1);
    expect(await found("cpu", "disk")).toHaveLength(0);
    expect(await found("\u0000", "")).toHaveLength(0);
  });
  test("goes on where the one before ended, until all has been looked at", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    for (let index = 0; index < 7; index++) await say(store, room, words(index % 2 === 0 ? `even ${index}` : "odd"));
    const found: string[] = [];
    let before: number | undefined;
    do {
      const { messages, next } = await store.search(room, ["even"], before, 2);
      found.push(...messages.map(({ text }) => text));
      before = next;
    } while (before !== undefined);
    expect(found).toEqual(["even 6", "even 4", "even 2", "even 0"]);
    expect(await store.search(await make(store, "b"), ["even"], undefined, 2)).toEqual({
      messages: [],
      next: undefined,
    });
  });
});

describe("rooms", () => {
  test("are found by name and number, and made once", async () => {
    const { store } = await openEmpty();
    expect(await store.ensureRooms(["a", "b", "a"])).toBe(true);
    expect(await store.ensureRooms(["b", "a"])).toBe(true);
    expect(store.rooms().map(({ id, name }) => [id, name])).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect((await store.roomById(1))?.name).toBe("a");
    expect(await store.roomById(1e15)).toBeUndefined();
    expect(await store.roomByName("A")).toBeUndefined();
    expect(await store.roomByName("\u0000")).toBeUndefined();
    expect(await store.createRoom(newRoom("a"))).toBe("taken");
  });
  test("change as a whole, and not to another's name", async () => {
    const { store } = await openEmpty();
    const [a, b] = [await make(store, "a"), await make(store, "b")];
    expect(await store.updateRoom(a, { topic: "t", isArchived: true })).toMatchObject({
      ...a,
      topic: "t",
      isArchived: true,
    });
    expect(await store.roomByName("a")).toMatchObject({ topic: "t" });
    expect(await store.updateRoom(b, { name: "a" })).toBe("taken");
    await store.removeRoom(b);
    expect(await store.updateRoom(b, { name: "c" })).toBe("gone");
  });
  test("beyond the limit are not made, and a direct one takes the place of the one silent longest", async () => {
    const { store, advance } = await openEmpty(small);
    await make(store, "a");
    const bob = await store.ensureDirect("bob");
    advance(1);
    await store.ensureDirect("eve");
    advance(1);
    if (bob === undefined) throw new Error("There is no place for a direct room.");
    await say(store, bob, words("hi", file(10)));
    expect(await store.ensureDirect("bob")).toEqual(bob);
    expect(await store.ensureRooms(["a", "b"])).toBe(false);
    expect(await store.createRoom(newRoom("b"))).toBe("full");
    expect((await store.ensureDirect("ann"))?.id).toBe(4);
    expect(store.rooms().map(({ name }) => name)).toEqual(["a", "bob", "ann"]);
    expect(await store.roomByName("bob")).toBeUndefined();
  });
  test("that are direct give way to none when all places are other rooms'", async () => {
    const { store } = await openEmpty(small);
    await store.ensureRooms(["a", "b", "c"]);
    expect(await store.ensureDirect("bob")).toBeUndefined();
  });
  test("are told of with their last message", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    await make(store, "b");
    await say(store, room, words("1"));
    const last = await say(store, room, words("2"));
    expect(await store.overview()).toEqual([
      { room, messagesSent: 2, lastActive: last.at, last },
      expect.objectContaining({ messagesSent: 0, lastActive: undefined, last: undefined }),
    ]);
  });
});

describe("tokens", () => {
  const token = { name: "grafana", scopes: ["send_notification" as const], roomId: undefined };
  test("are found by their hash until they are revoked, with what was handed out for them", async () => {
    const { store, advance } = await openEmpty();
    const made = await store.tokens.make(token, hashOf("t"));
    expect(made).toMatchObject({ ...token, id: 1 });
    expect(await store.tokens.make(token, hashOf("u"))).toBe("taken");
    const session = { client: hashOf("t"), scopes: token.scopes, endsAt: new Date(Date.UTC(2026, 10, 22)) };
    await store.tokens.openSession(session, hashOf("s"));
    expect(await store.tokens.find(hashOf("t"))).toEqual(made);
    expect(await store.tokens.find(hashOf("s"))).toEqual(session);
    expect(store.tokens.made()).toEqual([made]);
    expect(await store.tokens.revoke("grafana")).toBe(true);
    expect(await store.tokens.revoke("grafana")).toBe(false);
    expect([await store.tokens.find(hashOf("t")), await store.tokens.find(hashOf("s"))]).toEqual([
      undefined,
      undefined,
    ]);
    await store.tokens.openSession({ ...session, client: undefined }, hashOf("v"));
    advance(25 * 3_600_000);
    await store.tokens.openSession({ ...session, client: undefined }, hashOf("w"));
    expect(await store.tokens.find(hashOf("v"))).toBeUndefined();
  });
  test("of a room go with it", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    await store.tokens.make({ ...token, roomId: room.id }, hashOf("t"));
    await store.removeRoom(room);
    expect(await store.tokens.find(hashOf("t"))).toBeUndefined();
    expect(await store.tokens.make({ ...token, roomId: room.id }, hashOf("t"))).toBe("gone");
  });
});

test("started again, everything is there", async () => {
  const { store, again } = await openEmpty();
  const room = await make(store, "a");
  const topical = await store.updateRoom(room, { topic: "on call", privacy: "private" });
  const message = await say(store, room, words("1", file(9)));
  const webhook = await store.webhooks.add(room, hook);
  await store.tokens.make({ name: "t", scopes: ["view_room"], roomId: room.id }, hashOf("t"));
  const later = await again();
  expect(later.rooms()).toEqual([topical]);
  expect(await later.newest(room, { count: 9 })).toEqual([message]);
  expect((await later.file(message.file?.id ?? ""))?.bytes).toEqual(Buffer.alloc(9, 7));
  expect(later.webhooks.of(room)).toEqual([webhook]);
  expect(webhook).toMatchObject({ ...hook, id: 1, roomId: room.id });
  expect(await later.tokens.find(hashOf("t"))).toMatchObject({ name: "t", roomId: room.id });
  expect((await say(later, room, words("2"))).sequence).toBe(message.sequence + 1);
});

describe("arrival", () => {
  test("comes at once when there is a message already, with the next one, or with the end of the wait", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    const first = await say(store, room, words("1"));
    await store.arrival(room, first.sequence - 1, never);
    const next = store.arrival(room, first.sequence, never).then(() => "arrived");
    expect(await Promise.race([next, Promise.resolve("not yet")])).toBe("not yet");
    await say(store, room, words("2"));
    expect(await next).toBe("arrived");
    const ending = new AbortController();
    const ended = store.arrival(room, first.sequence + 1, ending.signal).then(() => "ended");
    ending.abort();
    expect(await ended).toBe("ended");
    const gone = store.arrival(room, first.sequence + 1, never).then(() => "gone");
    await store.removeRoom(room);
    expect(await gone).toBe("gone");
  });

  test("and reading give a watcher every message once, while many come", async () => {
    const { store } = await openEmpty();
    const room = await make(store, "a");
    const seen: string[] = [];
    const watching = (async () => {
      for (let last = 0; seen.length < 500;) {
        const messages = await store.after(room, last, 7);
        seen.push(...messages.map(({ text }) => text));
        last = messages.at(-1)?.sequence ?? last;
        if (messages.length < 7) await store.arrival(room, last, never);
      }
    })();
    const sent = Array.from({ length: 500 }, (_, index) => `m${index}`);
    await Promise.all(sent.map(async (text) => await say(store, room, words(text))));
    await watching;
    expect(seen).toEqual(sent);
  });
});

describe("two processes on one database", () => {
  test("hear of each other's rooms, messages, webhooks, tokens and of what is gone", async () => {
    const { store, again } = await openEmpty(large, true);
    const other = await again(true);
    const room = await make(store, "a");
    expect(await other.roomByName("a")).toEqual(room);
    await expect.poll(() => other.rooms()).toEqual([room]);
    const arrived = other.arrival(room, 0, never);
    const message = await say(store, room, words("1"));
    await arrived;
    expect(await other.after(room, 0, 10)).toEqual([message]);
    await store.webhooks.add(room, hook);
    await store.tokens.make({ name: "t", scopes: ["view_room"], roomId: undefined }, hashOf("t"));
    await expect.poll(() => [other.webhooks.of(room).length, other.tokens.made().length]).toEqual([1, 1]);
    await other.tokens.revoke("t");
    await expect.poll(async () => await store.tokens.find(hashOf("t"))).toBeUndefined();
    const ended = other.arrival(room, message.sequence, never);
    await store.removeRoom(room);
    await ended;
    expect(await other.roomById(room.id)).toBeUndefined();
  });
});
