import { describe, expect, test } from "vitest";
import { Route } from "../../../src/core/route.ts";
import { choose, explain, readyRoutes } from "../../../src/pipeline/choose.ts";
import { alertOf } from "../../support/pipeline.ts";

/** `a`: matches; `A`: matches and stops; `.`: does not; `d`, `D`: the same, as default routes; `_`: a default that does not match. */
const routesOf = (letters: string) =>
  readyRoutes(
    letters.split("").map((letter, index) =>
      Route.parse({
        name: `${letter}${index}`,
        match: { rule: "._".includes(letter) ? "other" : "cpu*" },
        stop: letter === "A" || letter === "D",
        default: "dD_".includes(letter),
        channels: ["ops"],
      }),
    ),
  );

describe("the routes that an alert takes", () => {
  test.each([
    ["", ""],
    ["a.a", "a0 a2"],
    ["aAa", "a0 A1"],
    [".A.a", "A1"],
    ["d", "d0"],
    ["da", "a1"],
    ["ad", "a0"],
    [".d.", "d1"],
    ["dDd", "d0 D1"],
    ["._d", "d2"],
    ["DA", "A1"],
  ])("of %j are %j", (letters, expected) => {
    const chosen = choose(alertOf(), routesOf(letters));
    expect(chosen.map(({ name }) => name).join(" ")).toBe(expected);
  });

  test("are explained as they are chosen, whatever the routes", () => {
    const letters = "aA.dD_";
    for (let number = 0; number < letters.length ** 4; number++) {
      const picked = [0, 1, 2, 3].map(
        (place) => letters[Math.floor(number / letters.length ** place) % letters.length],
      );
      const routes = routesOf(picked.join(""));
      const chosen = choose(alertOf(), routes);
      const verdicts = explain(alertOf(), routes);
      const matched = routes.filter((_, index) => verdicts[index]?.kind === "matched");
      if (matched.length !== chosen.length || matched.some((one) => !chosen.includes(one)))
        expect.fail(picked.join(""));
      const odd = verdicts.find((verdict, index) => (verdict.kind === "failed") !== "._".includes(picked[index] ?? ""));
      if (odd !== undefined) expect.fail(`${picked.join("")}: ${odd.kind}`);
    }
  });

  test("say what kept the others from being taken", () => {
    const kinds = (letters: string): string =>
      explain(alertOf(), routesOf(letters))
        .map((verdict) => (verdict.kind === "stopped" ? `stopped by ${verdict.by.name}` : verdict.kind))
        .join(", ");
    expect(kinds(".Aad")).toBe("failed, matched, stopped by A1, spared");
    expect(kinds("Dd.")).toBe("matched, stopped by D0, failed");
  });
});

test("a route for everything is none for messages of rooms, and the explanation says so", () => {
  const routes = readyRoutes(
    [{ channels: ["ops"] }, { match: { source: "room" }, channels: ["ops"] }].map((one) => Route.parse(one)),
  );
  expect(explain(alertOf({ source: "room" }), routes)).toMatchObject([
    { kind: "failed", condition: { name: "source" } },
    { kind: "matched" },
  ]);
  expect(choose(alertOf({ source: "rooms" }), routes)).toHaveLength(1);
});
