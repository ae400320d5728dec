import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { handled, historyOf, postJson, startTestApp } from "../support/app.ts";
import { listen } from "../support/loopback.ts";
import type { LoopbackServer } from "../support/loopback.ts";
import { listenRecording } from "../support/recording-server.ts";

/* The whole way with a real browser: an alert in, text and picture in a room. */

const page = `<!doctype html><style>body{margin:0;background:#fff}div{width:400px;height:300px;background:#258}</style><div></div>`;

let pages: LoopbackServer;
let app: App;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-alert-"));
  pages = await listen((request, response) => {
    const path = request.url ?? "/";
    if (path.startsWith("/never")) return;
    if (path.startsWith("/slow")) {
      setTimeout(() => response.writeHead(200, { "content-type": "text/html" }).end(page), 1000);
      return;
    }
    const status = Number(/^\/status\/(?<code>\d+)/u.exec(path)?.groups?.["code"] ?? 200);
    response
      .writeHead(status, { "content-type": "text/html" })
      .end(path.startsWith("/blank") ? "<!doctype html>" : page);
  });
  app = await startTestApp(
    `
channels:
  lobby: { kind: room, room: Lobby }
  private: { kind: room, room: Private }
  disk: { kind: directory, path: ${JSON.stringify(folder)} }
  old: { kind: hipchat, host: "${pages.url}/status/200", apiVersion: 1, room: r, notificationToken: env:TOKEN }
portals:
  page: { url: "${pages.url}/page?entity=\${entity}", title: CPU, viewport: { width: 640, height: 480 } }
  trimmed: { url: "${pages.url}/page", viewport: { width: 640, height: 480 }, crop: { trim: true } }
  gone: { url: "${pages.url}/status/404?key=\${entity}" }
  broken: { url: "${pages.url}/status/500" }
  never: { url: "${pages.url}/never", timeoutMs: 1500 }
  blank: { url: "${pages.url}/blank" }
  slow: { url: "${pages.url}/slow?\${entity}", timeoutMs: 4000, viewport: { width: 640, height: 480 } }
routes:
  - { match: { rule: "cpu*" }, channels: [lobby, private, disk], portals: [page] }
`,
    { TOKEN: "t" },
  );
}, 60_000);

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe("an alert", () => {
  test("puts coloured text, then the picture with its caption, into every room of its route", async () => {
    const { deliveries } = await handled(app, { rule: "cpu_high", entity: "web <01>", severity: "critical" });
    expect(deliveries).toHaveLength(3);
    for (const { steps, shots } of deliveries) {
      expect(steps).toMatchObject([
        { kind: "text", status: "delivered" },
        { kind: "picture", status: "delivered" },
      ]);
      expect(shots).toMatchObject([{ portal: "page", verdict: "ready", width: 640, height: 480 }]);
    }
    const [text, file] = await historyOf(app, "Lobby");
    expect(text).toMatchObject({ type: "notification", color: "red" });
    expect(text?.message).toContain("web &lt;01&gt;");
    expect(file).toMatchObject({ type: "message", message: "CPU for web <01>" });
    const picture = Buffer.from(await (await fetch(file?.file?.url ?? "")).arrayBuffer());
    const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([640, 480]);
    expect([...data.subarray(0, 3)]).toEqual([0x22, 0x55, 0x88]);
    expect([...data.subarray(-3)]).toEqual([255, 255, 255]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".png"))).toHaveLength(1);
  });

  test("gets its picture also when the browser has more to do than the portal's time allows", async () => {
    const entities = Array.from({ length: 14 }, (_, index) => `host${index}`);
    const alerts = await Promise.all(
      entities.map(
        async (entity) => await handled(app, { rule: "busy", entity, channels: ["private"], portals: ["slow"] }),
      ),
    );
    const steps = alerts.flatMap(({ deliveries }) => deliveries.flatMap((delivery) => delivery.steps));
    expect(steps.filter(({ kind }) => kind === "picture")).toHaveLength(entities.length);
  });

  test.each([
    ["gone", /: .*404/u, "page_status"],
    ["broken", /: .*500/u, "page_status"],
    ["never", /: .*(?:answer|ready|time)/iu, "page_timeout"],
    ["blank", /: The page drew nothing/u, "picture_blank"],
  ])(
    "whose portal is %s still says its text, then why there is no picture, with the link",
    async (portal, reason, code) => {
      const alert = { rule: "x", entity: `for-${portal}`, channels: ["private"], portals: [portal] };
      const { deliveries } = await handled(app, alert);
      expect(deliveries[0]?.steps).toMatchObject([
        { kind: "text", status: "delivered" },
        { kind: "text", status: "delivered" },
      ]);
      expect(deliveries[0]?.shots).toMatchObject([{ portal, failure: { code } }]);
      const [text, instead] = (await historyOf(app, "Private")).slice(-2);
      expect(text?.message).toContain(`for-${portal}`);
      expect(instead).toMatchObject({ color: "gray" });
      expect(instead?.message).toMatch(/^No picture of <a href="http/u);
      expect(instead?.message).toMatch(reason);
    },
  );

  test("for a channel of API v1 says in its one text that there is no picture and why", async () => {
    await using old = await listenRecording();
    old.reply = (response) => void response.end('{"status":"sent"}');
    await using legacy = await startTestApp(
      `
channels: { old: { kind: hipchat, host: "${old.url}/v1/", apiVersion: 1, room: Ops, notificationToken: env:TOKEN, from: "A very long sender's name" } }
portals: { page: { url: "${pages.url}/page" } }
routes: [{ channels: [old], portals: [page] }]
`,
      { TOKEN: "t-5ec4e7" },
    );
    await handled(legacy, { rule: "x" });
    expect(old.received).toHaveLength(1);
    expect(old.received[0]?.url).toBe("/v1/rooms/message");
    const form = new URLSearchParams(old.received[0]?.body.toString());
    expect(form.get("message")).toMatch(/<br>No picture of <a href=.*API version 1 cannot take files\.$/u);
    expect(form.get("from")).toBe("A very long s--");
  });

  test("with hard texts is taken by a strict room server: nothing refused, nothing cut without a mark", async () => {
    const message = `שלום 👨‍👩‍👧‍👦 <b>&amp;</b> ${"x".repeat(30_000)}`;
    const entity = "é".repeat(200);
    const { deliveries } = await handled(app, {
      rule: "r".repeat(200),
      entity,
      message,
      channels: ["lobby"],
      portals: ["page"],
    });
    expect(deliveries[0]?.steps.map(({ status }) => status)).toEqual(["delivered", "delivered"]);
    const [text] = (await historyOf(app, "Lobby")).slice(-2);
    expect(text?.message).toContain("👨‍👩‍👧‍👦 &lt;b&gt;&amp;amp;");
    expect(text?.message).toMatch(/… \[cut: [^\]]*\]$/u);
  });

  test("one capture serves every room that wants the same", async () => {
    let hits = 0;
    await using counted = await listen((_request, response) => {
      hits++;
      response.setHeader("content-type", "text/html").end(page);
    });
    await using one = await startTestApp(`
channels: { a: { kind: room, room: A }, b: { kind: room, room: B }, c: { kind: room, room: C } }
portals: { page: { url: "${counted.url}/page" } }
routes: [{ channels: [a, b, c], portals: [page] }]
`);
    const { deliveries } = await handled(one, { rule: "x" });
    expect(deliveries.flatMap(({ shots }) => shots.map(({ verdict }) => verdict))).toEqual(["ready", "ready", "ready"]);
    // The page itself, and the icon that a browser may ask for.
    expect(hits).toBeLessThanOrEqual(2);
  });
});

describe("POST /api/shots", () => {
  const shoot = async (body: unknown): Promise<Response> =>
    await fetch(`${app.localUrl}/api/shots`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test("answers the picture, its verdict and where the time went", async () => {
    const response = await shoot({
      portal: "page",
      params: { entity: "a" },
      viewport: { width: 600, height: 400, scale: 2 },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("chartbell-verdict")).toBe("ready");
    expect(response.headers.get("server-timing")).toMatch(/queue;dur=[\d.]+, navigate;dur=.*settle.*capture.*encode/u);
    const metadata = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect(metadata).toMatchObject({ format: "png", width: 1200, height: 800 });
  });

  test("cuts out an element or a rectangle, and encodes as asked", async () => {
    const element = await shoot({ portal: "page", params: { entity: "a" }, selector: "div", format: "webp" });
    expect(await sharp(Buffer.from(await element.arrayBuffer())).metadata()).toMatchObject({
      format: "webp",
      width: 400,
      height: 300,
    });
    const clip = { x: 10, y: 20, width: 100, height: 50 };
    const part = await shoot({ portal: "page", params: { entity: "a" }, clip, format: "jpeg", maxBytes: 5000 });
    const bytes = Buffer.from(await part.arrayBuffer());
    expect(bytes.length).toBeLessThanOrEqual(5000);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 100, height: 50 });
  });

  test("a portal's trim cuts away the page's margins", async () => {
    const response = await shoot({ portal: "trimmed" });
    const { width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect(width).toBeLessThan(440);
    expect(height).toBeLessThan(340);
  });

  test("a blank page is a picture with the verdict blank", async () => {
    const response = await shoot({ portal: "blank" });
    expect([response.status, response.headers.get("chartbell-verdict")]).toEqual([200, "blank"]);
  });

  test.each([
    [{ portal: "gone" }, 502, "page_status"],
    [{ portal: "never", timeoutMs: 800 }, 504, "page_timeout"],
    [{ portal: "page", params: { entity: "a" }, selector: "#nope", timeoutMs: 1500 }, 422, "selector_missing"],
  ])("%j has no picture, and the answer says so", async (body, status, code) => {
    const full = { params: body.portal === "gone" ? { entity: "a" } : {}, ...body };
    const answer = await postJson(app, "/api/shots", full);
    expect(answer.body).toMatchObject({ status, code, verdict: "failed" });
    expect(answer.status).toBe(status);
  });

  test("an address of a caller's that the operator did not allow is not opened", async () => {
    const hits: string[] = [];
    await using secret = await listen((request, response) => {
      hits.push(request.url ?? "");
      response.end("secret");
    });
    const answer = await postJson(app, "/api/shots", { url: `${secret.url}/admin` });
    expect(answer.body).toMatchObject({ status: 403, code: "url_blocked", verdict: "failed" });
    expect(hits).toEqual([]);
  });
});
