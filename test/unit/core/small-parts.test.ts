import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { alertKey } from "../../../src/core/alert.ts";
import { backoffMs } from "../../../src/core/backoff.ts";
import { AppError, errorCodes, exitCodes, systemCodeOf } from "../../../src/core/errors.ts";
import { matchesGlob } from "../../../src/core/glob.ts";
import { safeUrl } from "../../../src/core/log.ts";
import { nearest } from "../../../src/core/nearest.ts";
import { Secret } from "../../../src/core/secret.ts";
import { createAlarm, race, wait } from "../../../src/core/wait.ts";

describe("Secret", () => {
  const secret = new Secret("hunter2");
  test("shows itself in no form but reveal()", () => {
    const printed = [String(secret), JSON.stringify({ secret }), inspect({ secret })];
    expect(printed.join(" ")).not.toContain("hunter2");
    expect(secret.reveal()).toBe("hunter2");
  });
  test("matches only itself", () => {
    expect([secret.matches("hunter2"), secret.matches("hunter"), secret.matches("")]).toEqual([true, false, false]);
  });
});

describe("matchesGlob", () => {
  test.each([
    ["cpu_busy", "cpu*", true],
    ["cpu_busy", "*busy", true],
    ["cpu_busy", "c?u_*y", true],
    ["cpu", "cpu*", true],
    ["cpu", "c", false],
    ["", "*", true],
    ["", "?", false],
    ["a.b", "a?b", true],
    ["abc", "a*d", false],
  ])("%j against %j is %s", (text, pattern, expected) => {
    expect(matchesGlob(text, pattern)).toBe(expected);
  });
  test("a hostile pattern ends in time", () => {
    expect(matchesGlob("a".repeat(5000), `${"*a".repeat(200)}b`)).toBe(false);
  });
});

describe("backoffMs", () => {
  const options = { baseMs: 500, capMs: 30_000 };
  test("doubles up to the cap, with full jitter", () => {
    expect([1, 2, 3, 10].map((attempt) => backoffMs(attempt, options, () => 1, undefined))).toEqual([
      500, 1000, 2000, 30_000,
    ]);
    expect(backoffMs(5, options, () => 0, undefined)).toBe(0);
  });
  test("obeys a later wish of the server", () => {
    expect(backoffMs(1, options, () => 1, 9000)).toBe(9000);
    expect(backoffMs(10, options, () => 1, 9000)).toBe(30_000);
  });
});

describe("race", () => {
  test("rejects with the signal's reason and disposes what arrives late", async () => {
    const late = Promise.withResolvers<string>();
    const disposed: string[] = [];
    const controller = new AbortController();
    const outcome = race(late.promise, controller.signal, (value) => disposed.push(value));
    controller.abort(new AppError("cancelled", "gone"));
    await expect(outcome).rejects.toThrowError("gone");
    late.resolve("page");
    await late.promise;
    await Promise.resolve();
    expect(disposed).toEqual(["page"]);
  });
  test("passes a result on, and an error", async () => {
    const { signal } = new AbortController();
    await expect(race(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(race(Promise.reject(new Error("no")), signal)).rejects.toThrowError("no");
  });
});

test("wait ends with the signal's reason when it aborts", async () => {
  const controller = new AbortController();
  const waiting = wait(60_000, controller.signal);
  controller.abort(new AppError("cancelled", "gone"));
  await expect(waiting).rejects.toThrowError("gone");
});

test("nearest finds the word that was meant, or none", () => {
  expect(nearest("lissten", ["listen", "publicUrl"])).toBe("listen");
  expect(nearest("colour", ["color", "room"])).toBe("color");
  expect(nearest("xyz", ["listen", "publicUrl"])).toBeUndefined();
});

test("safeUrl shows no query, user name or fragment", () => {
  expect(safeUrl("https://u:p@h:1/a?token=1#f")).toBe("https://h:1/a?…");
  expect(safeUrl("nonsense")).toBe("(not a URL)");
});

test("every error code has a status, an exit code and a next step", () => {
  const wrong = Object.entries(errorCodes).filter(
    ([, { kind, status, hint }]) => status < 400 || exitCodes[kind] < 2 || !hint.endsWith("."),
  );
  expect(wrong).toEqual([]);
});

test("systemCodeOf looks through the causes", () => {
  const inner = Object.assign(new Error("inner"), { code: "ECONNREFUSED" });
  expect(
    systemCodeOf(new AppError("delivery_unreachable", "outer", { cause: new Error("mid", { cause: inner }) })),
  ).toBe("ECONNREFUSED");
});

describe("alertKey", () => {
  test("is the same for an OPEN and its CANCEL, whatever the order of the tags, and another for another series", () => {
    const opened = alertKey({ rule: "cpu", entity: "web01", tags: { dc: "eu", disk: "a" } });
    expect(alertKey({ rule: "cpu", entity: "web01", tags: { disk: "a", dc: "eu" } })).toBe(opened);
    expect(alertKey({ rule: "cpu", entity: "web01", tags: { disk: "b", dc: "eu" } })).not.toBe(opened);
    expect(alertKey({ rule: "cpu", entity: "web0", tags: {} })).not.toBe(
      alertKey({ rule: "cp", entity: "uweb0", tags: {} }),
    );
  });
});

describe("an alarm", () => {
  test("ends a wait that is underway, and the next one when nobody waited", async () => {
    const alarm = createAlarm();
    const waiting = alarm.wait(60_000);
    alarm.wake();
    await waiting;
    alarm.wake();
    await alarm.wait(60_000);
    const startedMs = performance.now();
    await alarm.wait(30);
    expect(performance.now() - startedMs).toBeGreaterThan(25);
  });
});
