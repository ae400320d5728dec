import { afterAll, beforeAll, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { startTestApp } from "../support/app.ts";

/* Tokens of the API that may do something and not everything. */

const env = { ALL: "all", ALERTS: "alerts", READ: "read", SHOTS: "shots", MANAGE: "manage" };
const yaml = `
server:
  tokens:
    all: env:ALL
    alerts: { token: env:ALERTS, scopes: [alerts], channels: [lobby], portals: [] }
    read: { token: env:READ, scopes: [read] }
    shots: { token: env:SHOTS, scopes: [shots], channels: [] }
    manage: { token: env:MANAGE, scopes: [manage] }
channels: { lobby: { kind: room, room: Lobby }, other: { kind: room, room: Other } }
routes: [{ channels: [other] }]
`;

let app: App;
beforeAll(async () => {
  app = await startTestApp(yaml, env);
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function ask(token: string, call: string, body?: unknown): Promise<number> {
  const [method = "GET", path = ""] = call.split(" ");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(`${app.localUrl}${path}`, init);
  await response.arrayBuffer();
  return response.status;
}

const uses = [
  ["alerts", "POST /api/alerts", { rule: "r" }, 202],
  ["alerts", "POST /API/Alerts/", { rule: "r" }, 202],
  ["alerts", "POST /hooks/atsd", { rule: "r", status: "OPEN" }, 202],
  ["alerts", "POST /HOOKS/atsd/", { rule: "r", status: "OPEN" }, 202],
  ["read", "GET /api/alerts", undefined, 200],
  ["read", "GET /api/deliveries", undefined, 200],
  ["read", "GET /metrics", undefined, 200],
  ["shots", "POST /api/shots", { portal: "none" }, 404],
  ["manage", "POST /api/deliveries/retry", { all: true }, 202],
  ["manage", "POST /api/schedules/none/run", {}, 404],
  ["manage", "POST /api/channels/none/test", {}, 404],
] as const;

test.each(uses)("a token for %s may `%s`, one for anything else may not", async (scope, call, body, status) => {
  expect({ all: await ask("all", call, body), [scope]: await ask(scope, call, body) }).toEqual({
    all: status,
    [scope]: status,
  });
  for (const other of ["alerts", "read", "shots", "manage"].filter((one) => one !== scope)) {
    expect({ other, status: await ask(other, call, body) }).toEqual({ other, status: 403 });
  }
  expect(await ask("none", call, body)).toBe(401);
});

test.each([
  [{ rule: "r", channels: ["lobby"] }, 202],
  [{ rule: "r", channels: ["lobby", "other"] }, 403],
  [{ alerts: [{ rule: "r" }, { rule: "r", portals: ["test"] }] }, 403],
  [{ rule: "r", portals: [] }, 202],
])("the alert %j of a token for one channel and no portal: %i", async (body, status) => {
  expect(await ask("alerts", "POST /api/alerts", body)).toBe(status);
  expect(await ask("all", "POST /api/alerts", body)).toBe(202);
});

test("names in a token's section are checked, and its secret stays a reference", () => {
  const load = (tokens: string) => () =>
    parseConfig(`server: { tokens: ${tokens} }`, { file: undefined, flags: {}, env, cwd: "/" });
  expect(load("{ a: { token: env:ALL, channels: [loby] } }")).toThrow(/channels\[0\]/u);
  expect(load("{ a: { token: plain } }")).toThrow(/must be a reference/u);
  expect(load("{ a: plain }")).toThrow(/must be a reference/u);
  expect(load("{ a: { token: env:ALL, scope: [read] } }")).toThrow(/did you mean `scopes`/u);
});
