import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import express from "express";
import type { App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/load.ts";
import { createLog } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { hookRoutes } from "../../src/http/hooks.ts";
import { createOutside } from "../../src/http/outside.ts";
import { problemHandler } from "../../src/http/problem.ts";
import { HookOptions, sources } from "../../src/triggers/index.ts";
import type { AlertInput } from "../../src/core/alert.ts";
import { historyOf, postJson, startTestApp } from "../support/app.ts";
import type { JsonAnswer } from "../support/app.ts";
import { listen } from "../support/loopback.ts";
import type { LoopbackServer } from "../support/loopback.ts";
import { readFixture, signedBySns, sourceFixtures, testCertificate } from "../support/sources.ts";

/* `POST /hooks/NAME` as outside systems meet it: real requests, a real database, what arrives in the room. */

let app: App;

beforeAll(async () => {
  app = await startTestApp(`
channels:
  lobby: { kind: room, room: Lobby }
  tests: { kind: room, room: Tests }
hooks:
  builds: { source: buildbot, builders: { runtests: { channels: [tests] } } }
  straight: { source: payara, channels: [tests] }
  checks:
    source: generic
    each: checks
    map: { rule: "\${item.name}", entity: "\${item.host}", value: "\${item.used}" }
routes: [{ channels: [lobby], open: { text: "\${rule} \${entity} \${value} \${message}" } }]
`);
}, 60_000);

afterAll(async () => await app[Symbol.asyncDispose]());

async function post(
  path: string,
  body: string | Buffer | undefined,
  headers: Record<string, string> = {},
  to: { readonly localUrl: string } = app,
): Promise<JsonAnswer> {
  const response = await fetch(`${to.localUrl}${path}`, { method: "POST", headers, body: body ?? null });
  const parsed: Record<string, unknown> = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body: parsed };
}

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

function idsOf({ body }: JsonAnswer): readonly string[] {
  return (body["alerts"] as { id: string }[]).map(({ id }) => id);
}

async function told(room: string): Promise<readonly string[]> {
  return (await historyOf(app, room)).map(({ message }) => message);
}

const unconfigured = Object.entries(sourceFixtures).filter(([source]) => !["sns", "generic"].includes(source));

describe("without configuration", () => {
  test.each(unconfigured)("/hooks/%s takes its payloads and hands them on", async (source, fixtures) => {
    const fixture = fixtures[0];
    const type =
      fixture.form === "form" ? form : fixture.file.endsWith(".json") ? json : { "content-type": "text/plain" };
    const answer = await post(`/hooks/${source}`, readFixture(fixture.file), { ...type, ...fixture.headers });
    expect(answer.status).toBe(202);
    expect(answer.body["rejected"]).toBeUndefined();
    expect(idsOf(answer).length).toBeGreaterThan(0);
    for (const id of idsOf(answer)) expect((await app.pipeline.outcome(id))?.state).toBe("handled");
  });

  test("the generic source answers that it needs a mapping, a misspelt one which was meant", async () => {
    expect((await post("/hooks/generic", "{}", json)).body).toMatchObject({
      code: "hook_unknown",
      hint: /Configure it/u,
    });
    const near = await post("/hooks/grafanna", "{}", json);
    expect(near.body).toMatchObject({ status: 404, code: "hook_unknown", hint: "Did you mean `grafana`?" });
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect((await post(`/hooks/${name}`, "{}", json)).status).toBe(404);
    }
  });

  test("Amazon SNS is refused, and told that its topic must be allowed", async () => {
    const answer = await post("/hooks/sns", readFixture("sns-cloudwatch.json"), { "content-type": "text/plain" });
    expect(answer.body).toMatchObject({ status: 403, code: "topic_forbidden" });
  });

  test("GET is answered 405, without a password being asked for", async () => {
    const response = await fetch(`${app.localUrl}/hooks/grafana`);
    expect([response.status, response.headers.get("allow"), response.headers.get("www-authenticate")]).toEqual([
      405,
      "POST",
      null,
    ]);
  });
});

describe("a configured hook", () => {
  test("sends to its own channels, a builder to those of the map", async () => {
    const build = await post("/hooks/builds", readFixture("buildbot.json"), json);
    const health = await post("/hooks/straight", readFixture("payara.txt"), { "content-type": "text/plain" });
    for (const id of [...idsOf(build), ...idsOf(health)]) await app.pipeline.outcome(id);
    const texts = await told("Tests");
    expect(texts.some((text) => text.includes("with result failure"))).toBe(true);
    expect(texts.some((text) => text.includes("Health Check CPUC"))).toBe(true);
  });

  test("reads a payload nobody knows by its mapping", async () => {
    const answer = await post("/hooks/checks", readFixture("generic.json"), json);
    for (const id of idsOf(answer)) await app.pipeline.outcome(id);
    expect(await told("Lobby")).toEqual(expect.arrayContaining(["disk web01 91", "ntp web02 0"]));
  });
});

test("a hook that a changed configuration brings is there at once, with its token", async () => {
  await using changing = await startTestApp("channels: { lobby: { kind: room, room: Lobby } }");
  const send = async () => await post("/hooks/new", "Test", { "content-type": "text/plain" }, changing);
  expect((await send()).body).toMatchObject({ code: "hook_unknown" });
  const yaml = (options: string) => `
channels: { lobby: { kind: room, room: Lobby } }
hooks: { new: { source: payara, channels: [lobby] ${options} } }`;
  const options = { file: undefined, flags: { listen: "127.0.0.1:0" }, env: { OWN: "own" }, cwd: "/" };
  await changing.reload(parseConfig(yaml(""), options));
  const taken = await send();
  expect(taken.status).toBe(202);
  await changing.pipeline.outcome(idsOf(taken)[0] ?? "");
  await changing.reload(parseConfig(yaml(", token: env:OWN"), options));
  expect((await send()).status).toBe(401);
});

describe("a notification that is sent again", () => {
  test("is a duplicate where the payload tells them apart", async () => {
    const event = { specversion: "1.0", id: "twice", source: "/s", type: "twice.told" };
    const first = await postJson(app, "/hooks/cloudevents", event);
    const second = await postJson(app, "/hooks/cloudevents", event);
    expect(second.body["alerts"]).toEqual([{ id: idsOf(first)[0], duplicate: true }]);
    const other = await postJson(app, "/hooks/cloudevents", { ...event, id: "thrice" });
    expect(other.body).toMatchObject({ alerts: [{ duplicate: false }] });
  });

  test("is known by its members: a batch may come again with one more", async () => {
    const events = ["a", "b"].map((id) => ({ specversion: "1.0", id, source: "/batch", type: "batched" }));
    const first = await postJson(app, "/hooks/cloudevents", events.slice(0, 1));
    const both = await postJson(app, "/hooks/cloudevents", events);
    expect(both.body["alerts"]).toMatchObject([{ id: idsOf(first)[0], duplicate: true }, { duplicate: false }]);
  });
});

describe("bad input", () => {
  test("half of a batch that is right is taken, the other half is named", async () => {
    const { alerts } = JSON.parse(readFixture("alertmanager.json").toString());
    const answer = await postJson(app, "/hooks/alertmanager", {
      alerts: [{ ...alerts[0], fingerprint: "half" }, { status: "firing" }, "?"],
    });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      alerts: [{ duplicate: false }],
      rejected: [
        { index: 1, field: "alerts[1].labels", reason: "must have at least one label" },
        { index: 2, field: "alerts[2]" },
      ],
    });
  });

  test("a batch with nothing right is 400 and shows a right one", async () => {
    const answer = await postJson(app, "/hooks/alertmanager", { alerts: [{ status: "firing" }] });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/u);
    expect(answer.body).toMatchObject({
      code: "request_invalid",
      problems: [{ field: "alerts[0].labels" }],
      expected: sources.alertmanager.example,
    });
  });

  test("that there are more alerts than one request may hold is told, the first ones are taken", async () => {
    const event = (index: number) => ({ specversion: "1.0", id: `many-${index}`, source: "/m", type: "many" });
    const answer = await postJson(
      app,
      "/hooks/cloudevents",
      Array.from({ length: 502 }, (_, index) => event(index)),
    );
    expect(answer.body["alerts"]).toHaveLength(500);
    expect(answer.body["rejected"]).toEqual([
      { index: 500, field: "body", reason: "has 502 members; the first 500 are read" },
    ]);
  });

  test.each([
    ["nested too deep", `${'{"a":'.repeat(65)}1${"}".repeat(65)}`, "nested deeper than 64"],
    ["nested a million times", "[".repeat(1_000_000) + "]".repeat(1_000_000), "nested deeper than 64"],
    ["a key twice", '{"alerts":[],"alerts":[1]}', 'the key "alerts" twice'],
    ["a key twice in other letters", '{"alerts":[],"\\u0061lerts":[1]}', 'the key "alerts" twice'],
    ["no JSON", "alerts=1", "not JSON"],
    ["nothing", "", "empty"],
  ])("%s is told", async (_name, body, said) => {
    const answer = await post("/hooks/alertmanager", body, json);
    expect(answer.body).toMatchObject({ status: 400, code: "body_invalid", expected: {} });
    expect(answer.body["title"]).toContain(said);
  });

  test.each([
    ["another charset", "application/json; charset=ISO-8859-1", "charset is iso-8859-1"],
    ["another type", "application/xml", "The body is application/xml"],
    ["a form where none is taken", form["content-type"], "x-www-form-urlencoded"],
  ])("%s is 415 and says what is taken", async (_name, type, said) => {
    const answer = await post("/hooks/alertmanager", "{}", { "content-type": type });
    expect(answer.body).toMatchObject({ status: 415, code: "media_type_unsupported" });
    expect(`${String(answer.body["title"])} ${String(answer.body["hint"])}`).toContain(said);
  });

  test("a form's field twice, an oversize body and bytes that are no UTF-8 are told", async () => {
    expect((await post("/hooks/icinga", "a=1&a=2", form)).body).toMatchObject({ code: "body_invalid" });
    const large = await post("/hooks/grafana", `"${"x".repeat(2_100_000)}"`, json);
    expect(large.body).toMatchObject({ status: 413, code: "body_too_large" });
    const bytes = await post("/hooks/payara", Buffer.from([0xc3, 0x28]), { "content-type": "text/plain" });
    expect(bytes.body).toMatchObject({ status: 400, code: "body_invalid" });
  });

  test("a time far ahead is replaced by the time of arrival, and told", async () => {
    const event = { specversion: "1.0", id: "ahead", source: "/s", type: "x", time: "2999-01-01T00:00:00Z" };
    const answer = await postJson(app, "/hooks/cloudevents", event);
    expect(answer.body["adjusted"]).toMatchObject([{ index: 0, field: "time", message: /more than a day ahead/u }]);
    const outcome = await app.pipeline.outcome(idsOf(answer)[0] ?? "");
    expect(Math.abs(Date.now() - (outcome?.alert.time.getTime() ?? 0))).toBeLessThan(60_000);
  });

  test("another site's page may not post", async () => {
    const answer = await post("/hooks/grafana", "{}", { ...json, "sec-fetch-site": "cross-site" });
    expect(answer.body).toMatchObject({ code: "host_forbidden" });
  });
});

describe("tokens", () => {
  const yaml = `
server: { tokens: { all: env:ALL } }
rooms: { tokens: { all: { token: env:ALL } } }
channels: { lobby: { kind: room, room: Lobby } }
hooks:
  own: { source: payara, token: env:OWN }
  open: { source: payara, token: env:OWN, tokenInUrl: true }
`;
  const env = { ALL: "all-5ec4e7", OWN: "own-5ec4e7" };
  const text = { "content-type": "text/plain" };
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
  });
  let locked: App;
  beforeAll(async () => {
    locked = await startTestApp(yaml, env);
  }, 60_000);
  afterAll(async () => await locked[Symbol.asyncDispose]());

  test.each<[string, string, Record<string, string>, number]>([
    ["none", "/hooks/payara", {}, 401],
    ["a server token as Bearer", "/hooks/payara", { authorization: "Bearer all-5ec4e7" }, 202],
    ["a server token as password", "/hooks/payara", basic("anybody", "all-5ec4e7"), 202],
    ["a server token as user name", "/hooks/payara", basic("all-5ec4e7", ""), 202],
    ["a wrong password", "/hooks/payara", basic("all-5ec4e7", "x"), 401],
    ["no base64", "/hooks/payara", { authorization: "Basic ???" }, 401],
    ["a server token in the address", "/hooks/payara?token=all-5ec4e7", {}, 401],
    ["a hook's own token at another hook", "/hooks/payara", { authorization: "Bearer own-5ec4e7" }, 401],
    ["a hook's own token", "/hooks/own", { authorization: "Bearer own-5ec4e7" }, 202],
    ["a server token at a hook with its own", "/hooks/own", basic("x", "all-5ec4e7"), 202],
    ["its own token in the address where that is not allowed", "/hooks/own?token=own-5ec4e7", {}, 401],
    ["its own token in the address", "/hooks/open?token=own-5ec4e7", {}, 202],
    ["a wrong token in the address", "/hooks/open?token=x", {}, 401],
    ["a server token in the address of an open hook", "/hooks/open?token=all-5ec4e7", {}, 401],
    ["none for a hook that is not there", "/hooks/nothing", {}, 401],
    ["a token for a hook that is not there", "/hooks/nothing", basic("x", "all-5ec4e7"), 404],
  ])("%s: %s", async (_name, path, headers, status) => {
    const answer = await post(path, "Test", { ...text, ...headers }, locked);
    expect(answer.status).toBe(status);
    // Amazon SNS sends its password only to who asks for it.
    expect(answer.headers.get("www-authenticate")).toBe(
      status === 401 ? 'Basic realm="Chartbell hooks", Bearer' : null,
    );
    expect(JSON.stringify(answer.body)).not.toContain("5ec4e7");
  });

  test("the API takes no password", async () => {
    const answer = await postJson(locked, "/api/alerts", { rule: "x" }, basic("x", "all-5ec4e7"));
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });
});

describe("the routes alone", () => {
  /** The hooks on a server of their own, with what stands behind them in the test's hands. */
  async function serve(
    hooks: Record<string, unknown>,
    accept: (alerts: readonly AlertInput[]) => Promise<void>,
    amazon?: LoopbackServer,
  ): Promise<LoopbackServer> {
    const log = createLog({ level: "silent", pretty: false });
    const outside = createOutside(async (url, init) => await fetch(`${amazon?.url}${url.pathname}${url.search}`, init));
    const server = express();
    const configured = Object.entries(hooks).map(([name, hook]) => [name, HookOptions.parse(hook)]);
    const pipeline = {
      async accept(alerts: readonly AlertInput[]) {
        await accept(alerts);
        return alerts.map(() => ({ id: "id", duplicate: false }));
      },
    };
    const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
    const settings = { hooks: () => Object.fromEntries(configured), tokens: () => ({}) };
    server.use(hookRoutes({ ...settings, pipeline, outside, clock, log }));
    server.use(problemHandler(log));
    return await listen(server);
  }

  test("tell of each alert which hook it came through", async () => {
    const sources: (string | undefined)[] = [];
    await using server = await serve({ night: { source: "payara" } }, async (alerts) => {
      sources.push(...alerts.map(({ source }) => source));
    });
    for (const name of ["payara", "night"]) {
      await post(`/hooks/${name}`, "x", { "content-type": "text/plain" }, { localUrl: server.url });
    }
    expect(sources).toEqual(["payara", "night"]);
  });

  test("answer 503 with Retry-After while too much is underway, and take what comes after", async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let waiting = 0;
    await using server = await serve({}, async () => {
      if (++waiting === 50) entered.resolve();
      await gate.promise;
    });
    const to = { localUrl: server.url };
    const send = async () => await post("/hooks/payara", "x", { "content-type": "text/plain" }, to);
    const first = Array.from({ length: 50 }, send);
    await entered.promise;
    const refused = await send();
    expect(refused.body).toMatchObject({ status: 503, code: "overloaded" });
    expect(refused.headers.get("retry-after")).toBe("5");
    gate.resolve();
    for (const { status } of await Promise.all(first)) expect(status).toBe(202);
    await expect.poll(async () => (await send()).status).toBe(202);
  });

  test("confirm an SNS subscription, verify its messages, and fetch the certificate once", async () => {
    const asked: string[] = [];
    await using amazon = await listen((request, response) => {
      asked.push(request.url ?? "");
      response.end(testCertificate);
    });
    const topics = ["arn:aws:sns:us-east-1:663000815183:alarm-test"];
    const alerts: AlertInput[] = [];
    await using server = await serve(
      { aws: { source: "sns", topics } },
      async (more) => void alerts.push(...more),
      amazon,
    );
    const send = async (file: string) =>
      await post(
        "/hooks/aws",
        JSON.stringify(signedBySns(JSON.parse(readFixture(file).toString()))),
        {
          "content-type": "text/plain; charset=UTF-8",
        },
        { localUrl: server.url },
      );
    expect((await send("sns-confirmation.json")).body).toEqual({ alerts: [] });
    expect((await send("sns-cloudwatch.json")).status).toBe(202);
    expect((await send("sns-text.json")).status).toBe(202);
    expect(alerts.map(({ rule }) => rule)).toEqual(["alarm-test", "alarm-test"]);
    expect(asked.filter((url) => url.endsWith(".pem"))).toHaveLength(1);
    expect(asked.filter((url) => url.startsWith("/?Action=ConfirmSubscription"))).toHaveLength(1);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ["answers with an error", (response) => void response.writeHead(500).end("no")],
    ["leads elsewhere", (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
    ["sends without end", (response) => void response.end("x".repeat(100_000))],
    ["hangs up", (response) => void response.socket?.resetAndDestroy()],
  ])("answer 503, so that SNS tries again, when the certificate's server %s", async (_name, reply) => {
    await using amazon = await listen((_request, response) => reply(response));
    const topics = ["arn:aws:sns:us-east-1:663000815183:alarm-test"];
    await using server = await serve({ sns: { source: "sns", topics } }, async () => undefined, amazon);
    const body = JSON.stringify(signedBySns(JSON.parse(readFixture("sns-cloudwatch.json").toString())));
    const answer = await post("/hooks/sns", body, { "content-type": "text/plain" }, { localUrl: server.url });
    expect(answer.body).toMatchObject({ status: 503, code: "source_unreachable" });
    expect(answer.headers.get("retry-after")).toBe("5");
  });

  test("a secret of the configuration is a Secret", () => {
    const hook = HookOptions.parse({ source: "atsd", secret: new Secret("x"), token: new Secret("y") });
    expect(JSON.stringify(hook)).not.toMatch(/"x"|"y"/u);
  });
});
