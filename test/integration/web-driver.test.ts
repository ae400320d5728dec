import { afterAll, describe, expect, test } from "vitest";
import { limits } from "../../src/core/limits.ts";
import { atOnce, failure, listenTls, openDriver, pixelsOf, shoot, site } from "../support/web-driver.ts";

const driver = openDriver();
afterAll(() => driver[Symbol.asyncDispose]());

const green = "0,128,0";
const white = "255,255,255";
const box = `<body style="margin:0"><div id="box" style="position:absolute;left:40px;top:30px;width:100px;height:50px;background:green"></div>`;
const tall = `<body style="margin:0"><div style="height:3000px"></div><div id="end" style="width:60px;height:40px;background:green"></div>`;
const small = { width: 400, height: 300 };

describe("the picture's size", () => {
  test("is the viewport's", async () => {
    await using server = await site({ "/": box });
    const { png, width, height, verdict } = await shoot(driver, server.url, { ...atOnce, viewport: small });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.height, width, height]).toEqual([400, 300, 400, 300]);
    expect(pixels.at(41, 31)).toBe(green);
    expect(pixels.at(39, 31)).toBe(white);
    expect(verdict).toEqual({ kind: "ready" });
  });

  test("is multiplied by the scale, and devicePixelRatio says so", async () => {
    const body = `${box}<script>if (devicePixelRatio !== 2) document.getElementById("box").remove()</script>`;
    await using server = await site({ "/": body });
    const { png } = await shoot(driver, server.url, { ...atOnce, viewport: { ...small, scale: 2 } });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.height]).toEqual([800, 600]);
    expect([pixels.at(80, 60), pixels.at(279, 159)]).toEqual([green, green]);
    expect([pixels.at(79, 60), pixels.at(280, 159)]).toEqual([white, white]);
  });

  test("is the element's with its padding when a selector is named", async () => {
    await using server = await site({ "/": box });
    const crop = { selector: "#box", padding: 5 };
    const { png } = await shoot(driver, server.url, { ...atOnce, viewport: { ...small, scale: 2 }, crop });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.height]).toEqual([220, 120]);
    expect([pixels.at(9, 9), pixels.at(10, 10)]).toEqual([white, green]);
  });

  test("is the element's even far below the window, and inside an inner scroll area", async () => {
    const inner = `<body style="margin:0"><div style="height:200px;overflow:auto">${tall}</div>`;
    await using server = await site({ "/tall": tall, "/inner": inner });
    for (const path of ["/tall", "/inner"]) {
      const { png } = await shoot(driver, server.url + path, {
        ...atOnce,
        viewport: small,
        crop: { selector: "#end" },
      });
      const pixels = await pixelsOf(png);
      expect([pixels.width, pixels.height, pixels.at(0, 0), pixels.at(59, 39)]).toEqual([60, 40, green, green]);
    }
  });

  test("finds an element inside an open shadow root", async () => {
    const body = `<body><x-chart></x-chart><script>document.querySelector("x-chart").attachShadow({ mode: "open" })
      .innerHTML = '<div id="deep" style="width:30px;height:20px;background:green"></div>'</script>`;
    await using server = await site({ "/": body });
    const { width, height } = await shoot(driver, server.url, { ...atOnce, crop: { selector: "#deep" } });
    expect([width, height]).toEqual([30, 20]);
  });

  test("is the clip's", async () => {
    await using server = await site({ "/": box });
    const crop = { clip: { x: 40, y: 30, width: 20, height: 10 } };
    const { png } = await shoot(driver, server.url, { ...atOnce, viewport: { ...small, scale: 1.5 }, crop });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.height, pixels.at(0, 0)]).toEqual([30, 15, green]);
  });

  test("is the whole page's with fullPage", async () => {
    await using server = await site({ "/": tall });
    const { png } = await shoot(driver, server.url, { ...atOnce, viewport: small, fullPage: true });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.height, pixels.at(5, 3001)]).toEqual([400, 3040, green]);
  });

  test.each([1, 2])("is the whole page's beyond 16,384 device pixels, at scale %i", async (scale) => {
    const bands = `<body style="margin:0"><script>for (let band = 0; band < 200; band += 1) {
      const line = document.createElement("div");
      line.style.cssText = "height:100px;background:rgb(" + band + ",0,77)"; document.body.append(line); }</script>`;
    await using server = await site({ "/": bands });
    const { png } = await shoot(driver, server.url, { viewport: { ...small, scale }, fullPage: true });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.height]).toEqual([400 * scale, 20_000 * scale]);
    const seen = Array.from({ length: 200 }, (_, band) => pixels.at(9, (band * 100 + 50) * scale));
    expect(seen).toEqual(Array.from({ length: 200 }, (_, band) => `${band},0,77`));
  });

  test("is the whole element's where it is taller than the window", async () => {
    const body = `<body style="margin:0"><div style="height:90px"></div>
      <div id="box" style="width:80px;height:1000px;border-bottom:20px solid green"></div>`;
    await using server = await site({ "/": body });
    const { png, verdict } = await shoot(driver, server.url, { viewport: small, crop: { selector: "#box" } });
    const pixels = await pixelsOf(png);
    expect(verdict).toEqual({ kind: "ready" });
    expect([pixels.width, pixels.height, pixels.at(5, 1005)]).toEqual([80, 1020, green]);
  });

  test("of a page that grows with its window says that its end is cut off", async () => {
    await using server = await site({ "/": `<body style="margin:0"><div style="height:calc(100vh + 50px)">` });
    const { verdict } = await shoot(driver, server.url, { viewport: small, fullPage: true });
    expect(verdict).toEqual({
      kind: "partial",
      unready: ["the page grew with its window, and its end is cut off"],
    });
  });

  test("is the whole page's where it is wider than the window", async () => {
    const body = `<body style="margin:0"><div style="width:900px;height:40px;border-right:20px solid green"></div>`;
    await using server = await site({ "/": body });
    const { png } = await shoot(driver, server.url, { viewport: small, fullPage: true });
    const pixels = await pixelsOf(png);
    expect([pixels.width, pixels.at(910, 20)]).toEqual([920, green]);
  });

  test("of a clip outside the window is refused without fullPage and taken with it", async () => {
    await using server = await site({ "/": tall });
    const options = { ...atOnce, viewport: small, crop: { clip: { x: 0, y: 2990, width: 60, height: 50 } } };
    expect((await failure(shoot(driver, server.url, options))).code).toBe("clip_outside");
    const { png } = await shoot(driver, server.url, { ...options, fullPage: true });
    expect((await pixelsOf(png)).at(5, 11)).toBe(green);
  });

  test("beyond the pixel limit is refused before it is taken, with the numbers", async () => {
    await using server = await site({ "/": `<body style="margin:0"><div style="height:60000px">` });
    const error = await failure(shoot(driver, server.url, { ...atOnce, fullPage: true }));
    expect(error.code).toBe("picture_too_large");
    expect(error.message).toContain("1280 x 60000");
    expect(error.message).toContain(String(limits.picturePixelsMax));
  });
});

describe("the page", () => {
  test("does not show what is hidden, and keeps its place", async () => {
    const body = `<body style="margin:0"><style>#a b { visibility: visible; display: block; background: red; height: 20px }</style>
      <div id="a"><b></b></div><div style="height:20px;background:green"></div>`;
    const csp = {
      "content-security-policy": "style-src 'unsafe-inline'; script-src 'none'",
      "content-type": "text/html",
    };
    await using server = await site({ "/": (_, response) => response.writeHead(200, csp).end(body) });
    const { png } = await shoot(driver, server.url, { ...atOnce, viewport: small, hide: ["#a", ".unknown"] });
    const pixels = await pixelsOf(png);
    expect([pixels.at(5, 5), pixels.at(5, 25)]).toEqual([white, green]);
    const error = await failure(shoot(driver, server.url, { ...atOnce, hide: ["a["] }));
    expect(error.code).toBe("request_invalid");
  });

  test("lives in the asked time zone, locale and colour scheme", async () => {
    const script = `<script>
      const facts = [Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).getHours(), navigator.language,
        (1.5).toLocaleString(), matchMedia("(prefers-color-scheme: dark)").matches].join();
      fetch("/facts?" + encodeURIComponent(facts))</script>`;
    const seen: string[] = [];
    await using server = await site({
      "/": script,
      "/facts": (incoming, response) => {
        seen.push(decodeURIComponent(incoming.url?.split("?")[1] ?? ""), incoming.headers["accept-language"] ?? "");
        response.end();
      },
    });
    const options = { timezone: "Asia/Tokyo", locale: "de-DE", colorScheme: "dark" };
    await shoot(driver, server.url, { ...options, ready: "auto" });
    expect(seen[0]).toBe("Asia/Tokyo,9,de-DE,1,5,true");
    expect(seen[1]).toContain("de");
  });

  test("gets no answer to dialogs and keeps no popup", async () => {
    const body = `<body style="background:green"><script>alert(1); confirm(2); window.open("/popup"); print()</script>`;
    await using server = await site({ "/": body, "/popup": `<script>alert(3)</script>` });
    const { png } = await shoot(driver, server.url, { viewport: small });
    expect((await pixelsOf(png)).at(5, 5)).toBe(green);
  });

  test("may be an image, SVG or text", async () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><rect width="50" height="50" fill="green"/></svg>`;
    await using server = await site({
      "/svg": (_, response) => response.writeHead(200, { "content-type": "image/svg+xml" }).end(svg),
      "/text": (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("hello"),
    });
    expect((await pixelsOf((await shoot(driver, `${server.url}/svg`)).png)).at(5, 5)).toBe(green);
    expect((await shoot(driver, `${server.url}/text`)).width).toBe(1280);
  });

  test("is named without its query", async () => {
    await using server = await site({
      "/": (_, response) => response.writeHead(302, { location: "/end?token=hush" }).end(),
      "/end": "here",
    });
    const { finalUrl, timings } = await shoot(driver, `${server.url}/?token=hush`);
    expect(finalUrl).toBe(`${server.url}/end?…`);
    expect(Object.keys(timings)).toEqual(["queueMs", "navigateMs", "dataMs", "settleMs", "captureMs"]);
  });
});

describe("a page that is none", () => {
  test.each([404, 500, 401, 502, 503])("answering %i is page_status", async (status) => {
    await using server = await site({ "/": (_, response) => response.writeHead(status).end("sorry") });
    const error = await failure(shoot(driver, `${server.url}/?key=hush`));
    expect(error.code).toBe("page_status");
    expect(error.message).toContain(`${server.url}/?… answered ${status}`);
    expect(error.details["status"]).toBe(status);
  });

  test("with an empty error answer is page_status too", async () => {
    await using server = await site({ "/": (_, response) => response.writeHead(403).end() });
    expect((await failure(shoot(driver, server.url))).code).toBe("page_status");
  });

  test("that goes on to an error page is page_status", async () => {
    const body = `<meta http-equiv="refresh" content="0;url=/gone">`;
    await using server = await site({ "/": body });
    expect((await failure(shoot(driver, server.url, {}))).code).toBe("page_status");
  });

  test("on a closed port is page_unreachable, for http and https", async () => {
    const closed = await site({});
    await closed[Symbol.asyncDispose]();
    for (const scheme of ["http", "https"]) {
      const error = await failure(shoot(driver, `${scheme}://127.0.0.1:${closed.port}/?key=hush`));
      expect(error.code).toBe("page_unreachable");
      expect(error.message).toContain("the connection was refused");
      expect(error.message).not.toContain("hush");
    }
  });

  test("under an unknown name is page_unreachable", async () => {
    const error = await failure(shoot(driver, "http://no-such-host.invalid/"));
    expect(error.code).toBe("page_unreachable");
    expect(error.message).toContain("does not resolve");
  });

  test("with an unknown certificate is page_unreachable, unless the portal accepts any", async () => {
    await using server = await listenTls((_, response) => response.end("hello"));
    const error = await failure(shoot(driver, server.url));
    expect(error.code).toBe("page_unreachable");
    expect(error.message).toContain("certificate");
    expect((await shoot(driver, server.url, atOnce, { ignoreCertificate: true })).width).toBe(1280);
  });

  test("cut off before an answer is page_unreachable", async () => {
    await using server = await site({ "/": (incoming) => incoming.socket.destroy() });
    const error = await failure(shoot(driver, server.url));
    expect(error.code).toBe("page_unreachable");
  });

  test("that never answers is page_timeout, naming what was waited for", async () => {
    await using server = await site({ "/": () => undefined });
    const startMs = performance.now();
    const error = await failure(shoot(driver, `${server.url}/?key=hush`, { timeoutMs: 700 }));
    expect(error.code).toBe("page_timeout");
    expect(error.message).toBe(`${server.url}/?… gave no picture within 0.7 s: the server had not answered.`);
    expect(performance.now() - startMs).toBeLessThan(3000);
  });

  test("with a script that never ends is page_timeout, and the next shot works", async () => {
    await using server = await site({ "/": "<script>for (;;);</script>", "/ok": "ok" });
    const error = await failure(shoot(driver, server.url, { timeoutMs: 1500 }));
    expect(error.code).toBe("page_timeout");
    expect((await shoot(driver, `${server.url}/ok`)).width).toBe(1280);
  });

  test.each([
    ["a download", { "content-type": "text/html", "content-disposition": "attachment; filename=x.html" }],
    ["a PDF", { "content-type": "application/pdf" }],
    ["an archive", { "content-type": "application/zip" }],
  ])("but %s is page_not_html", async (_, headers) => {
    await using server = await site({ "/": (_, response) => response.writeHead(200, headers).end("%PDF-1.4") });
    expect((await failure(shoot(driver, server.url))).code).toBe("page_not_html");
  });

  test("without content is page_not_html", async () => {
    await using server = await site({ "/": (_, response) => response.writeHead(204).end() });
    expect((await failure(shoot(driver, server.url))).code).toBe("page_not_html");
  });

  test("that redirects without end is page_unreachable", async () => {
    await using server = await site({ "/": (_, response) => response.writeHead(302, { location: "/" }).end() });
    expect((await failure(shoot(driver, server.url))).code).toBe("page_unreachable");
  });

  test.each(["file:///etc/passwd", "data:text/html,x", "chrome://version", "javascript:1", "about:blank", "nonsense"])(
    "such as %s is url_invalid",
    async (url) => {
      expect((await failure(shoot(driver, url))).code).toBe("url_invalid");
    },
  );

  test("with a user name in its URL is url_invalid, and the message keeps the password", async () => {
    const error = await failure(shoot(driver, "http://bob:hush@127.0.0.1/"));
    expect(error.code).toBe("url_invalid");
    expect(error.message).not.toContain("hush");
  });
});
