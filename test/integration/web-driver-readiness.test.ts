import { afterAll, describe, expect, test } from "vitest";
import { failure, openDriver, pixelsOf, shoot, site } from "../support/web-driver.ts";

const driver = openDriver();
afterAll(() => driver[Symbol.asyncDispose]());

const green = "0,128,0";
const viewport = { width: 300, height: 200 };
const partial = (...unready: string[]) => ({ kind: "partial", unready });
/** Never answers. */
const hung = (): undefined => undefined;

/** A bar that grows over a canvas from red to green for 800 ms, beginning when its data is there. */
const chart = `<body style="margin:0"><canvas width="300" height="200"></canvas><script>
  const pen = document.querySelector("canvas").getContext("2d");
  fetch("/data").then((answer) => answer.text()).then(() => {
    const startMs = performance.now();
    const draw = (nowMs) => {
      const part = Math.min(1, (nowMs - startMs) / 800);
      pen.fillStyle = part < 1 ? "red" : "green";
      pen.fillRect(0, 0, 300 * part, 200);
      if (part < 1) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  });</script>`;

describe("ready: auto", () => {
  test("waits for late data and for the end of a chart's animation", async () => {
    await using server = await site({
      "/": chart,
      "/data": (_, response) => void setTimeout(() => response.end("1"), 300),
    });
    const { png, verdict } = await shoot(driver, server.url, { viewport });
    expect(verdict).toEqual({ kind: "ready" });
    const pixels = await pixelsOf(png);
    expect([pixels.at(1, 1), pixels.at(298, 198)]).toEqual([green, green]);
  });

  test("says that a page never stood still", async () => {
    const body = `<body><script>const tick = () => {
      document.body.style.background = "hsl(" + performance.now() % 360 + " 90% 50%)"; requestAnimationFrame(tick); };
      tick()</script>`;
    await using server = await site({ "/": body });
    const { png, verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 8000 });
    expect(verdict).toEqual(partial("the page kept moving"));
    expect((await pixelsOf(png)).width).toBe(300);
  });

  test("says that a timer kept changing the page", async () => {
    const body = `<body><h1>0</h1><script>let count = 0;
      setInterval(() => { document.querySelector("h1").textContent = count += 1; }, 2000)</script>`;
    await using server = await site({ "/": body });
    const { verdict, timings } = await shoot(driver, server.url, { viewport });
    expect(verdict).toEqual(partial("the page kept moving"));
    expect(timings.settleMs).toBeLessThan(5000);
  });

  test("says how many requests were still under way", async () => {
    const body = `<body><script>for (const path of ["/a", "/b", "/c"]) fetch(path)</script>`;
    await using server = await site({ "/": body, "/a": hung, "/b": hung, "/c": hung });
    const { verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 5000 });
    expect(verdict).toEqual(partial("3 requests were never answered"));
  });

  test("says that a picture of the page never came", async () => {
    await using server = await site({ "/": `<body style="background:green"><img src="/a">`, "/a": hung });
    const { png, verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 5000 });
    expect(verdict).toEqual({ kind: "partial", unready: ["1 request was never answered"] });
    expect((await pixelsOf(png)).at(200, 100)).toBe(green);
  });

  test("does not wait for event streams and WebSockets, which never end", async () => {
    const body = `<body><script>new EventSource("/events"); new WebSocket("ws://" + location.host + "/socket")</script>`;
    await using server = await site({
      "/": body,
      "/events": (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("data: 1\n\n");
      },
    });
    const { verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 5000 });
    expect(verdict).toEqual({ kind: "ready" });
  });

  test("waits on while an event stream speaks, though nothing is drawn yet", async () => {
    const body = `<body><script>let count = 0;
      new EventSource("/events").onmessage = () => {
        if (++count === 3) document.body.style.background = "green";
      }</script>`;
    await using server = await site({
      "/": body,
      "/events": (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const afterMs of [700, 1400, 2100]) setTimeout(() => response.write("data: 1\n\n"), afterMs);
      },
    });
    const { png, verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 10_000 });
    expect(verdict).toEqual({ kind: "ready" });
    expect((await pixelsOf(png)).at(5, 5)).toBe(green);
  });

  test("waits two seconds for a font that never comes, and says so", async () => {
    const body = `<style>@font-face { font-family: late; src: url(/font) } body { font-family: late, serif }</style><p>text`;
    await using server = await site({ "/": body, "/font": hung });
    const startMs = performance.now();
    const { verdict } = await shoot(driver, server.url, { viewport, timeoutMs: 15_000 });
    expect(verdict).toEqual(partial("1 web font was never answered"));
    expect(performance.now() - startMs).toBeLessThan(8000);
  });

  test("photographs the page that a page goes on to", async () => {
    const body = `<body>wait<script>setTimeout(() => { location = "/end" }, 200)</script>`;
    await using server = await site({ "/": body, "/end": `<body style="background:green">` });
    const { png, finalUrl } = await shoot(driver, server.url, { viewport });
    expect(finalUrl).toBe(`${server.url}/end`);
    expect((await pixelsOf(png)).at(5, 5)).toBe(green);
  });
});

describe("ready: selector, expression, delay", () => {
  const late = `<body><p id="a" style="display:none">x</p><script>
    setTimeout(() => { document.getElementById("a").style.display = "block"; window.drawn = true;
      document.body.style.background = "green" }, 400)</script>`;

  test.each([
    ["a selector that becomes visible", { selector: "#a" }],
    ["an expression that becomes true", { expression: "window.drawn" }],
    ["an expression with a promise", { expression: "Promise.resolve(window.drawn)" }],
    ["an expression about what does not exist yet", { expression: "drawn.valueOf() // comment" }],
    ["a delay", { delayMs: 900 }],
  ])("waits for %s", async (_, ready) => {
    await using server = await site({ "/": late });
    const { png, verdict } = await shoot(driver, server.url, { viewport, ready });
    expect(verdict).toEqual({ kind: "ready" });
    expect((await pixelsOf(png)).at(200, 150)).toBe(green);
  });

  test.each([
    [{ selector: "#never" }, `nothing visible matched "#never"`],
    [{ expression: "window.never" }, "the ready expression was not true"],
    [{ delayMs: 9000 }, "the fixed wait was cut short"],
  ])("that does not come in time gives the picture as it is, naming it: %o", async (ready, missing) => {
    await using server = await site({ "/": late });
    const { png, verdict } = await shoot(driver, server.url, { viewport, ready, timeoutMs: 1500 });
    expect(verdict).toEqual(partial(missing));
    expect((await pixelsOf(png)).at(200, 150)).toBe(green);
  });

  test.each([
    ["throws on and on", "window.nothing.at(0)", "Cannot read properties of undefined"],
    ["is no JavaScript", "a b", "SyntaxError"],
    ["is rejected", "Promise.reject(new Error('no luck'))", "no luck"],
  ])("fails with the page's own words when the expression %s", async (_, expression, words) => {
    await using server = await site({ "/": late });
    const error = await failure(shoot(driver, server.url, { viewport, ready: { expression } }));
    expect(error.code).toBe("expression_failed");
    expect(error.message).toContain(words);
  });

  test("works where the page's Content-Security-Policy forbids scripts", async () => {
    const headers = { "content-type": "text/html", "content-security-policy": "default-src 'none'" };
    await using server = await site({ "/": (_, response) => response.writeHead(200, headers).end("<p id=a>x") });
    const ready = { selector: "#a", expression: "document.title === ''" };
    expect((await shoot(driver, server.url, { viewport, ready })).verdict).toEqual({ kind: "ready" });
  });
});

describe("crop.selector", () => {
  test("waits for its element", async () => {
    const body = `<body><script>setTimeout(() => {
      document.body.innerHTML = '<div id="a" style="width:50px;height:40px"></div>' }, 500)</script>`;
    await using server = await site({ "/": body });
    const { width, height } = await shoot(driver, server.url, { viewport, ready: {}, crop: { selector: "#a" } });
    expect([width, height]).toEqual([50, 40]);
  });

  test("that matches nothing visible is selector_missing, naming it", async () => {
    await using server = await site({ "/": `<div id="a" style="display:none">x</div>` });
    const options = { viewport, timeoutMs: 1500, crop: { selector: "#a" } };
    const error = await failure(shoot(driver, server.url, options));
    expect(error.code).toBe("selector_missing");
    expect(error.message).toContain(`"#a"`);
  });

  test("that is no selector is request_invalid", async () => {
    await using server = await site({ "/": "x" });
    const error = await failure(shoot(driver, server.url, { viewport, crop: { selector: "a[" } }));
    expect(error.code).toBe("request_invalid");
    expect(error.message).toContain("a[");
  });
});
