import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { v1Routes } from "../../src/rooms/api/v1.ts";
import { v2Routes } from "../../src/rooms/api/v2.ts";
import { openRooms, token } from "../unit/rooms/open-rooms.ts";

/*
 * docs/hipchat-api.md and the router say the same: each call of the table is a route with these scopes, and the other way
 * round; and what the table says of scopes is what a caller meets.
 */

const document = readFileSync(new URL("../../docs/hipchat-api.md", import.meta.url), "utf8");

interface Row {
  readonly method: string;
  /** As `/v2/room/{room}`. */
  readonly path: string;
  readonly scopes: string;
}

const rows = [...document.matchAll(/^\| `(?<method>[A-Z]+) (?<path>\/v[12]\/[^`]+)` +\| (?<scopes>[^|]+?) +\|/gmu)].map(
  ({ groups }): Row => ({
    method: groups?.["method"] ?? "",
    path: groups?.["path"] ?? "",
    scopes: groups?.["scopes"] ?? "",
  }),
);

const lineOf = ({ method, path, scopes }: Row): string => `${method} ${path}: ${scopes}`;

test("each call of the table is a route with its scopes, and each route a call of the table", () => {
  const routes = [
    ...v2Routes.map((route) => ["v2", route] as const),
    ...v1Routes.map((route) => ["v1", route] as const),
  ];
  const lines = routes.map(([version, { method, pattern, scopes }]) =>
    lineOf({
      method,
      path: `/${version}/${pattern.replace(/:(\w+)/gu, "{$1}")}`,
      scopes: scopes === "open" ? "none" : scopes.length === 0 ? "any" : scopes.join(", "),
    }),
  );
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.map(lineOf).toSorted()).toEqual(lines.toSorted());
});

describe.each(rows)("$method $path", ({ method, path, scopes }) => {
  const target = path.replaceAll("{room}", "Lobby").replace(/\{\w+\}/gu, "x");

  test("asks for its scopes and no other", async () => {
    const names = scopes.split(", ");
    const { call } = await openRooms({
      tokens: [token("none", "admin_room"), token("other", "send_message"), token("all")],
    });
    const statusWith = async (bearer: string | undefined): Promise<number> =>
      (await call(method, `${target}?auth_test=true`, { token: bearer })).status;
    if (scopes === "none") {
      expect(await statusWith(undefined)).toBe(method === "GET" ? 200 : 401);
      return;
    }
    expect(await statusWith(undefined)).toBe(401);
    expect(await statusWith("ALL")).toBe(202);
    const isAny = scopes === "any";
    expect(await statusWith("NONE")).toBe(isAny || names.includes("admin_room") ? 202 : 403);
    expect(await statusWith("OTHER")).toBe(isAny || names.includes("send_message") ? 202 : 403);
  });

  test("has the six rate headers with every answer", async () => {
    const { call } = await openRooms();
    for (const options of [{}, { token: undefined }, { body: "{" }]) {
      const { headers } = await call(method, target, options);
      const names = Object.keys(headers).map((name) => name.toLowerCase());
      for (const limit of ["x-ratelimit", "x-floodcontrol"]) {
        expect(names).toEqual(expect.arrayContaining([`${limit}-limit`, `${limit}-remaining`, `${limit}-reset`]));
      }
    }
  });
});
