import { expect, test } from "vitest";
import { handled, postJson, startTestApp } from "../support/app.ts";
import { scrape } from "../support/exposition.ts";
import { listenRecording } from "../support/recording-server.ts";

/* GET /metrics of a Chartbell with a real browser and a real database, after what an operator would count. */

const config = `
channels:
  lobby: { kind: room, room: Lobby }
  texts: { kind: directory, path: texts }
portals:
  gone: { url: "http://127.0.0.1:1/" }
routes:
  - { match: { rule: "cpu*" }, channels: [lobby], portals: [test] }
  - { match: { rule: "gone*" }, channels: [lobby], portals: [gone] }
`;

test("every part is counted: alerts, steps, shots, browsers, what is left to do", async () => {
  await using app = await startTestApp(config);
  const before = await scrape(app.localUrl);
  expect(before.get("chartbell_alerts_accepted_total")).toBe(0);
  expect(before.get('chartbell_deliveries_waiting{channel="texts"}')).toBe(0);
  expect(before.get("chartbell_browsers_running")).toBe(0);

  await handled(app, { rule: "cpu_high" });
  await handled(app, { rule: "gone" });
  const key = { "idempotency-key": "k" };
  for (const _time of [1, 2]) await postJson(app, "/api/alerts", { rule: "none" }, key);
  await postJson(app, "/api/alerts", { rule: "x", channels: ["nowhere"] });
  await postJson(app, "/api/alerts", "{");
  await postJson(app, "/api/alerts", `{"rule":"${"x".repeat(1_100_000)}"}`);

  await expect.poll(async () => (await scrape(app.localUrl)).get("chartbell_alerts_unhandled")).toBe(0);
  const after = await scrape(app.localUrl);
  const expected: Record<string, number> = {
    chartbell_alerts_accepted_total: 3,
    chartbell_alerts_duplicate_total: 1,
    'chartbell_alerts_refused_total{code="channel_unknown"}': 1,
    'chartbell_alerts_refused_total{code="body_invalid"}': 1,
    'chartbell_alerts_refused_total{code="body_too_large"}': 1,
    chartbell_alerts_in_hand: 0,
    chartbell_queue_age_seconds: 0,
    'chartbell_deliveries_waiting{channel="lobby"}': 0,
    'chartbell_steps_ended_total{channel="lobby",kind="text",status="delivered"}': 3,
    'chartbell_steps_ended_total{channel="lobby",kind="picture",status="delivered"}': 1,
    'chartbell_steps_ended_total{channel="lobby",kind="text",status="failed"}': 0,
    'chartbell_alert_to_text_seconds_count{channel="lobby"}': 2,
    'chartbell_alert_to_picture_seconds_count{channel="lobby"}': 1,
    'chartbell_alert_to_text_seconds_bucket{le="900",channel="lobby"}': 2,
    'chartbell_shots_total{verdict="ready"}': 1,
    'chartbell_shots_total{verdict="failed"}': 1,
    'chartbell_shots_failed_total{code="page_unreachable"}': 1,
    chartbell_shot_duration_seconds_count: 1,
    chartbell_shots_underway: 0,
    chartbell_shots_waiting: 0,
    chartbell_pages_kept: 1,
    chartbell_browsers_running: 1,
    chartbell_browsers_started_total: 1,
    chartbell_browsers_crashed_total: 0,
    chartbell_database_up: 1,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, after.get(name)]))).toEqual(expected);
  const phases = ["queue", "navigate", "data", "settle", "capture", "crop"];
  for (const phase of phases) expect(after.has(`chartbell_shot_phase_seconds_total{phase="${phase}"}`)).toBe(true);
  expect(after.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
});

test("what waits for a channel is counted, and what of it is left when the channel is back", async () => {
  await using room = await listenRecording();
  room.reply = (response) => void response.writeHead(500).end();
  const texts = `channels: { lobby: { kind: room, room: Lobby }, texts: { kind: hipchat, host: "${room.url}", room: r, notificationToken: env:TOKEN } }`;
  await using app = await startTestApp(texts, { TOKEN: "t" });
  await postJson(app, "/api/alerts", { rule: "stuck", channels: ["texts", "lobby"] });
  const waiting = 'chartbell_deliveries_waiting{channel="texts"}';
  await expect.poll(async () => (await scrape(app.localUrl)).get(waiting)).toBe(1);
  const now = await scrape(app.localUrl);
  expect(now.get('chartbell_deliveries_waiting{channel="lobby"}')).toBe(0);
  const failures = 'chartbell_attempts_failed_total{channel="texts",code="delivery_unavailable"}';
  expect(now.get(failures)).toBeGreaterThan(0);
  expect(now.get('chartbell_steps_ended_total{channel="lobby",kind="text",status="delivered"}')).toBe(1);
  room.reply = (response) => void response.writeHead(204).end();
  await expect.poll(async () => (await scrape(app.localUrl)).get(waiting), { timeout: 30_000 }).toBe(0);
  const after = await scrape(app.localUrl);
  expect(after.get('chartbell_steps_ended_total{channel="texts",kind="text",status="delivered"}')).toBe(1);
  expect(after.get('chartbell_alert_to_text_seconds_count{channel="texts"}')).toBe(1);
});

test("an alert that is being handled is in hand and has an age", async () => {
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  await using room = await listenRecording();
  room.reply = (response) => {
    asked();
    void mayAnswer.then(() => response.writeHead(204).end());
  };
  const texts = `channels: { texts: { kind: hipchat, host: "${room.url}", room: r, notificationToken: env:TOKEN } }`;
  await using app = await startTestApp(texts, { TOKEN: "t" });
  await postJson(app, "/api/alerts", { rule: "slow", channels: ["texts"] });
  await isAsked;
  const now = await scrape(app.localUrl);
  expect(now.get("chartbell_alerts_unhandled")).toBe(1);
  expect(now.get("chartbell_alerts_in_hand")).toBe(1);
  expect(now.get("chartbell_queue_age_seconds")).toBeGreaterThan(0);
  expect(now.get("chartbell_queue_age_seconds")).toBeLessThan(60);
  answer();
  await expect.poll(async () => (await scrape(app.localUrl)).get("chartbell_alerts_unhandled")).toBe(0);
});

test("a scrape needs a token once one is configured, and the right Host; it is plain text of version 0.0.4", async () => {
  const secured = "server: { tokens: { prometheus: env:TOKEN } }\nchannels: { lobby: { kind: room, room: Lobby } }";
  await using app = await startTestApp(secured, { TOKEN: "t-5ec4e7" });
  const refused = await fetch(`${app.localUrl}/metrics`);
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  const answer = await fetch(`${app.localUrl}/metrics`, { headers: { authorization: "Bearer t-5ec4e7" } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const text = await answer.text();
  expect(text).toMatch(
    /^# HELP chartbell_alerts_accepted_total [A-Z].*\n# TYPE chartbell_alerts_accepted_total counter$/mu,
  );
  expect(text).not.toContain("5ec4e7");
  const write = await fetch(`${app.localUrl}/metrics`, {
    method: "POST",
    headers: { authorization: "Bearer t-5ec4e7" },
  });
  expect([write.status, write.headers.get("allow")]).toEqual([405, "GET"]);
  // Readiness is for load balancers, which have no token.
  expect((await fetch(`${app.localUrl}/readyz`)).status).toBe(200);
});
