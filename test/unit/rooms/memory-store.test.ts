import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../../src/rooms/memory-store.ts";
import type { NewMessage, Room, RoomStore } from "../../../src/rooms/store.ts";

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
  file: { name: "x.bin", mediaType: "application/octet-stream", bytes: Buffer.alloc(bytes) },
});

function openStore(bounds = { roomsMax: 3, messagesPerRoomMax: 3, roomFilesBytesMax: 100 }) {
  let nowMs = 1000;
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
  const store = createMemoryStore(clock, bounds);
  return { store, advance: (ms: number) => void (nowMs += ms) };
}
const ensure = (store: RoomStore, name: string): Room => {
  const room = store.ensureRoom(name);
  if (room === undefined) throw new Error("There is no place for a room.");
  return room;
};
const texts = async (store: RoomStore, room: Room): Promise<readonly string[]> =>
  (await store.newest(room, { count: 100 })).map(({ text }) => text);

describe("messages", () => {
  test("beyond the limit push out the oldest of their room with its file", async () => {
    const { store } = openStore();
    const [room, other] = [ensure(store, "a"), ensure(store, "b")];
    await store.append(other, words("kept"));
    const first = await store.append(room, words("1", file(10)));
    for (const text of ["2", "3", "4"]) await store.append(room, words(text));
    expect(await texts(store, room)).toEqual(["4", "3", "2"]);
    expect(await texts(store, other)).toEqual(["kept"]);
    expect(await store.file(first.file?.id ?? "")).toBeUndefined();
    expect(await store.message(room, first.id)).toBeUndefined();
  });
  test("have rising sequences, also after a restart", async () => {
    const { store } = openStore();
    const room = ensure(store, "a");
    const sequences = [await store.append(room, words("1")), await store.append(room, words("2"))].map(
      ({ sequence }) => sequence,
    );
    expect(sequences).toEqual([1001, 1002]);
    expect((await store.after(room, 1001, 10)).map(({ text }) => text)).toEqual(["2"]);
    expect((await store.after(room, 0, 1)).map(({ text }) => text)).toEqual(["1"]);
    expect(await store.after(room, 1002, 10)).toEqual([]);
  });
  test("continue the one before when they are the same person's and not much later", async () => {
    const { store, advance } = openStore({ roomsMax: 3, messagesPerRoomMax: 100, roomFilesBytesMax: 100 });
    const room = ensure(store, "a");
    const continues = async (extra: Partial<NewMessage> = {}): Promise<boolean> =>
      (await store.append(room, words("x", extra))).continues;
    expect(await continues()).toBe(false);
    expect(await continues()).toBe(true);
    expect(await continues({ label: "Bot" })).toBe(false);
    expect(await continues({ sender: { id: 2, name: "Bot" } })).toBe(true);
    expect(await continues({ label: "Bot", notify: true })).toBe(false);
    advance(299_999);
    expect(await continues({ label: "Bot" })).toBe(true);
    advance(300_000);
    expect(await continues({ label: "Bot" })).toBe(false);
  });
});

describe("files", () => {
  test("of all rooms together keep within the limit, the oldest go first", async () => {
    const { store } = openStore();
    const [a, b] = [ensure(store, "a"), ensure(store, "b")];
    const first = await store.append(a, words("1", file(60)));
    const second = await store.append(b, words("2", file(40)));
    expect((await store.file(first.file?.id ?? ""))?.bytes).toHaveLength(60);
    const third = await store.append(b, words("3", file(1)));
    expect(await store.file(first.file?.id ?? "")).toBeUndefined();
    expect((await store.file(second.file?.id ?? ""))?.room).toBe(b);
    expect(await store.file(third.file?.id ?? "")).toBeDefined();
    expect(await texts(store, a)).toEqual(["1"]);
  });
  test("larger than the limit are not kept, their messages are", async () => {
    const { store } = openStore();
    const room = ensure(store, "a");
    const message = await store.append(room, words("1", file(101)));
    expect(message.file?.sizeBytes).toBe(101);
    expect(await store.file(message.file?.id ?? "")).toBeUndefined();
  });
});

describe("rooms", () => {
  test("are found by name and number, and made once", () => {
    const { store } = openStore();
    expect(ensure(store, "a")).toBe(ensure(store, "a"));
    expect(store.roomById(1)?.name).toBe("a");
    expect(store.roomByName("A")).toBeUndefined();
  });
  test("beyond the limit are not made, and a direct one takes the place of the one silent longest", async () => {
    const { store, advance } = openStore();
    ensure(store, "a");
    const bob = store.ensureDirect("bob");
    advance(1);
    const eve = store.ensureDirect("eve");
    if (bob === undefined || eve === undefined) throw new Error("There is no place for a direct room.");
    advance(1);
    await store.append(bob, words("hi", file(10)));
    expect(store.ensureRoom("b")).toBeUndefined();
    expect(store.ensureDirect("ann")?.id).toBe(4);
    expect(store.rooms().map(({ name }) => name)).toEqual(["a", "bob", "ann"]);
    expect(store.roomByName("bob")).toBeUndefined();
  });
  test("that are direct give way to none when all places are other rooms'", () => {
    const { store } = openStore();
    for (const name of ["a", "b", "c"]) ensure(store, name);
    expect(store.ensureDirect("bob")).toBeUndefined();
  });
});

describe("arrival", () => {
  test("comes at once when there is a message already, with the next one, or with the end of the wait", async () => {
    const { store } = openStore();
    const room = ensure(store, "a");
    const { signal } = new AbortController();
    const first = await store.append(room, words("1"));
    await store.arrival(room, first.sequence - 1, signal);
    const next = store.arrival(room, first.sequence, signal).then(() => "arrived");
    expect(await Promise.race([next, Promise.resolve("not yet")])).toBe("not yet");
    await store.append(room, words("2"));
    expect(await next).toBe("arrived");
    const ending = new AbortController();
    const ended = store.arrival(room, first.sequence + 1, ending.signal).then(() => "ended");
    ending.abort();
    expect(await ended).toBe("ended");
  });
});
