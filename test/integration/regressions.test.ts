import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDriver, pixelsOf, shoot, site } from "../support/web-driver.ts";
import type { LoopbackServer } from "../support/loopback.ts";

/*
 * Pages that were once photographed before they were finished. Each is green when it is; test/fixtures/regressions holds them
 * by number, and a number is never used again.
 */

const folder = new URL("../fixtures/regressions/", import.meta.url);
const names = readdirSync(folder).toSorted((one, other) => one.localeCompare(other));
const dataLateMs = 150;

const driver = openDriver();
let server: LoopbackServer;

beforeAll(async () => {
  const data = (_request: IncomingMessage, response: ServerResponse): void => {
    void delay(dataLateMs).then(() => response.setHeader("content-type", "application/json").end("{}"));
  };
  const until = (request: IncomingMessage, response: ServerResponse): void => {
    const to = Number(new URL(request.url ?? "/", "http://localhost").searchParams.get("to"));
    response.writeHead(to > Date.now() ? 400 : 200).end();
  };
  const pages = names.map((name) => [`/${name}`, readFileSync(new URL(name, folder), "utf8")]);
  server = await site({ ...Object.fromEntries(pages), "/data": data, "/until": until });
});

afterAll(async () => {
  await driver[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test.each(names)("%s is finished, on a new page and on a kept one", async (name) => {
  for (const round of ["new", "kept"]) {
    const options = { viewport: { width: 300, height: 200 } };
    const { png, verdict } = await shoot(driver, `${server.url}/${name}`, options, { reuse: name });
    expect([round, verdict.kind, (await pixelsOf(png)).at(200, 100)]).toEqual([round, "ready", "0,128,0"]);
  }
});
