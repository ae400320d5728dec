import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { handled, historyOf, postJson, startTestApp } from "../support/app.ts";

/* The HTTP side, no page photographed: what is taken, what is refused, and in which words. */

let app: App;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-http-"));
  app = await startTestApp(`
channels:
  lobby: { kind: room, room: The Lobby }
portals:
  cpu: { url: "http://127.0.0.1:1/\${entity}" }
routes: [{ channels: [lobby] }]
`);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("POST /api/alerts", () => {
  test("answers 202 with an id, and the text is in the room", async () => {
    const { alert, state, deliveries } = await handled(app, {
      rule: "cpu_high",
      entity: "web01",
      severity: "critical",
    });
    expect(state).toBe("handled");
    expect(deliveries[0]?.steps).toMatchObject([{ kind: "text", status: "delivered", attempts: 1 }]);
    expect((await historyOf(app, "The Lobby")).at(-1)).toMatchObject({
      message: "<strong>[OPEN] cpu_high</strong> for web01.",
      color: "red",
      from: "Chartbell",
      message_format: "html",
      type: "notification",
    });
    const found = await fetch(`${app.localUrl}/api/alerts/${alert.id}`);
    expect(await found.json()).toMatchObject({ id: alert.id, rule: "cpu_high", state: "handled" });
  });

  test("takes many at once", async () => {
    const { status, body } = await postJson(app, "/api/alerts", { alerts: [{ rule: "a" }, { rule: "b" }] });
    expect(status).toBe(202);
    expect(body["alerts"]).toMatchObject([{ duplicate: false }, { duplicate: false }]);
  });

  test("the same Idempotency-Key yields the same ids and no second message", async () => {
    const headers = { "idempotency-key": "once-1" };
    const first = await postJson(app, "/api/alerts", { rule: "once" }, headers);
    const second = await postJson(app, "/api/alerts", { rule: "once" }, headers);
    const idOf = ({ body }: typeof first) => (body["alerts"] as { id: string }[])[0]?.id;
    expect(idOf(second)).toBe(idOf(first));
    expect(second.body["alerts"]).toMatchObject([{ duplicate: true }]);
    await app.pipeline.outcome(idOf(first) ?? "");
    const texts = (await historyOf(app, "The Lobby")).filter(({ message }) => message.includes("once"));
    expect(texts).toHaveLength(1);
  });

  test.each([
    ["an unknown field", { rule: "x", colour: "red" }, "colour", 400, "request_invalid"],
    ["a wrong severity", { rule: "x", severity: "awful" }, "severity", 400, "request_invalid"],
    ["no rule", {}, "rule", 400, "request_invalid"],
    ["a number for a text", { rule: 5 }, "rule", 400, "request_invalid"],
    [
      "a wrong member of many",
      { alerts: [{ rule: "x" }, { rule: "y", time: "noon" }] },
      "alerts[1].time",
      400,
      "request_invalid",
    ],
    ["no member", { alerts: [] }, "alerts", 400, "request_invalid"],
    ["a link that is a script", { rule: "x", link: "javascript:alert(1)" }, "link", 400, "request_invalid"],
    ["a list", [], "body", 400, "request_invalid"],
  ])("%s is refused, and the field is named", async (_name, body, field, status, code) => {
    const answer = await postJson(app, "/api/alerts", body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/u);
    expect(answer.body).toMatchObject({ status, code, problems: [{ field }] });
    expect(answer.body["hint"]).toBeTypeOf("string");
  });

  test.each([
    [
      "a channel that is not configured",
      { rule: "x", channels: ["loby"] },
      404,
      "channel_unknown",
      /Did you mean `lobby`/u,
    ],
    [
      "a portal that is not configured",
      { rule: "x", channels: ["lobby"], portals: ["gpu"] },
      404,
      "portal_unknown",
      /cpu/u,
    ],
    ["invalid JSON", '{"rule": ', 400, "body_invalid", /valid JSON/u],
    ["an empty body", "", 400, "body_invalid", /valid JSON/u],
    ["an oversize body", `{"rule":"${"x".repeat(1_100_000)}"}`, 413, "body_too_large", /smaller/u],
  ])("%s is refused with its next step", async (_name, body, status, code, hint) => {
    const answer = await postJson(app, "/api/alerts", body);
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.body["hint"]).toMatch(hint);
    expect(answer.status).toBe(status);
  });

  test("another content type and an unknown encoding are refused as such", async () => {
    const form = await postJson(app, "/api/alerts", "rule=x", { "content-type": "application/x-www-form-urlencoded" });
    expect(form.body).toMatchObject({ status: 415, code: "media_type_unsupported" });
    const packed = await postJson(app, "/api/alerts", "{}", { "content-encoding": "zstd-9" });
    expect(packed.body).toMatchObject({ status: 415, code: "media_type_unsupported" });
  });

  test("bytes that are no UTF-8 are refused, not guessed at", async () => {
    const response = await fetch(`${app.localUrl}/api/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    });
    expect(await response.json()).toMatchObject({ code: "body_invalid" });
  });
});

describe("POST /api/shots refuses", () => {
  test.each([
    ["neither portal nor url", {}, 400, "request_invalid"],
    ["both", { portal: "cpu", url: "http://x/" }, 400, "request_invalid"],
    ["a portal that is not configured", { portal: "cpv" }, 404, "portal_unknown"],
    ["a parameter that the portal does not have", { portal: "cpu", params: { host: "x" } }, 400, "parameter_unknown"],
    ["a parameter that is missing", { portal: "cpu" }, 400, "parameter_missing"],
    ["another scheme", { url: "file:///etc/passwd" }, 400, "url_invalid"],
    ["a user name in the address", { url: "http://a:b@example.com/" }, 400, "url_invalid"],
    ["a viewport beyond the limits", { portal: "test", viewport: { width: 100_000 } }, 400, "request_invalid"],
    [
      "selector and clip together",
      { portal: "test", selector: "a", clip: { x: 0, y: 0, width: 9, height: 9 } },
      400,
      "request_invalid",
    ],
  ])("%s", async (_name, body, status, code) => {
    const answer = await postJson(app, "/api/shots", body);
    expect(answer.body).toMatchObject({ status, code });
  });
});

describe("any address", () => {
  test("that is not there answers 404, a wrong method 405 with Allow", async () => {
    const missing = await fetch(`${app.localUrl}/nope`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: "not_found" });
    const wrong = await fetch(`${app.localUrl}/api/alerts`, { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, POST"]);
  });

  test("is refused under a foreign Host name, and to another site's page", async () => {
    const port = Number(new URL(app.localUrl).port);
    const status = await new Promise((resolve) => {
      request({ port, host: "127.0.0.1", path: "/rooms", headers: { host: "evil.example.com" } }, (response) =>
        resolve(response.statusCode),
      ).end();
    });
    expect(status).toBe(421);
    const foreign = await postJson(app, "/api/alerts", { rule: "x" }, { "sec-fetch-site": "cross-site" });
    expect(foreign.body).toMatchObject({ code: "host_forbidden" });
  });

  test("health and readiness answer", async () => {
    expect((await fetch(`${app.localUrl}/healthz`)).status).toBe(200);
    const ready = await fetch(`${app.localUrl}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      {
        status: "ready",
        parts: {
          alerts: { ok: true, detail: "Alerts are taken." },
          database: { ok: true, detail: "The database answers." },
          browser: { ok: true, shotsUnderway: 0, shotsWaiting: 0, pagesKept: 0, browsersRunning: 0 },
        },
      },
    ]);
  });
});

test("no page can be held by the one that opened it, but for the test portal, which has nothing to hide", async () => {
  const policyOf = async (path: string): Promise<string | null> =>
    (await fetch(`${app.localUrl}${path}`)).headers.get("cross-origin-opener-policy");
  expect(await policyOf("/docs")).toBe("same-origin");
  expect(await policyOf("/portals/test/")).toBeNull();
});

test("a server that drains says so, finishes what it took and takes nothing more", async () => {
  await using stopping = await startTestApp(
    "channels: { lobby: { kind: room, room: Lobby } }\nroutes: [{ channels: [lobby] }]",
  );
  const { body } = await postJson(stopping, "/api/alerts", { rule: "before" });
  await stopping.pipeline.drain();
  expect(await stopping.pipeline.outcome((body["alerts"] as { id: string }[])[0]?.id ?? "")).toMatchObject({
    state: "handled",
  });
  const refused = await postJson(stopping, "/api/alerts", { rule: "after" });
  expect(refused.body).toMatchObject({ status: 503, code: "shutting_down" });
  expect(refused.headers.get("retry-after")).toBe("5");
  const ready = await fetch(`${stopping.localUrl}/readyz`);
  expect([ready.status, ready.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await ready.json()).toMatchObject({
    code: "shutting_down",
    parts: { alerts: { ok: false }, database: { ok: true } },
  });
});

describe("tokens", () => {
  const secured = `
server: { tokens: { monitoring: env:API_TOKEN } }
rooms: { tokens: { all: { token: env:ROOM_TOKEN } } }
channels: { lobby: { kind: room, room: Lobby } }
routes: [{ channels: [lobby] }]
`;
  const env = { API_TOKEN: "api-5ec4e7", ROOM_TOKEN: "room-5ec4e7" };

  test("are asked for once configured, by the API and by the rooms", async () => {
    await using locked = await startTestApp(secured, env);
    const without = await postJson(locked, "/api/alerts", { rule: "x" });
    expect([without.status, without.body["code"]]).toEqual([401, "unauthorized"]);
    expect(without.headers.get("www-authenticate")).toBe("Bearer");
    const wrong = await postJson(locked, "/api/alerts", { rule: "x" }, { authorization: "Bearer nope" });
    expect(wrong.status).toBe(401);
    const right = await postJson(locked, "/api/alerts", { rule: "x" }, { authorization: "Bearer api-5ec4e7" });
    expect(right.status).toBe(202);
    await locked.pipeline.outcome((right.body["alerts"] as { id: string }[])[0]?.id ?? "");
    expect(await historyOf(locked, "Lobby", "room-5ec4e7")).toHaveLength(1);
    expect((await fetch(`${locked.localUrl}/v2/room/Lobby/history`)).status).toBe(401);
  });

  test("are needed to listen beyond loopback", async () => {
    const open = `channels: { lobby: { kind: room, room: Lobby } }`;
    const { parseConfig } = await import("../../src/config/load.ts");
    const { startApp } = await import("../../src/app.ts");
    const { createLog } = await import("../../src/core/log.ts");
    const options = { file: undefined, flags: { listen: "0.0.0.0:0", dataDir: folder }, env, cwd: "/" };
    const log = createLog({ level: "silent", pretty: false });
    await expect(startApp(parseConfig(open, options), { mode: "serve" }, log)).rejects.toMatchObject({
      code: "listen_unsafe",
    });
    await using safe = await startApp(parseConfig(secured, options), { mode: "serve" }, log);
    expect((await fetch(`${safe.localUrl}/rooms/Lobby`)).status).toBe(401);
  });

  test("a port that is taken is said in one sentence", async () => {
    const { port } = new URL(app.localUrl);
    const { parseConfig } = await import("../../src/config/load.ts");
    const { startApp } = await import("../../src/app.ts");
    const { createLog } = await import("../../src/core/log.ts");
    const options = { file: undefined, flags: { listen: `127.0.0.1:${port}`, dataDir: folder }, env: {}, cwd: "/" };
    const log = createLog({ level: "silent", pretty: false });
    await expect(startApp(parseConfig("{}", options), { mode: "serve" }, log)).rejects.toMatchObject({
      code: "listen_failed",
      message: expect.stringContaining("another program listens there"),
    });
  });
});
