import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { captures } from "../support/captures.ts";
import { historyOf, postJson, startTestApp } from "../support/app.ts";
import type { RoomMessage } from "../support/app.ts";
import { listenRecording } from "../support/recording-server.ts";
import type { RecordingServer } from "../support/recording-server.ts";

/* Messages that come in through the HipChat API, as legacy tools send them, and what routes and portals make of them. */

let app: App;
let outside: RecordingServer;

beforeAll(async () => {
  outside = await listenRecording();
  app = await startTestApp(
    `
rooms:
  names: [Alerts, Alerts Room, Bound, Routed, Quiet, Busy, Echo, People]
  portals: { Bound: [small] }
channels:
  lobby: { kind: room, room: Lobby }
  outside: { kind: hipchat, host: "${outside.url}", room: pager, messageToken: env:TOKEN, messageFormat: text }
portals:
  small: { url: "${outside.url}/charts/small?of=\${entity}", viewport: { width: 200, height: 100 } }
routes:
  - { channels: [lobby], stop: true, name: everything else }
  - { match: { source: room, fields: { room: Quiet } }, channels: [], stop: true }
  - { match: { source: room, fields: { room: Routed } }, channels: [], portals: [small] }
  - match: { source: room, severity: ">=major", message: { regex: "(?i)down" }, fields: { color: red, sender: "char*" } }
    channels: [outside]
    open: { text: "\${color} \${room} \${sender}: \${message}" }
  - match: { source: room, message: "to the pager*" }
    channels: [outside]
`,
    { TOKEN: "t" },
  );
  outside.reply = (response, { url }) => {
    if (url?.startsWith("/charts/") !== true) response.writeHead(204).end();
    else response.writeHead(200, { "content-type": "text/html" }).end(page);
  };
}, 60_000);

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await outside[Symbol.asyncDispose]();
});

const page = '<body style="background:#fff"><div style="width:80px;height:60px;background:#c30">up</div></body>';

/** Sends a request as a real client sent it, with other words in it. */
async function replay(name: string, words: Readonly<Record<string, string>>, to = app.localUrl): Promise<number> {
  const found = captures.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no capture ${name}.`);
  const { method, path, query, headers } = found.request;
  const { host: _host, connection: _connection, "content-length": _length, ...kept } = headers;
  const body = found.request.body.toString("utf8");
  const isForm = headers["content-type"]?.includes("urlencoded") === true;
  const changed = isForm
    ? new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(body)), ...words }).toString()
    : JSON.stringify({ ...(JSON.parse(body) as object), ...words });
  const own = Object.entries(kept).map(([key, value]): [string, string] => [key, String(value)]);
  const answer = await fetch(`${to}${path}?${query.toString()}`, { method, headers: own, body: changed });
  await answer.arrayBuffer();
  return answer.status;
}

const say = async (room: string, message: string, more: object = {}, to = app): Promise<number> => {
  const answer = await fetch(`${to.localUrl}/v2/room/${encodeURIComponent(room)}/notification`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message, ...more }),
  });
  return answer.status;
};

const filesIn = async (room: string): Promise<readonly RoomMessage[]> =>
  (await historyOf(app, room)).filter(({ file }) => file !== undefined);
/** Alerts that say this. */
const alertsOf = async (message: string): Promise<readonly string[]> => {
  const answer = await fetch(`${app.localUrl}/api/alerts?limit=200`);
  const { alerts }: { alerts: { id: string }[] } = JSON.parse(await answer.text());
  const whole = await Promise.all(
    alerts.map(async ({ id }) => {
      const alert: { message: string } = JSON.parse(await (await fetch(`${app.localUrl}/api/alerts/${id}`)).text());
      return alert.message;
    }),
  );
  return whole.filter((one) => one === message);
};
/** What the HipChat server outside was told, texts only. */
const told = (): readonly string[] =>
  outside.received
    .filter(({ url }) => url.endsWith("/notification"))
    .map(({ body }) => (JSON.parse(body.toString("utf8")) as { message: string }).message);

test("a link to a portal in a legacy client's notification brings the portal's picture into the room", async () => {
  const link = `${app.localUrl}/portals/test/?entity=web07&metric=disk_used`;
  const html = `CPU <b>97%</b> é <a href="${link.replace("&", "&amp;")}">chart</a>`;
  expect(await replay("debian-ruby-hipchat-1.5.2 1", { message: html })).toBe(204);
  await expect.poll(async () => await historyOf(app, "Alerts Room"), { timeout: 30_000 }).toHaveLength(2);
  const [text, picture] = await historyOf(app, "Alerts Room");
  expect(text).toMatchObject({ message: html, color: "red", from: "chartbot" });
  expect(picture).toMatchObject({ message: "Test portal for web07", from: { name: "Chartbell" } });
  expect(picture?.file?.name).toMatch(/^Message-in-Alerts-Room_web07_open_test_\d{8}_\d{6}\.(?:png|webp)$/u);
  const bytes = await (await fetch(picture?.file?.url ?? "")).arrayBuffer();
  expect(bytes.byteLength).toBeGreaterThan(2000);
});

test("API v1's messages are alerts, too", async () => {
  const link = `${app.localUrl}/portals/test/?entity=db01`;
  expect(await replay("npm-node-hipchat-0.4.5 1", { room_id: "Alerts", message: `disk full: ${link}.` })).toBe(200);
  await expect
    .poll(async () => (await historyOf(app, "Alerts")).map(({ message }) => message), { timeout: 30_000 })
    .toEqual([`disk full: ${link}.`, "Test portal for db01"]);
});

test("two links to one portal are two pictures, each with its own parameters", async () => {
  const link = `${outside.url}/charts/small?of=`;
  expect(await say("Busy", `${link}web01 and ${link}web02 and ${link}web01`)).toBe(204);
  await expect.poll(async () => await filesIn("Busy"), { timeout: 30_000 }).toHaveLength(2);
  const asked = outside.received.filter(({ url }) => url.startsWith("/charts/")).map(({ url }) => url);
  expect(asked).toEqual(expect.arrayContaining(["/charts/small?of=web01", "/charts/small?of=web02"]));
});

test("portals of a room come with each notification, but not with what people say", async () => {
  expect((await postJson(app, "/v2/room/Bound/message", { message: "hello" })).status).toBe(201);
  expect(await say("Bound", "deployed")).toBe(204);
  await expect.poll(async () => await filesIn("Bound"), { timeout: 30_000 }).toHaveLength(1);
  expect((await historyOf(app, "Bound")).map(({ message }) => message)).toEqual(["hello", "deployed", "small"]);
});

test("portals of a route without channels come into the message's room", async () => {
  expect(await say("Routed", "anything")).toBe(204);
  await expect.poll(async () => await filesIn("Routed"), { timeout: 30_000 }).toHaveLength(1);
});

describe("a route", () => {
  test("takes messages by room, colour, sender and text, and says them elsewhere with their pictures", async () => {
    const link = `${app.localUrl}/portals/test/?entity=web09`;
    const words = { message: `<p>web09 is <b>DOWN</b> &amp; out</p><a href="${link}">see</a>` };
    expect(await replay("debian-ruby-hipchat-1.5.2 1", words)).toBe(204);
    await expect
      .poll(() => outside.received.filter(({ url }) => url.endsWith("/share/file")).length, { timeout: 30_000 })
      .toBe(1);
    expect(told()).toEqual([`red Alerts Room chartbot: web09 is DOWN & out\nsee ${link}`]);
  });

  test("has a text for messages where it brings none", async () => {
    expect(await say("People", "to the pager: wake up", { from: "cron", color: "gray" })).toBe(204);
    await expect.poll(told).toContain("cron in People: to the pager: wake up");
  });

  test("that stops, without channels and portals, keeps pictures away", async () => {
    expect(await say("Quiet", `quiet ${outside.url}/charts/small?of=x`)).toBe(204);
    expect(await alertsOf(`quiet ${outside.url}/charts/small?of=x`)).toEqual([]);
  });
});

test("a message that nothing wants is shown in its room and is no alert; routes that do not ask for rooms hear nothing", async () => {
  const before = (await historyOf(app, "Lobby")).length;
  for (const text of ["plain", `elsewhere ${outside.url}/other?of=x`]) {
    expect(await say("People", text)).toBe(204);
    expect(await alertsOf(text)).toEqual([]);
  }
  expect(await historyOf(app, "Lobby")).toHaveLength(before);
});

test("private messages and topics are no alerts", async () => {
  await postJson(app, "/v2/room/People/message", { message: "to the pager, in public" });
  const quiet = [
    await fetch(`${app.localUrl}/v2/user/bob/message`, { method: "POST", body: "to the pager, privately" }),
    await fetch(`${app.localUrl}/v2/room/People/topic`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: '{"topic":"to the pager as topic"}',
    }),
  ];
  expect(quiet.map(({ status }) => status)).toEqual([204, 204]);
  expect(await alertsOf("to the pager, in public")).toHaveLength(1);
  expect(await alertsOf("to the pager, privately")).toEqual([]);
  expect(await alertsOf("to the pager as topic")).toEqual([]);
});

test("a message that is sent again under its key is one alert", async () => {
  const key = { "idempotency-key": "again" };
  const body = { message: "to the pager once" };
  await postJson(app, "/v2/room/People/message", body, key);
  await postJson(app, "/v2/room/People/message", body, key);
  expect(await alertsOf(body.message)).toHaveLength(1);
});

test("a route that leads a room's messages back into it by HTTP does not go round", async () => {
  await using own = await startTestApp("rooms: { names: [Round, Late] }");
  const yaml = `
rooms: { names: [Round, Late], portals: { Late: [test] } }
channels: { round: { kind: hipchat, host: "${own.localUrl}", room: Round, messageToken: env:TOKEN } }
routes: [{ match: { source: room, fields: { room: Round } }, channels: [round], portals: [test] }]
`;
  const options = { file: undefined, flags: {}, env: { TOKEN: "t" }, cwd: import.meta.dirname };
  // The test's own listen address and data folder came by flags, which this configuration lacks.
  expect(await own.reload(parseConfig(yaml, options))).not.toContain("rooms");
  await postJson(own, "/v2/room/Round/message", { message: `around ${own.localUrl}/portals/test/` });
  const said = async (): Promise<number> => (await historyOf(own, "Round")).length;
  // The message; it said again; its picture by the link in its room, and by the route.
  await expect.poll(said, { timeout: 30_000 }).toBe(4);
  const answer = await fetch(`${own.localUrl}/api/alerts`);
  const { alerts }: { alerts: unknown[] } = JSON.parse(await answer.text());
  expect(alerts).toHaveLength(1);
  // The portals of a room came with the new configuration, too.
  expect(await say("Late", "hello", {}, own)).toBe(204);
  await expect.poll(async () => (await historyOf(own, "Late")).length, { timeout: 30_000 }).toBe(2);
});
