import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { handled, postJson, startTestApp } from "../support/app.ts";
import { listen } from "../support/loopback.ts";
import type { LoopbackServer } from "../support/loopback.ts";
import { listenRecording } from "../support/recording-server.ts";

/* What was accepted and what was sent, as a program outside reads it. */

let pages: LoopbackServer;
let app: App;
beforeAll(async () => {
  pages = await listen((_request, response) => {
    const page = "<!doctype html><style>body{margin:0}div{width:200px;height:100px;background:#258}</style><div></div>";
    response.setHeader("content-type", "text/html").end(page);
  });
  app = await startTestApp(`
channels: { lobby: { kind: room, room: Lobby }, ops: { kind: room, room: Ops } }
portals: { page: { url: "${pages.url}/", viewport: { width: 320, height: 200 } } }
routes: [{ match: { rule: "cpu*" }, channels: [lobby] }, { match: { rule: "disk*" }, channels: [ops] }]
`);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

interface Listed {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
  readonly deliveries: readonly {
    readonly channel: string;
    readonly state: string;
    readonly steps: readonly { readonly kind: string; readonly status: string; readonly attempts: number }[];
    readonly pictures: readonly { readonly portal: string; readonly sha256: string; readonly bytes: number }[];
  }[];
}

async function list(query = ""): Promise<{ readonly alerts: readonly Listed[]; readonly next?: string }> {
  const response = await fetch(`${app.localUrl}/api/alerts${query}`);
  expect(response.status).toBe(200);
  const answer: { alerts: Listed[]; next?: string } = JSON.parse(await response.text());
  return answer;
}
const rulesOf = async (query: string): Promise<readonly string[]> => (await list(query)).alerts.map(({ rule }) => rule);

describe("GET /api/alerts", () => {
  beforeAll(async () => {
    for (const alert of [
      { rule: "cpu_1" },
      { rule: "cpu_2", status: "CANCEL" },
      { rule: "disk_1", message: "NUL \u0000 and 100 %" },
      { rule: "cpu%_\\" },
      { rule: "nobody's" },
    ]) {
      await handled(app, alert);
    }
  });

  test("lists what was accepted, newest first, with its deliveries in short", async () => {
    const { alerts, next } = await list();
    expect(alerts.map(({ rule }) => rule)).toEqual(["nobody's", "cpu%_\\", "disk_1", "cpu_2", "cpu_1"]);
    expect(next).toBeUndefined();
    expect(alerts[4]).toMatchObject({
      status: "OPEN",
      state: "handled",
      deliveries: [
        {
          channel: "lobby",
          state: "delivered",
          steps: [{ kind: "text", status: "delivered", attempts: 1 }],
          pictures: [],
        },
      ],
    });
    expect(alerts[0]?.deliveries).toEqual([]);
  });

  test.each([
    ["?rule=cpu*", ["cpu%_\\", "cpu_2", "cpu_1"]],
    ["?rule=cpu_?", ["cpu_2", "cpu_1"]],
    ["?rule=cpu_1", ["cpu_1"]],
    [`?rule=${encodeURIComponent("cpu%_\\")}`, ["cpu%_\\"]],
    ["?rule=CPU*", []],
    ["?status=CANCEL", ["cpu_2"]],
    ["?channel=ops", ["disk_1"]],
    ["?channel=lobby&status=OPEN", ["cpu%_\\", "cpu_1"]],
    ["?state=accepted", []],
    ["?state=handled&rule=disk*", ["disk_1"]],
  ])("%s is %j", async (query, rules) => {
    expect(await rulesOf(query)).toEqual(rules);
  });

  test("goes on where a page ended, also when new ones have come", async () => {
    const first = await list("?limit=2");
    await handled(app, { rule: "mem" });
    const second = await list(`?limit=2&before=${first.next}`);
    const last = await list(`?limit=2&before=${second.next}`);
    const pages = [first, second, last].map(({ alerts }) => alerts.map(({ rule }) => rule));
    expect(pages).toEqual([["nobody's", "cpu%_\\"], ["disk_1", "cpu_2"], ["cpu_1"]]);
    expect(last.next).toBeUndefined();
  });

  test.each([
    "?limit=0",
    "?limit=201",
    "?limit=x",
    "?before=abc",
    "?status=open",
    "?state=lost",
    "?page=2",
    "?rule=a&rule=b",
  ])("%s is refused, and the field named", async (query) => {
    const response = await fetch(`${app.localUrl}/api/alerts${query}`);
    const [, field = ""] = /^\?(\w+)/u.exec(query) ?? [];
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "request_invalid", problems: [{ field }] });
  });
});

describe("GET /api/pictures/SHA256", () => {
  test("is the picture that was sent, for ever the same", async () => {
    await handled(app, { rule: "pictured", channels: ["lobby", "ops"], portals: ["page"] });
    const { alerts } = await list("?rule=pictured");
    const pictures = alerts.flatMap(({ deliveries }) => deliveries.flatMap((delivery) => delivery.pictures));
    expect(pictures).toHaveLength(2);
    const [one] = pictures;
    expect(one).toMatchObject({ portal: "page", verdict: "ready", mediaType: "image/png", width: 320, height: 200 });
    const url = `${app.localUrl}/api/pictures/${one?.sha256}`;
    const response = await fetch(url);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(one?.sha256);
    expect([bytes.length, response.headers.get("content-type")]).toEqual([one?.bytes, "image/png"]);
    expect(response.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const etag = response.headers.get("etag") ?? "";
    expect(etag).toBe(`"${one?.sha256}"`);
    const again = await fetch(url, { headers: { "if-none-match": etag, "cache-control": "max-age=0" } });
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
  });

  test.each(["0".repeat(64), "x", "..%2f..%2fetc%2fpasswd"])("%s is not there", async (name) => {
    const response = await fetch(`${app.localUrl}/api/pictures/${name}`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: "not_found" }]);
  });

  test("takes no other method", async () => {
    const { status, headers } = await postJson(app, `/api/pictures/${"0".repeat(64)}`, {});
    expect([status, headers.get("allow")]).toEqual([405, "GET"]);
  });
});

test("a picture that waits for its channel shows the moment of the alert, not that of its sending", async () => {
  await using room = await listenRecording();
  const tries = (): Buffer[] => room.received.filter(({ url }) => url.includes("/share/file")).map(({ body }) => body);
  room.reply = (response, { url = "" }) => {
    if (url.startsWith("/page")) {
      const color = tries().length === 0 ? "#258" : "#d22";
      response.setHeader("content-type", "text/html").end(`<!doctype html><body style="background:${color}">x`);
    } else response.writeHead(url.includes("/share/file") && tries().length < 3 ? 500 : 204).end();
  };
  await using waiting = await startTestApp(
    `
channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, messageToken: env:TOKEN, notificationToken: env:TOKEN } }
portals: { page: { url: "${room.url}/page", viewport: { width: 320, height: 200 } } }
routes: [{ channels: [ops], portals: [page] }]
`,
    { TOKEN: "t" },
  );
  const { deliveries } = await handled(waiting, { rule: "x" });
  expect(deliveries[0]?.steps[1]).toMatchObject({ kind: "picture", status: "delivered", attempts: 3 });
  const kept = await fetch(`${waiting.localUrl}/api/pictures/${deliveries[0]?.shots[0]?.picture?.sha256}`);
  const bytes = Buffer.from(await kept.arrayBuffer());
  expect(tries().map((body) => body.includes(bytes))).toEqual([true, true, true]);
});

test("both ask for a token where one is configured", async () => {
  await using closed = await startTestApp("server: { tokens: { a: env:TOKEN } }", { TOKEN: "t-5ec4e7" });
  for (const path of ["/api/alerts", `/api/pictures/${"0".repeat(64)}`]) {
    expect((await fetch(`${closed.localUrl}${path}`)).status).toBe(401);
    const headers = { authorization: "Bearer t-5ec4e7" };
    expect((await fetch(`${closed.localUrl}${path}`, { headers })).status).not.toBe(401);
  }
});
