import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WebDriver } from "../../src/web-driver/contract.ts";
import { findBrowser } from "../../src/web-driver/executable.ts";
import { failure, openDriver, pixelsOf, shoot, site } from "../support/web-driver.ts";

/*
 * Pages watched in real time: what full Chromium and Google Chrome get, whose frames are not ours. A browser counts as one of
 * them by its name, so the one at hand is run under another.
 */

const viewport = { width: 300, height: 200 };
const green = "0,128,0";
const hung = (): undefined => undefined;
const partial = (...unready: string[]) => ({ kind: "partial", unready });
const ready = { kind: "ready" };

let folder: string;
let driver: WebDriver;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chartbell-test-"));
  const executable = join(folder, "chromium");
  await symlink((await findBrowser(process.env["CHARTBELL_BROWSER"])).executable, executable);
  driver = openDriver({ executable });
});

afterAll(async () => {
  await driver[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A page that turns green `ms` after a click of its own clock, by way of red. */
const later = (ms: number, more = ""): string =>
  `<body style="background:red"><script>${more}
    setTimeout(() => { document.body.style.background = "green"; dispatchEvent(new Event("drawn")); }, ${ms})</script>`;

describe("in real time", () => {
  test("an animation is waited for", async () => {
    const body = `<body style="background:red"><script>document.body.animate(
      [{ background: "red" }, { background: "green" }], { duration: 900, fill: "forwards" })</script>`;
    await using server = await site({ "/": body });
    const { png, verdict } = await shoot(driver, server.url, { viewport });
    expect(verdict).toEqual(ready);
    expect((await pixelsOf(png)).at(200, 100)).toBe(green);
  });

  test.each([
    ["an expression", { expression: "document.body.style.background === 'green'" }],
    ["an event", { event: "drawn" }],
    ["a selector", { selector: "body[style*=green]" }],
    ["a delay", { delayMs: 3000 }],
  ])("%s that the portal names is waited for", async (_, condition) => {
    await using server = await site({ "/": later(2500) });
    const { png, verdict } = await shoot(driver, server.url, { viewport, ready: condition });
    expect(verdict).toEqual(ready);
    expect((await pixelsOf(png)).at(200, 100)).toBe(green);
  });

  test("what never came is named", async () => {
    const body = `<body><div class="loading" style="width:40px;height:40px">Loading</div><p>Text</p>`;
    await using server = await site({ "/": body });
    const conditions = { selector: "#chart", event: "drawn", charts: 2 };
    const { verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 4000, ready: conditions });
    expect(verdict).toEqual(
      partial(
        'nothing visible matched "#chart"',
        "the event drawn had not come",
        "0 of 2 charts were drawn",
        "a loading sign (div.loading) was still shown",
      ),
    );
  });

  test("a request that hangs is named", async () => {
    await using server = await site({ "/": `<body><p>Text</p><script>fetch("/a")</script>`, "/a": hung });
    const { verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 4000 });
    expect(verdict).toEqual(partial("1 request was still in flight"));
  });

  test("a page that says that it is drawn is taken at its word", async () => {
    const tick = `const tick = () => { document.querySelector("p").textContent = performance.now();
      requestAnimationFrame(tick); }; tick();`;
    const body = `<html data-chartbell-ready="false"><body style="background:green"><p></p><script>${tick}
      setTimeout(() => { document.documentElement.dataset.chartbellReady = "true" }, 800)</script>`;
    await using server = await site({ "/": body });
    const { verdict } = await shoot(driver, server.url, { viewport });
    expect(verdict).toEqual(ready);
  });

  test("a sign-in page is refused", async () => {
    await using server = await site({ "/": `<body><form><input type="password"></form>` });
    expect((await failure(shoot(driver, server.url, { viewport }))).code).toBe("page_login");
  });

  test("an expression that is none is refused", async () => {
    await using server = await site({ "/": "<body><p>Text" });
    const bad = shoot(driver, server.url, { viewport, ready: { expression: "window.(" } });
    expect((await failure(bad)).code).toBe("expression_failed");
  });
});
