import { describe, expect, test } from "vitest";
import { isTimeZone, timeIn } from "../../../src/rooms/time-zone.ts";
import { errorOf, jsonOf, openRooms } from "./open-rooms.ts";
import type { HistoryItem } from "./open-rooms.ts";

describe("times", () => {
  test.each([
    ["UTC", "2026-11-21", "2026-11-21T00:00:00.000Z"],
    ["UTC", "2026-11-21T12:30:00", "2026-11-21T12:30:00.000Z"],
    ["Europe/Berlin", "2026-11-21", "2026-11-20T23:00:00.000Z"],
    ["Europe/Berlin", "2026-07-01T12:30:00.250", "2026-07-01T10:30:00.250Z"],
    ["Europe/Berlin", "2026-11-21T12:30:00Z", "2026-11-21T12:30:00.000Z"],
    ["Europe/Berlin", "2026-11-21T12:30:00+02:00", "2026-11-21T10:30:00.000Z"],
    ["America/Los_Angeles", "2026-03-08T01:59:59", "2026-03-08T09:59:59.000Z"],
    ["America/Los_Angeles", "2026-03-08T03:00:00", "2026-03-08T10:00:00.000Z"],
    ["Asia/Kathmandu", "2026-11-21T00:00:00", "2026-11-20T18:15:00.000Z"],
  ])("in %s: %s", (zone, text, expected) => {
    expect(timeIn(zone, text)?.toISOString()).toBe(expected);
  });
  test.each(["", "yesterday", "2026-13-41", "12:30", "2026-11-21T25:00"])("%j is none", (text) => {
    expect(timeIn("UTC", text)).toBeUndefined();
  });
  test("zones are those that there are", () => {
    expect(["UTC", "Europe/Berlin", "Nowhere", "", "../x"].map(isTimeZone)).toEqual([true, true, false, false, false]);
  });
});

test("the history of v2 and v1 means its dates in the zone that the call names", async () => {
  const { call, advance } = await openRooms();
  for (const message of ["12:00 UTC", "23:30 UTC", "00:30 UTC"]) {
    await call("POST", "/v2/room/Lobby/message", { body: { message } });
    advance(message.startsWith("12") ? 11.5 * 3_600_000 : 3_600_000);
  }
  const texts = async (path: string): Promise<readonly string[]> => {
    const { items, messages } = jsonOf(await call("GET", path)) as Partial<Record<string, HistoryItem[]>>;
    return (items ?? messages ?? []).map(({ message }) => message);
  };
  expect(await texts("/v2/room/Lobby/history?date=2026-11-22")).toEqual(["12:00 UTC", "23:30 UTC"]);
  expect(await texts("/v2/room/Lobby/history?date=2026-11-22&timezone=Europe/Berlin")).toEqual(["12:00 UTC"]);
  expect(await texts("/v1/rooms/history?room_id=1&date=2026-11-21")).toEqual(["12:00 UTC", "23:30 UTC"]);
  expect(await texts("/v1/rooms/history?room_id=1&date=2026-11-22&timezone=Europe/Berlin")).toEqual([
    "23:30 UTC",
    "00:30 UTC",
  ]);
  for (const path of [
    "/v2/room/Lobby/history?date=2026-11-21&timezone=Nowhere",
    "/v1/rooms/history?room_id=1&timezone=x",
  ]) {
    expect(errorOf(await call("GET", path))).toMatchObject({ code: 400, field: "timezone" });
  }
});
