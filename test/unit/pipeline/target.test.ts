import { expect, test } from "vitest";
import { Portal } from "../../../src/core/portal.ts";
import { alertTarget } from "../../../src/pipeline/target.ts";
import { alertOf } from "../../support/pipeline.ts";

const time = new Date("2026-03-01T12:30:45Z");
const window = { before: "CANCEL", openTime: time, openedAt: time, repeats: 0, values: [], isLate: false } as const;
const portals = (url: string, more: object = {}) => new Map([["cpu", Portal.parse({ url, ...more })]]);

test("a portal's address has the entity, the tags and the time around the alert, encoded", () => {
  const url =
    "https://g.example.com/d/a?host=${entity}&disk=${tags.disk}&from=${from}&to=${to}&z=${to_datetime}&s=${from | divided_by: 1000}";
  const alert = { ...alertOf({ entity: "web 01&x", tags: { disk: "/var" } }), window };
  expect(alertTarget(portals(url), "cpu", alert).url).toBe(
    `https://g.example.com/d/a?host=web%2001%26x&disk=%2Fvar&from=${time.getTime() - 3_600_000}&to=${time.getTime()}&z=2026-03-01T12%3A30%3A45.000Z&s=${time.getTime() / 1000 - 3600}`,
  );
});

test("the lead is the portal's; what has no window leaves the time to the portal", () => {
  const of = (alert: Parameters<typeof alertTarget>[2]) =>
    alertTarget(
      portals("https://g.example.com/?from=${from}", { lead: "30m", defaults: { from: "now-6h" } }),
      "cpu",
      alert,
    ).url;
  expect(of({ ...alertOf(), window })).toBe(`https://g.example.com/?from=${time.getTime() - 1_800_000}`);
  expect(of(alertOf())).toBe("https://g.example.com/?from=now-6h");
  // A schedule's parameter, or a field that happens to have the name.
  expect(of(alertOf({ fields: { from: "now-1d" } }))).toBe("https://g.example.com/?from=now-1d");
  expect(of({ ...alertOf({ fields: { from: "ATSD BOT" } }), window })).toBe(
    `https://g.example.com/?from=${time.getTime() - 1_800_000}`,
  );
});

test("what is the same picture later on does not depend on the time that it shows", () => {
  const of = (alert: Parameters<typeof alertTarget>[2]) =>
    alertTarget(portals("https://g.example.com/?h=${entity}&from=${from}&to=${to}"), "cpu", alert).lastingUrl;
  const later = { ...window, openTime: new Date(time.getTime() + 1000) };
  const alert = alertOf({ entity: "web01" });
  expect(of({ ...alert, window })).toBe(of({ ...alert, window: later }));
  expect(of({ ...alert, window })).not.toBe(of({ ...alert, entity: "web02", window }));
});
