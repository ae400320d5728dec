import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import express from "express";
import { Secret } from "../../src/core/secret.ts";
import { roomRoutes } from "../../src/http/room-routes.ts";
import type { ApiAnswer } from "../../src/rooms/contract.ts";
import { captures } from "../support/captures.ts";
import { historyOf, jsonOf, openRooms, token } from "../unit/rooms/open-rooms.ts";
import type { HistoryItem, TestRooms } from "../unit/rooms/open-rooms.ts";

/*
 * Requests of real clients, byte for byte. Every request of every file stands in the table below.
 */

const chartHash = "9d9e192970e3dfa9f2220b41d6b974d7e13ed3036ba54a40782e8832c103ab59";

/** What the answer is and what then stands in the room. */
interface Row {
  readonly status: number;
  readonly room?: string;
  /** A person who got a private message, when it is no room. */
  readonly user?: string;
  readonly item?: Partial<HistoryItem>;
  readonly rings?: boolean;
  readonly sharesChart?: string;
  readonly check?: (answer: ApiAnswer) => void;
  readonly checkItem?: (item: HistoryItem) => void;
}

const started = "Buildbot started build runtests here: http://localhost:8010/#builders/1/builds/7";
const failed = "Buildbot finished build runtests with result failure here: http://localhost:8010/#builders/1/builds/7";
const payara =
  "Health Check notification with severity level: WARNING. (host:app01, server:server, domain:domain1,instance:server)\n" +
  "CPUC:Health Check Result:[[status=WARNING, message='CPU%: 97.1, Time CPU used: 291 milliseconds'']']";
const yellowHtml = { color: "yellow", message_format: "html", type: "notification" };
const red = { color: "red", from: "chartbot", type: "notification" };
const redHtml = { ...red, message_format: "html" };
const chart = { type: "message", message_format: "text" };
const sent = (answer: ApiAnswer): void => expect(jsonOf(answer)).toEqual({ status: "sent" });
const listed = (answer: ApiAnswer): void =>
  expect((jsonOf(answer) as { rooms: { name: string }[] }).rooms.map(({ name }) => name)).toEqual([
    "Alerts",
    "Alerts Room",
    "10",
  ]);
const granted = (answer: ApiAnswer): void =>
  expect(jsonOf(answer)).toMatchObject({
    access_token: expect.stringMatching(/^[\w-]{40}$/u),
    token_type: "bearer",
    scope: "send_notification",
    expires_in: 28_800,
  });
const newTopic = { type: "topic", message: "new topic", topic: "new topic" };
const chartCard = (item: HistoryItem): void =>
  expect(JSON.parse(item.card ?? "")).toMatchObject({
    style: "application",
    id: "c1",
    title: "Chart",
    url: "http://127.0.0.1/c",
    format: "medium",
    description: { format: "html", value: "<b>v</b>" },
    thumbnail: { url: "http://127.0.0.1/c.png", width: 800, height: 400 },
  });
const created = (answer: ApiAnswer): void =>
  expect(jsonOf(answer)).toEqual({
    id: expect.stringMatching(/^[\da-f-]{36}$/u),
    timestamp: expect.stringMatching(/^2026.+\+00:00$/u),
  });

const rows: Readonly<Record<string, Row>> = {
  "buildbot-2.10.5-HipChatStatusPush 1": { status: 204, user: "bob@example.com", item: { message: started } },
  "buildbot-2.10.5-HipChatStatusPush 2": { status: 204, room: "Alerts", item: { ...yellowHtml, message: started } },
  "buildbot-2.10.5-HipChatStatusPush 3": { status: 204, user: "bob@example.com", item: { message: failed } },
  "buildbot-2.10.5-HipChatStatusPush 4": { status: 204, room: "Alerts", item: { ...yellowHtml, message: failed } },
  "debian-ansible-7.7.0-community.general.hipchat 1": {
    status: 204,
    room: "Alerts Room",
    item: { message: "CPU 97% on web01", color: "red", message_format: "text", from: "tester" },
    rings: true,
  },
  "debian-ansible-7.7.0-community.general.hipchat 2": {
    status: 204,
    room: "Alerts",
    item: { message: "trailing slash as in the docs example", color: "yellow", message_format: "text" },
    rings: true,
  },
  "debian-ansible-7.7.0-community.general.hipchat 3": {
    status: 200,
    room: "Alerts",
    item: { message: "v1 message", color: "yellow", message_format: "text", from: "a very long sen" },
    rings: true,
    check: sent,
  },
  "debian-ruby-hipchat-1.5.2 1": {
    status: 204,
    room: "Alerts Room",
    item: { ...redHtml, message: "CPU <b>97%</b> é" },
    rings: true,
  },
  "debian-ruby-hipchat-1.5.2 2": {
    status: 204,
    room: "Alerts Room",
    item: { ...chart, message: "Chart for CPU é" },
    sharesChart: "chart.png",
  },
  "debian-ruby-hipchat-1.5.2 3": {
    status: 204,
    room: "Alerts Room",
    item: { ...newTopic, message: "Nice topic", topic: "Nice topic" },
  },
  // The caller passed a hash where a format belongs; HipChat's own schema takes a string there.
  "debian-ruby-hipchat-1.5.2 4": {
    status: 400,
    check: (answer) =>
      expect(jsonOf(answer)).toMatchObject({ error: { field: "message_format", expected_type: "string" } }),
  },
  "debian-ruby-hipchat-1.5.2 5": {
    status: 204,
    user: "bob@example.com",
    item: { message: "chart" },
    sharesChart: "chart.png",
  },
  "debian-ruby-hipchat-1.5.2 6": {
    status: 200,
    check: (answer) => expect(jsonOf(answer)).toMatchObject({ items: [], startIndex: 0, maxResults: 75 }),
  },
  "debian-ruby-hipchat-1.5.2 7": {
    status: 200,
    room: "Alerts Room",
    item: { ...redHtml, message: "CPU <b>97%</b> é" },
    rings: true,
    check: sent,
  },
  "debian-ruby-hipchat-1.5.2 8": { status: 200, check: listed },
  "hipchat-go-35aebc9 1": {
    status: 204,
    room: "Alerts",
    item: { ...redHtml, message: "CPU <b>97%</b> é" },
    rings: true,
    checkItem: chartCard,
  },
  "hipchat-go-35aebc9 5": { status: 200, check: granted },
  "hipchat-go-35aebc9 2": {
    status: 204,
    room: "Alerts",
    item: { ...chart, message: "Chart for CPU" },
    sharesChart: "my chart.png",
  },
  "hipchat-go-35aebc9 3": {
    status: 201,
    room: "Alerts",
    item: { message: "hello", type: "message", message_format: "text" },
    check: created,
  },
  "hipchat-go-35aebc9 4": {
    status: 202,
    check: (answer) =>
      expect(jsonOf(answer)).toEqual({
        success: { code: 202, message: "This auth_token has access to use this method.", type: "Accepted" },
      }),
  },
  "npm-ac-node-hipchat-0.2.14 1": { status: 200, check: granted },
  "npm-ac-node-hipchat-0.2.14 3": {
    status: 204,
    room: "Alerts",
    item: { type: "message", message: "look http://127.0.0.1/x", message_format: "text" },
  },
  "npm-ac-node-hipchat-0.2.14 2": {
    status: 204,
    room: "Alerts",
    item: { ...redHtml, message: "CPU <b>97%</b>" },
    rings: true,
  },
  "npm-hipchat-client-1.0.5 1": {
    status: 200,
    room: "Alerts",
    item: { ...redHtml, message: "CPU <b>97%</b> é" },
    rings: true,
    check: sent,
  },
  "npm-hipchat-client-1.0.5 2": { status: 200, check: listed },
  "npm-hipchat-notifier-1.1.0 1": {
    status: 204,
    room: "Alerts",
    item: { ...red, message_format: "text", message: "CPU 97% on web01" },
    rings: true,
  },
  "npm-hipchat-notifier-1.1.0 2": {
    status: 204,
    room: "Alerts",
    item: { ...redHtml, color: "green", message: "<b>x</b>" },
    rings: true,
    checkItem: chartCard,
  },
  "npm-hipchatter-1.0.0 1": {
    status: 204,
    room: "Alerts",
    item: { ...redHtml, message: "CPU <b>97%</b> on web01 é✓" },
    rings: true,
  },
  "npm-hipchatter-1.0.0 2": {
    status: 204,
    room: "Alerts",
    item: { ...yellowHtml, message: "plain convenience", from: "roomer" },
  },
  "npm-hipchatter-1.0.0 3": {
    status: 201,
    room: "Alerts",
    item: { message: "user message", type: "message" },
    check: created,
  },
  "npm-hipchatter-1.0.0 4": { status: 204, room: "Alerts", item: newTopic },
  "npm-hipchatter-1.0.0 5": { status: 204, user: "bob@example.com", item: { message: "hi" }, rings: true },
  "npm-hipchatter-1.0.0 6": {
    status: 200,
    check: (answer) =>
      expect(jsonOf(answer)).toMatchObject({ items: [{ id: 1, name: "Alerts" }, { id: 2 }, { id: 3 }] }),
  },
  "npm-node-hipchat-0.4.5 1": {
    status: 200,
    room: "Alerts",
    item: { ...redHtml, message: "CPU 97%" },
    rings: true,
    check: sent,
  },
  "payara-5.2020.4-HipchatNotificationRunnable 1": {
    status: 204,
    room: "Alerts",
    item: { message: payara, message_format: "text", color: "yellow", type: "notification" },
  },
  "payara-5.2020.4-HipchatNotificationRunnable 2": {
    status: 204,
    room: "Alerts Room",
    item: { message: payara, message_format: "text" },
  },
  "reference-curl-doc-layout 1": {
    status: 204,
    room: "Alerts",
    item: { ...chart, message: "Chart for CPU" },
    sharesChart: "chart.png",
  },
  "reference-curl-doc-layout 2": {
    status: 204,
    room: "Alerts",
    item: { message: "Hello world!", color: "purple", message_format: "text" },
  },
  "reference-curl-doc-layout 3": {
    status: 200,
    room: "10",
    item: { ...yellowHtml, message: "A new user signed up", from: "Alerts" },
    check: sent,
  },
  "reference-curl-form-data 1": { status: 204, room: "Alerts", item: { message: "Chart" }, sharesChart: "chart.png" },
  "reference-python-email-mime 1": {
    status: 204,
    room: "Alerts",
    item: { message: "Chart A" },
    sharesChart: "chart.png",
  },
  "reference-python-email-mime 2": { status: 204, room: "Alerts", item: { message: "" }, sharesChart: "графік.png" },
};

const openAlerts = async (): Promise<TestRooms> =>
  await openRooms({
    tokens: [
      { ...token("tester"), secret: token("token123").secret },
      { ...token("roomer"), secret: token("roomtoken").secret },
      { ...token("oauthid"), secret: new Secret("secret") },
      token("all"),
    ],
    rooms: ["Alerts", "Alerts Room", "10"],
  });

test("every request of every capture stands in the table", () => {
  expect(captures.map(({ name }) => name).toSorted()).toEqual(Object.keys(rows).toSorted());
});

describe.each(captures)("$name", ({ name, request }) => {
  const row = rows[name] ?? { status: 0 };

  test("gets the answer that this client takes for success, with the six rate headers", async () => {
    const answer = await (await openAlerts()).rooms.api(request);
    expect(answer.status).toBe(row.status);
    row.check?.(answer);
    if (row.status === 204) expect(answer.body).toBe("");
    const names = Object.keys(answer.headers).map((header) => header.toLowerCase());
    for (const limit of ["x-ratelimit", "x-floodcontrol"]) {
      expect(names).toEqual(expect.arrayContaining([`${limit}-limit`, `${limit}-remaining`, `${limit}-reset`]));
    }
  });

  test("leaves exactly its message behind", async () => {
    const alerts = await openAlerts();
    await alerts.rooms.api(request);
    if (row.user !== undefined) return await expectPrivate(alerts, row);
    const items = await Promise.all(["Alerts", "Alerts Room", "10"].map(async (room) => await historyOf(alerts, room)));
    const expected = row.room === undefined ? [] : [expect.objectContaining(row.item)];
    expect(items.flat()).toEqual(expected);
    const [item] = items.flat();
    if (row.room === undefined || item === undefined) return;
    row.checkItem?.(item);
    const page = await alerts.call("GET", `/rooms/${encodeURIComponent(row.room === "10" ? "3" : row.room)}`);
    expect(String(page.body).includes('class="rang"')).toBe(row.rings === true);
    if (row.sharesChart !== undefined) await expectChart(alerts, row.sharesChart, items.flat()[0]?.file);
  });
});

test("the bytes of every request get that answer over a socket, too", async () => {
  const { rooms } = await openAlerts();
  const server = createServer(express().use(roomRoutes(rooms)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (const { name, bytes } of captures) {
    const socket = connect(port, "127.0.0.1");
    socket.write(bytes);
    // Clients keep their side open until they have the answer; Node gives none to one that closes it.
    const [first] = (await once(socket, "data")) as [Buffer];
    const answer = first.toString("latin1");
    socket.destroy();
    // Node's parser refuses a space within the target, as any server does; such rooms are reached by their number.
    const expected = name.startsWith("payara") && name.endsWith("2") ? 400 : rows[name]?.status;
    expect([name, Number(answer.split(" ", 2)[1])]).toEqual([name, expected]);
  }
  server.close();
});

async function expectPrivate(alerts: TestRooms, row: Row): Promise<void> {
  const page = String((await alerts.call("GET", "/rooms/4")).body);
  expect(page).toContain(`<bdi>${row.user}</bdi>`);
  expect(page).toContain("Direct messages");
  expect(page.replace(/<a [^>]*>|<\/a>/gu, "")).toContain(row.item?.message);
  expect(page.includes('class="rang"')).toBe(row.rings === true);
  expect(await historyOf(alerts, "Alerts")).toEqual([]);
  if (row.sharesChart === undefined) return;
  const path = /<a class="picture-link" href="(?<path>[^"]+)"/u.exec(page)?.groups?.["path"] ?? "";
  await expectChartAt(alerts, path);
}

async function expectChart(alerts: TestRooms, name: string, file: HistoryItem["file"]): Promise<void> {
  expect(file).toMatchObject({ name, size: 72, thumb_url: file?.url });
  await expectChartAt(alerts, new URL(file?.url ?? "").pathname);
}

async function expectChartAt(alerts: TestRooms, path: string): Promise<void> {
  const answer = await alerts.call("GET", path);
  expect(answer.headers["content-type"]).toBe("image/png");
  expect(createHash("sha256").update(answer.body).digest("hex")).toBe(chartHash);
}
