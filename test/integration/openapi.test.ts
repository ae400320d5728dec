import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { answers } from "../../src/http/openapi/answers.ts";
import type { AnswerName } from "../../src/http/openapi/answers.ts";
import { calls } from "../../src/http/openapi/calls.ts";
import { handled, postJson, startTestApp } from "../support/app.ts";

/* The description of the API against a running service: its routes, and its real answers. */

const yaml = `
server: { tokens: { test: env:TOKEN } }
channels: { lobby: { kind: room, room: Lobby }, gone: { kind: hipchat, host: "http://127.0.0.1:9", room: "1", notificationToken: env:TOKEN } }
routes: [{ channels: [lobby], portals: [test] }]
schedules: [{ name: morning, cron: "0 9 * * 1-5", channels: [lobby], portals: [test] }]
`;
const token = { authorization: "Bearer secret" };

let app: App;
let ajv: Ajv2020;

beforeAll(async () => {
  app = await startTestApp(yaml, { TOKEN: "secret" });
  const document: object = JSON.parse(await (await fetch(`${app.localUrl}/openapi.json`)).text());
  ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "openapi.json");
});
afterAll(async () => await app[Symbol.asyncDispose]());

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

const routesOf = (stack: readonly Layer[]): readonly string[] =>
  stack.flatMap(({ route, handle }) => {
    if (route === undefined) return routesOf(handle.stack ?? []);
    // `all` refuses other methods; it answers nothing of its own.
    const methods = Object.keys(route.methods).filter((method) => method !== "_all");
    return [route.path]
      .flat()
      .flatMap((path) => methods.map((method) => `${method} ${path.replace(/:(\w+)/gu, "{$1}")}`));
  });

/** The express app of the running service, as Node tells it of a request. */
async function runningRoutes(): Promise<readonly string[]> {
  let found: readonly string[] = [];
  const look = (message: unknown): void => {
    const { server } = message as { server: { listeners(name: string): { router: { stack: readonly Layer[] } }[] } };
    found = server.listeners("request").flatMap(({ router }) => routesOf(router.stack));
  };
  subscribe("http.server.request.start", look);
  await fetch(`${app.localUrl}/healthz`);
  unsubscribe("http.server.request.start", look);
  return found;
}

test("every route has an entry, and every entry a route", async () => {
  // The room pages, the test portal and the page's own stylesheet are no API.
  const isApi = (route: string): boolean =>
    /^\w+ \/(?:api|hooks|healthz|readyz|metrics|openapi\.json|docs$)/u.test(route);
  const routes = new Set((await runningRoutes()).filter(isApi));
  expect([...routes].toSorted()).toEqual(calls.map(({ method, path }) => `${method} ${path}`).toSorted());
});

/** Holds an answer against the document, and against the schema that also refuses what is not described. */
function expectAnswer(name: AnswerName, body: unknown): void {
  const isValid = ajv.validate(`openapi.json#/components/schemas/${name}`, body);
  expect({ name, isValid, errors: ajv.errors ?? [] }).toEqual({ name, isValid: true, errors: [] });
  expect({ name, issues: answers[name].safeParse(body).error?.issues }).toEqual({ name, issues: undefined });
}

const get = async (path: string, headers: Record<string, string> = token): Promise<unknown> =>
  JSON.parse(await (await fetch(`${app.localUrl}${path}`, { headers })).text());

describe("real answers are as described", () => {
  test("health, with nothing to tell who asks", async () => {
    expectAnswer("Alive", await get("/healthz", {}));
    expectAnswer("Ready", await get("/readyz", {}));
  });

  test("an alert from its acceptance to its picture, and the lists that tell of it", async () => {
    const [call] = calls;
    const sent = await postJson(app, "/api/alerts", call?.body?.examples["one"], token);
    expect(sent.status).toBe(202);
    expectAnswer("AcceptedAlerts", sent.body);
    const { alerts } = sent.body as { alerts: { id: string }[] };
    const id = alerts[0]?.id ?? "";
    await app.pipeline.outcome(id);
    const outcome = await get(`/api/alerts/${id}`);
    expect(outcome).toMatchObject({ state: "handled", deliveries: [{ shots: [{ verdict: "ready" }] }] });
    expectAnswer("AlertOutcome", outcome);
    expectAnswer("AlertList", await get("/api/alerts?limit=1"));
    const windows = await get("/api/windows");
    expect(windows).toMatchObject({ windows: [{ rule: "cpu_busy", status: "OPEN" }] });
    expectAnswer("WindowList", windows);
    expectAnswer("DeliveryList", await get("/api/deliveries?state=delivered"));
  });

  test("a message that failed, and its second try", async () => {
    const { body } = await postJson(app, "/api/alerts", { rule: "r", channels: ["gone"] }, token);
    const { alerts } = body as { alerts: { id: string }[] };
    await expect.poll(async () => JSON.stringify(await get("/api/deliveries?state=waiting"))).toContain(alerts[0]?.id);
    expectAnswer("DeliveryList", await get("/api/deliveries?state=waiting"));
    expectAnswer("Retried", (await postJson(app, "/api/deliveries/retry", { all: true }, token)).body);
  });

  test("rooms and their tokens", async () => {
    expectAnswer("RoomMade", (await postJson(app, "/api/rooms", { name: "Night watch" }, token)).body);
    expectAnswer("RoomList", await get("/api/rooms"));
    const wish = { name: "Jenkins", scopes: ["send_notification"], room: "Night watch" };
    expectAnswer("RoomTokenMade", (await postJson(app, "/api/rooms/tokens", wish, token)).body);
    const tokens = await get("/api/rooms/tokens");
    expect(tokens).toMatchObject({ tokens: [{ name: "Jenkins", room: "Night watch" }] });
    expectAnswer("RoomTokenList", tokens);
    const revoked = await postJson(app, "/api/rooms/tokens/revoke", { name: "Jenkins" }, token);
    expectAnswer("RoomTokenRevoked", revoked.body);
  });

  test("schedules", async () => {
    expectAnswer("RunStarted", (await postJson(app, "/api/schedules/morning/run", {}, token)).body);
    expectAnswer("ScheduleList", await get("/api/schedules"));
  });

  test("hooks: each source's example, and a batch that is half right", async () => {
    const examples = Object.entries(calls.find(({ path }) => path === "/hooks/{name}")?.body?.examples ?? {});
    for (const [name, example] of examples.filter(([name]) => name !== "generic" && name !== "sns")) {
      const type = typeof example === "string" ? "text/plain" : "application/json";
      const { status, body } = await postJson(app, `/hooks/${name}`, example, { ...token, "content-type": type });
      expect({ name, status }).toEqual({ name, status: 202 });
      expectAnswer("AcceptedHook", body);
    }
    const half = {
      version: "4",
      status: "firing",
      alerts: [{ status: "firing", labels: { alertname: "a" } }, "no alert"],
    };
    const { body } = await postJson(app, "/hooks/alertmanager", half, token);
    expect(body).toHaveProperty("rejected");
    expectAnswer("AcceptedHook", body);
  });

  test.each([
    ["a wrong body", "/api/alerts", { rule: 1 }, token],
    ["another version", "/api/alerts", { schema: 2, rule: "r" }, token],
    ["a hook's wrong payload", "/hooks/alertmanager", {}, token],
    ["a shot of nothing", "/api/shots", { portal: "none" }, token],
    ["no token", "/api/alerts", {}, {}],
  ])("the problem of %s", async (_what, path, wish, headers) => {
    const { status, body } = await postJson(app, path, wish, headers);
    expect(status).toBeGreaterThanOrEqual(400);
    expectAnswer("Problem", body);
    const described = calls.find((call) => call.path.replace("{name}", "alertmanager") === path);
    expect([...(described?.errors ?? []), "unauthorized"]).toContain(body["code"]);
  });
});

test("a version that is not known is named with the right one", async () => {
  const { status, body } = await postJson(app, "/api/alerts", { schema: 2, alerts: [{ rule: "r" }] }, token);
  expect(status).toBe(400);
  expect(body["title"]).toContain("schema: must be 1");
});

test("links of an alert stand in its message", async () => {
  const links = [{ title: "Run & book", url: "https://wiki.example.com/?a=1&b=2" }];
  await using open = await startTestApp(
    "channels: { lobby: { kind: room, room: Lobby } }\nroutes: [{ channels: [lobby] }]",
  );
  const { deliveries } = await handled(open, { schema: 1, rule: "r", links });
  expect(deliveries[0]?.text).toContain('<a href="https://wiki.example.com/?a=1&amp;b=2">Run &amp; book</a>');
});

test("the page and its stylesheet come under the strict policy, without a token", async () => {
  const page = await fetch(`${app.localUrl}/docs`);
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toBe("default-src 'self';img-src 'self' data:");
  const style = /<link rel="stylesheet" href="(?<href>[^"]+)"/u.exec(await page.text())?.groups?.["href"];
  const sheet = await fetch(`${app.localUrl}${style}`);
  expect([sheet.status, sheet.headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
});
