import { describe, expect, test } from "vitest";
import type { Alert } from "../../../src/core/alert.ts";
import { Route } from "../../../src/core/route.ts";
import type { AlertWindow } from "../../../src/core/window.ts";
import { admit } from "../../../src/pipeline/admit.ts";
import { readyRoutes } from "../../../src/pipeline/choose.ts";
import { alertOf } from "../../support/pipeline.ts";

const ready = (...routes: readonly unknown[]) => readyRoutes(routes.map((route) => Route.parse(route)));

describe("admit", () => {
  test("takes every route that matches on all its conditions", () => {
    const routes = ready(
      { match: { rule: "cpu*", severity: ["critical"] }, channels: ["a"], portals: ["p"] },
      { match: { entity: ["db*", "web0?"], tags: { dc: "eu-*" } }, channels: ["b"] },
      { match: { status: "CANCEL" }, channels: ["c"] },
    );
    const alert = alertOf({ entity: "web01", severity: "critical", tags: { dc: "eu-1" } });
    expect(admit(alert, routes).map(({ channel }) => channel)).toEqual(["a", "b"]);
    expect(admit(alertOf({ entity: "web01" }), routes)).toEqual([]);
  });

  test("sends one message to a channel that several routes name, with the portals of all", () => {
    const routes = ready(
      { channels: ["a"], portals: ["p"], open: { text: "first" } },
      { channels: ["a"], portals: ["q", "p"], open: { text: "second" } },
    );
    expect(admit(alertOf(), routes)).toEqual([{ channel: "a", portals: ["p", "q"], text: "first" }]);
  });

  test("photographs OPEN and REPEAT, but CANCEL only when asked; send: false is silent", () => {
    const routes = ready({ channels: ["a"], portals: ["p"], repeat: { send: false } });
    expect(admit(alertOf({ status: "OPEN" }), routes)[0]?.portals).toEqual(["p"]);
    expect(admit(alertOf({ status: "REPEAT" }), routes)).toEqual([]);
    expect(admit(alertOf({ status: "CANCEL" }), routes)[0]?.portals).toEqual([]);
  });

  test("an alert that names its channels and portals needs no route", () => {
    expect(admit(alertOf({ channels: ["x"], portals: ["p"] }), [])).toEqual([
      { channel: "x", portals: ["p"], text: undefined },
    ]);
  });
});

describe("what a route says by the state of the window", () => {
  const opened = new Date("2026-03-01T12:00:00Z");
  const minute = (count: number): Date => new Date(opened.getTime() + count * 60_000);
  const inWindow = (facts: Partial<AlertWindow>, alert: Partial<Alert> = {}): Alert => ({
    ...alertOf(),
    ...alert,
    window: { before: "OPEN", openTime: opened, openedAt: opened, repeats: 0, values: [], isLate: false, ...facts },
  });
  const isSaid = (alert: Alert, one: object): boolean => admit(alert, ready({ channels: ["a"], ...one })).length > 0;
  /** Of REPEATs at these minutes, those that are said. */
  const said = (every: unknown, minutes: readonly number[]): readonly number[] =>
    minutes.filter((at, index) => {
      const heardAt = minute(minutes[index - 1] ?? 0);
      const alert = inWindow({ heardAt, repeats: index + 1 }, { status: "REPEAT", acceptedAt: minute(at) });
      return isSaid(alert, { repeat: { every } });
    });

  test("REPEATs: all, none, every Nth, or one in a time", () => {
    const minutes = [1, 4, 9, 11, 12, 19, 35, 36, 41];
    expect(said("all", minutes)).toEqual(minutes);
    expect(said("none", minutes)).toEqual([]);
    expect(said(3, minutes)).toEqual([9, 19, 41]);
    expect(said("10m", minutes)).toEqual([11, 35, 41]);
  });

  test("the first that is heard of a window is said, except with none", () => {
    const first = inWindow({ before: "CANCEL", heardAt: undefined, repeats: 1 }, { status: "REPEAT" });
    expect(["10m", 5, "all", "none"].map((every) => isSaid(first, { repeat: { every } }))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("a CANCEL only of what was open, unless the route wants every one", () => {
    const [known, unknown] = (["REPEAT", "CANCEL"] as const).map((before) =>
      inWindow({ before }, { status: "CANCEL" }),
    );
    if (known === undefined || unknown === undefined) throw new Error("unreachable");
    expect([isSaid(known, {}), isSaid(unknown, {}), isSaid(unknown, { cancel: { unopened: true } })]).toEqual([
      true,
      false,
      true,
    ]);
    expect(admit({ ...known, channels: ["x"] }, [])).toHaveLength(1);
    expect(admit({ ...unknown, channels: ["x"] }, [])).toEqual([]);
  });

  test("nothing about what comes too late", () => {
    expect(isSaid(inWindow({ isLate: true }), {})).toBe(false);
    expect(admit(inWindow({ isLate: true }, { channels: ["x"] }), [])).toEqual([]);
  });

  test("an OPEN after the shortest delay of the routes that name the channel", () => {
    const delays = (...open: readonly object[]) =>
      admit(inWindow({ before: "CANCEL" }), ready(...open.map((one) => ({ channels: ["a"], open: one })))).map(
        ({ delayMs }) => delayMs,
      );
    expect(delays({ delay: "2m" })).toEqual([120_000]);
    expect(delays({ delay: "2m" }, { delay: "30s" })).toEqual([30_000]);
    expect(delays({ delay: "2m" }, {})).toEqual([undefined]);
  });
});
