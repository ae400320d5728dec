import { describe, expect, test } from "vitest";
import { Route } from "../../../src/core/route.ts";
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
