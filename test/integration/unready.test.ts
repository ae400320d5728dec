import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { handled, historyOf, postJson, startTestApp } from "../support/app.ts";
import { listen } from "../support/loopback.ts";
import type { LoopbackServer } from "../support/loopback.ts";
import { listenRecording } from "../support/recording-server.ts";
import { handledBy, sendAlert, startService } from "../support/service.ts";

/* What becomes of a picture when not everything is ready in time, by the portal's onTimeout. */

let pages: LoopbackServer;
let app: App;
let isHealthy = true;

const body = (chart: string): string =>
  `<!doctype html><body style="margin:0"><div style="height:100px;background:#258"></div><div id="chart" style="width:300px;height:80px">${chart}</div>`;

beforeAll(async () => {
  pages = await listen((request, response) => {
    if (request.url?.startsWith("/down") === true && !isHealthy) {
      response.writeHead(500).end();
      return;
    }
    response.setHeader("content-type", "text/html").end(body(isHealthy ? "drawn" : ""));
  });
  const portal = (policy: string, path = "page"): string =>
    `{ url: "${pages.url}/${path}", title: CPU, viewport: { width: 400, height: 300 }, timeoutMs: 6000, onTimeout: ${policy} }`;
  app = await startTestApp(`
channels: { lobby: { kind: room, room: Lobby } }
portals:
  partial: ${portal("partial")}
  strict: ${portal("fail")}
  kept: ${portal("last-good")}
  down: ${portal("last-good", "down")}
`);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

async function shoot(portal: string): Promise<{ verdict: string | null; unready: string; height: number }> {
  const response = await fetch(`${app.localUrl}/api/shots`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ portal }),
  });
  const { height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
  const { headers } = response;
  return {
    verdict: headers.get("chartbell-verdict"),
    unready: decodeURI(headers.get("chartbell-unready") ?? ""),
    height,
  };
}

describe("a page that is ready", () => {
  test("is photographed as it is under every policy", async () => {
    isHealthy = true;
    for (const portal of ["partial", "strict", "kept", "down"]) {
      expect(await shoot(portal)).toEqual({ verdict: "ready", unready: "", height: 300 });
    }
  });
});

describe("a page with a chart box that stays empty", () => {
  test("partial: is posted with a bar and a caption that say what is missing", async () => {
    isHealthy = false;
    const { verdict, unready, height } = await shoot("partial");
    expect([verdict, height]).toEqual(["partial", 326]);
    expect(unready).toContain("div#chart was still empty");
    await handled(app, { rule: "x", channels: ["lobby"], portals: ["partial"] });
    expect((await historyOf(app, "Lobby")).at(-1)?.message).toMatch(/^CPU\. Not everything was ready: .*div#chart/u);
  });

  test("fail: is no picture, but a sentence with the reason", async () => {
    isHealthy = false;
    const { body: problem } = await postJson(app, "/api/shots", { portal: "strict" });
    expect(problem).toMatchObject({ code: "page_unready", status: 504, verdict: "failed" });
    expect(problem["title"]).toContain("div#chart was still empty");
  });

  test("last-good: is the last good picture, with its age and the reason", async () => {
    isHealthy = false;
    const { verdict, unready, height } = await shoot("kept");
    expect([verdict, height]).toEqual(["partial", 326]);
    expect(unready).toMatch(/^this is the last good picture, \d+ s old: .*div#chart/u);
  });

  test("last-good: holds for a page that answers an error, too", async () => {
    isHealthy = false;
    expect((await shoot("down")).unready).toMatch(/last good picture, \d+ s old: .*500/u);
  });
});

test("last-good: a picture is found again after a restart, and by another target it is not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chartbell-last-good-"));
  const room = await listenRecording();
  const yaml = `
channels: { ops: { kind: hipchat, host: "${room.url}", room: Ops, messageToken: env:TOKEN, notificationToken: env:TOKEN } }
portals: { kept: { url: "${pages.url}/page?e=\${entity}", viewport: { width: 400, height: 300 }, onTimeout: last-good } }
routes: [{ channels: [ops], portals: [kept] }]
`;
  const shotOf = async (url: string, entity: string) => {
    const { deliveries } = await handledBy(url, (await sendAlert(url, { rule: "r", entity })) ?? "");
    return deliveries[0]?.shots[0];
  };
  isHealthy = true;
  const first = await startService(folder, yaml);
  expect(await shotOf(first.url, "web01")).toMatchObject({ verdict: "ready" });
  await first.end();
  isHealthy = false;
  const second = await startService(folder, yaml);
  const older = await shotOf(second.url, "web01");
  expect(older?.unready?.[0]).toMatch(/^this is the last good picture, \d+ s old: .*div#chart/u);
  expect((await shotOf(second.url, "web02"))?.unready?.[0]).toMatch(/^the chart box div#chart/u);
  await second.end();
  await room[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
