import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { handled, historyOf, postJson, startTestApp } from "../support/app.ts";

/* The life of an alert as a room and an operator see it: from the hook or the API to the text. */

let app: App;
beforeAll(async () => {
  app = await startTestApp(`
channels:
  ops: { kind: room, room: Ops, messageFormat: text, timezone: Europe/Berlin, texts: { cancel: "over after \${alert_duration_interval}" } }
  late: { kind: room, room: Late, messageFormat: text }
routes:
  - match: { rule: HighCpuUsage }
    channels: [ops]
    open: { text: "\${status} \${entity}" }
    repeat: { text: "\${status} \${repeat_count} \${before_status}", every: 2 }
  - match: { rule: jitter }
    channels: [late]
    open: { delay: 1s, text: "\${status} \${value}" }
    cancel: { text: "\${status}" }
  - match: { rule: disk }
    channels: [late]
    open: { text: "\${status}", details: true }
  - match: { rule: quiet }
    channels: [late]
    portals: [test]
    open: { text: "{% if value > 90 %}\${status}{% endif %}" }
`);
}, 60_000);
afterAll(async () => await app[Symbol.asyncDispose]());

const textsIn = async (room: string): Promise<readonly string[]> =>
  (await historyOf(app, room)).map(({ message }) => message);

/** What Alertmanager posts; each post is a notification of its own. */
async function alertmanager(status: "firing" | "resolved", fingerprint: string): Promise<void> {
  const alert = {
    status,
    labels: { alertname: "HighCpuUsage", instance: "web01" },
    annotations: {},
    startsAt: "2026-01-22T11:00:00Z",
    endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : "2026-01-22T12:08:59Z",
    fingerprint,
  };
  const { body } = await postJson(app, "/hooks/alertmanager", { version: "4", status, alerts: [alert] });
  const { alerts } = body as { alerts: { id: string }[] };
  await app.pipeline.outcome(alerts[0]?.id ?? "");
}

async function openNow(): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${app.localUrl}/api/windows`);
  const { windows }: { windows: Record<string, unknown>[] } = JSON.parse(await response.text());
  return windows;
}

describe("a source that sends firing again and again", () => {
  test("has an OPEN, every second REPEAT and a CANCEL in the room, and is listed while it is open", async () => {
    await alertmanager("resolved", "0");
    await alertmanager("firing", "1");
    for (const fingerprint of ["2", "3", "4", "5"]) await alertmanager("firing", fingerprint);
    const [window] = await openNow();
    expect(window).toMatchObject({
      rule: "HighCpuUsage",
      entity: "web01",
      status: "REPEAT",
      since: "2026-01-22T11:00:00.000Z",
      repeats: 4,
      delayed: [],
    });
    await alertmanager("resolved", "6");
    await alertmanager("resolved", "7");
    expect(await openNow()).toEqual([]);
    expect(await textsIn("Ops")).toEqual(["OPEN web01", "REPEAT 2 REPEAT", "REPEAT 4 REPEAT", "over after 1h:8m:59s"]);
  });
});

test("an OPEN with a delay is said when it lasts", async () => {
  const { body } = await postJson(app, "/api/alerts", { rule: "jitter", entity: "short", value: 1 });
  expect(await openNow()).toMatchObject([{ rule: "jitter", delayed: [{ channel: "late" }] }]);
  await postJson(app, "/api/alerts", { rule: "jitter", entity: "short", status: "CANCEL" });
  const { deliveries } = await handled(app, { rule: "jitter", entity: "long", value: 2 });
  expect(deliveries).toMatchObject([{ state: "delivered" }]);
  const { alerts } = body as { alerts: { id: string }[] };
  expect(await app.pipeline.outcome(alerts[0]?.id ?? "")).toMatchObject({ deliveries: [{ state: "silent" }] });
  await handled(app, { rule: "jitter", entity: "long", status: "CANCEL" });
  expect((await textsIn("Late")).slice(-2)).toEqual(["OPEN 2", "CANCEL"]);
});

test("the details are in the room, and what happens once opens nothing", async () => {
  await handled(app, { rule: "disk", once: true, value: 3 });
  expect((await textsIn("Late")).at(-1)).toMatch(/^OPEN\n\nstatus {6}OPEN\nvalue {7}3\n/u);
  expect((await openNow()).filter(({ rule }) => rule === "disk")).toEqual([]);
});

test("a text that comes out empty sends nothing at all, and that is recorded", async () => {
  expect((await handled(app, { rule: "quiet", value: 91 })).deliveries).toMatchObject([{ state: "delivered" }]);
  const before = (await historyOf(app, "Late")).length;
  const { deliveries } = await handled(app, { rule: "quiet", entity: "other", value: 7 });
  expect(deliveries).toMatchObject([{ channel: "late", state: "silent", text: "", steps: [], shots: [] }]);
  expect(await historyOf(app, "Late")).toHaveLength(before);
});

test("a limit that is none is refused", async () => {
  const response = await fetch(`${app.localUrl}/api/windows?limit=0`);
  expect(response.status).toBe(400);
});
