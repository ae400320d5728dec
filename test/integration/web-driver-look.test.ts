import { afterAll, describe, expect, test } from "vitest";
import type { Capture } from "../../src/web-driver/contract.ts";
import { failure, openDriver, pixelsOf, shoot, site } from "../support/web-driver.ts";

const driver = openDriver();
afterAll(() => driver[Symbol.asyncDispose]());

const green = "0,128,0";
const viewport = { width: 400, height: 300 };
const partial = (...unready: string[]) => ({ kind: "partial", unready });
const box = `style="width:60px;height:60px;background:orange"`;

/**
 * A page whose work goes on for nine seconds after its data, without a request or a change meanwhile: longer than any page is
 * watched that shows no sign of it. Then `end` runs and the page is green.
 */
const working = (body: string, end = "") => `<!doctype html><body style="margin:0">${body}<script>
  fetch("/data").then((answer) => answer.text()).then(() => setTimeout(() => {
    ${end};
    document.body.style.background = "green";
  }, 9000))</script>`;

async function picture(body: string, options: object = {}): Promise<Capture & { readonly colour: string }> {
  await using server = await site({
    "/": body,
    "/data": (_, response) => void setTimeout(() => response.end("1"), 200),
  });
  const startMs = performance.now();
  const capture = await shoot(driver, server.url, { viewport, timeoutMs: 6000, ...options });
  expect(performance.now() - startMs).toBeLessThan(6500);
  return { ...capture, colour: (await pixelsOf(capture.png)).at(390, 290) };
}

test("a page that works unseen is not waited for, which the tests below rest upon", async () => {
  const { verdict, colour } = await picture(working("<p>text"));
  expect(verdict).toEqual({ kind: "ready" });
  expect(colour).toBe("255,255,255");
});

describe("a loading sign", () => {
  const hosted = `<div id="host"></div><script>document.querySelector("#host").attachShadow({ mode: "open" })
    .innerHTML = '<div class="spinner" ${box}></div>'</script>`;
  const signs: readonly (readonly [string, string, string])[] = [
    ["aria-busy", `<section aria-busy="true" ${box}></section>`, "section"],
    ["a progress bar without a value", `<div role="progressbar" ${box}></div>`, "div"],
    ["a progress bar at nothing", `<div role="progressbar" aria-valuenow="0" ${box}></div>`, "div"],
    ["a progress element without a value", `<progress></progress>`, "progress"],
    ["a spinner", `<div class="spinner" ${box}></div>`, "div.spinner"],
    ["a spinner of some library's name", `<i class="css-1x-Spinner big" ${box}>&nbsp;</i>`, "i.css-1x-Spinner.big"],
    ["a skeleton", `<div class="react-loading-skeleton" ${box}></div>`, "div.react-loading-skeleton"],
    ["a box that is loading", `<div id="a" class="loading" ${box}></div>`, "div#a.loading"],
    ["Highcharts'", `<div class="highcharts-loading" ${box}>Loading...</div>`, "div.highcharts-loading"],
    ["Ant Design's", `<div class="ant-spin ant-spin-spinning" ${box}></div>`, "div.ant-spin.ant-spin-spinning"],
    ["one in a shadow root", hosted, "div.spinner"],
  ];
  const floating = `<style>i { display: inline-block } </style>`;

  test.each(signs)("is waited for until it goes: %s", async (_, sign) => {
    const end = `document.querySelector("#sign").remove()`;
    const { verdict, colour } = await picture(working(`${floating}<div id="sign">${sign}</div>`, end));
    expect(verdict).toEqual({ kind: "ready" });
    expect(colour).toBe(green);
  });

  test.each(signs)("that stays is named: %s", async (_, sign, name) => {
    const { verdict } = await picture(`${floating}${sign}`);
    expect(verdict).toEqual(partial(`a loading sign (${name}) was still shown`));
  });

  const turning = `<style>@keyframes turn { to { transform: rotate(1turn) } }</style>
    <div id="sign" class="spinner" style="width:60px;height:60px;background:orange;animation:turn 1s linear infinite"></div>`;

  test("that turns all the time is waited for until it goes", async () => {
    const { verdict, colour } = await picture(working(turning, `document.querySelector("#sign").remove()`));
    expect(verdict).toEqual({ kind: "ready" });
    expect(colour).toBe(green);
  });

  test("that turns all the time and stays is named", async () => {
    const { verdict } = await picture(turning);
    const named = "a loading sign (div#sign.spinner) was still shown";
    expect(verdict).toMatchObject({ kind: "partial", unready: expect.arrayContaining([named]) });
  });

  test.each([
    ["that is not displayed", `<div class="spinner" hidden></div>`],
    ["that is hidden", `<div style="visibility:hidden"><div class="spinner" ${box}></div></div>`],
    ["in a box that is transparent", `<div style="opacity:0"><div class="spinner" ${box}></div></div>`],
    ["without a size", `<div class="spinner"></div>`],
    ["below the window", `<div style="position:absolute;top:4000px"><div class="spinner" ${box}></div></div>`],
    ["of Highcharts after its use", `<div class="highcharts-loading" style="display:none">Loading...</div>`],
  ])("%s is none", async (_, sign) => {
    expect((await picture(sign)).verdict).toEqual({ kind: "ready" });
  });

  test.each([
    ["a progress bar of 73 %", `<div role="progressbar" aria-valuenow="73" ${box}></div>`],
    ["a progress bar that is full", `<div role="progressbar" aria-valuenow="100" ${box}></div>`],
    ["a progress element with a value", `<progress value="0.4"></progress>`],
    ["a meter", `<meter value="0.4"></meter>`],
    ["a number field with arrows", `<span class="ui-spinner"><input class="ui-spinner-input" value="5"></span>`],
    ["a theme's name", `<script>document.body.className = "skeleton-theme"</script><p>text`],
    ["what stays around a chart", `<div class="spinner-wrapper"><canvas style="background:red"></canvas></div>`],
  ])("is not %s, which is content", async (_, content) => {
    expect((await picture(content)).verdict).toEqual({ kind: "ready" });
  });
});

describe("an empty chart box", () => {
  const empty = `<div class="chart-area" style="width:300px;height:150px"></div>`;

  test("is waited for until it is filled", async () => {
    const end = `document.querySelector("div").innerHTML = "<canvas></canvas>"`;
    const { verdict, colour } = await picture(working(empty, end));
    expect(verdict).toEqual({ kind: "ready" });
    expect(colour).toBe(green);
  });

  test("that stays empty is named, the innermost of several", async () => {
    const { verdict } = await picture(`<div id="charts" style="padding:1px">${empty}</div>`);
    expect(verdict).toEqual(partial("the chart box div.chart-area was still empty"));
  });

  test.each([
    ["with words", `<div class="chart" style="width:300px;height:150px">No data</div>`],
    ["with a table", `<div class="chart" style="width:300px;height:150px"><table><td></table></div>`],
    [
      "with a single line, a sparkline",
      `<div class="plot" style="width:300px;height:100px"><svg width="300" height="100">
        <path d="M0,90L300,10" stroke="red"/></svg></div>`,
    ],
    ["as small as an icon", `<div class="chart-icon" style="width:40px;height:40px"></div>`],
    ["that is not displayed", `<div class="chart" style="width:300px;height:150px;display:none"></div>`],
    ["below the window", `<div class="chart" style="position:absolute;top:4000px;width:300px;height:150px"></div>`],
  ])("is none %s", async (_, content) => {
    expect((await picture(content)).verdict).toEqual({ kind: "ready" });
  });
});

describe("ready: charts", () => {
  const chartAt = (id: string, ms: number) => `setTimeout(() => document.body.insertAdjacentHTML("beforeend",
    '<canvas id="${id}" width="100" height="90" style="background:green"></canvas>'), ${ms});`;
  const page = `<body style="margin:0"><script>${chartAt("a", 10)}${chartAt("b", 4000)}${chartAt("c", 9000)}</script>`;

  test("waits for as many as are asked for", async () => {
    const { png, verdict } = await picture(page, { ready: { charts: 3 } });
    expect(verdict).toEqual({ kind: "ready" });
    expect((await pixelsOf(png)).at(290, 50)).toBe(green);
  });

  test("says how many there were", async () => {
    const { verdict } = await picture(page, { ready: { charts: 4 } });
    expect(verdict).toEqual(partial("3 of 4 charts were drawn"));
  });

  test("counts layers in one place as one chart, and no picture that is not there", async () => {
    const layer = `<canvas width="100" height="90" style="position:absolute;top:0;left:0"></canvas>`;
    const { verdict } = await picture(`${layer}${layer}<img src="/missing" width="100" height="90">`, {
      ready: { charts: 2 },
    });
    expect(verdict).toEqual(partial("1 of 2 charts were drawn"));
  });
});

describe("ready: event", () => {
  const ready = { event: "dashboard:done" };
  const event = `new CustomEvent("dashboard:done")`;

  test.each([
    ["at the document", `document.dispatchEvent(${event})`],
    ["at the window", `dispatchEvent(${event})`],
    ["at an element, without bubbling", `document.body.dispatchEvent(${event})`],
  ])("waits for an event %s", async (_, end) => {
    const { verdict, colour } = await picture(working("", end), { ready });
    expect(verdict).toEqual({ kind: "ready" });
    expect(colour).toBe(green);
  });

  test("has not missed one that came before the page was loaded", async () => {
    const { verdict } = await picture(`<script>document.dispatchEvent(${event})</script>`, { ready });
    expect(verdict).toEqual({ kind: "ready" });
  });

  test("names one that does not come", async () => {
    const { verdict } = await picture("<p>text", { ready });
    expect(verdict).toEqual(partial("the event dashboard:done had not come"));
  });
});

describe("ready: selector, expression", () => {
  test("waits for an element in a shadow root", async () => {
    const end = `document.querySelector("div").attachShadow({ mode: "open" }).innerHTML = '<p class="end">end'`;
    const { verdict, colour } = await picture(working("<div></div>", end), { ready: { selector: ".end" } });
    expect([verdict, colour]).toEqual([{ kind: "ready" }, green]);
  });

  test("waits for a promise's truth, asking again", async () => {
    const expression = `new Promise((done) => setTimeout(() => done(window.drawn), 50))`;
    const { verdict, colour } = await picture(working("", "window.drawn = true"), { ready: { expression } });
    expect([verdict, colour]).toEqual([{ kind: "ready" }, green]);
  });

  test("asks again when a promise was rejected: what it needs may come later", async () => {
    const expression = `Promise.resolve().then(() => window.drawn.valueOf())`;
    const { verdict, colour } = await picture(working("", "window.drawn = true"), { ready: { expression } });
    expect([verdict, colour]).toEqual([{ kind: "ready" }, green]);
  });

  test("does not wait for ever for a promise that never settles", async () => {
    const { verdict } = await picture("<p>text", { ready: { expression: "new Promise(() => {})" } });
    expect(verdict).toEqual(partial("the ready expression was not true"));
  });

  test("names everything that was missing", async () => {
    const ready = { selector: "#a", expression: "false", charts: 1, event: "done" };
    const { verdict } = await picture("<p>text", { ready });
    expect(verdict).toEqual(
      partial(
        `nothing visible matched "#a"`,
        "the ready expression was not true",
        "the event done had not come",
        "0 of 1 charts were drawn",
      ),
    );
  });
});

describe("a page that speaks for itself", () => {
  const unready = `<!doctype html><html data-chartbell-ready="false">`;
  const root = "document.documentElement.dataset";

  test("is waited for until it says that it is ready, whatever else it shows", async () => {
    const spinner = `<div class="spinner" ${box}></div>`;
    const page = working(spinner, `${root}.chartbellReady = "true"`).replace("<!doctype html>", unready);
    const { verdict, colour } = await picture(page);
    expect([verdict, colour]).toEqual([{ kind: "ready" }, green]);
  });

  test("and never says it is photographed all the same", async () => {
    const { verdict } = await picture(`${unready}<p>text`);
    expect(verdict).toEqual(partial("the page had not said that it is ready"));
  });

  test("may say what went wrong", async () => {
    const page = working("", `${root}.chartbellError = "disk_used has no data"; ${root}.chartbellReady = "true"`);
    const { verdict } = await picture(page.replace("<!doctype html>", unready));
    expect(verdict).toEqual(partial("the page says: disk_used has no data"));
  });
});

describe("a sign-in page", () => {
  const form = `<form><input name="user"><input type="password"><button>Sign in</button></form>`;
  const lines = Array.from({ length: 30 }, (_, x) => `<path d="M${x * 10},0V200" stroke="red"/>`).join("");
  const chart = `<svg width="300" height="200">${lines}<text x="9" y="99">12:00</text></svg>`;
  const logo = `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='200' height='60'/>">`;

  async function signIn(body: string): Promise<string> {
    await using server = await site({ "/": body });
    return (await failure(shoot(driver, server.url, { viewport, timeoutMs: 6000 }))).code;
  }

  test("that a page leads to is no picture", async () => {
    const location = { location: "/login?next=%2F" };
    await using server = await site({
      "/": (_, response) => response.writeHead(302, location).end(),
      "/login": `${form}${chart}`,
    });
    const error = await failure(shoot(driver, server.url, { viewport, timeoutMs: 6000 }));
    expect(error.code).toBe("page_login");
  });

  test.each([
    ["in place of the page", form],
    ["with a logo", `${logo}${form}`],
    ["with a drawing", `<svg width="300" height="100">${lines}</svg>${form}`],
    ["in front of a moving ground", `<canvas style="position:fixed;inset:0" width="400" height="300"></canvas>${form}`],
    [
      "that comes late",
      `<script>setTimeout(() => { document.body.innerHTML = ${JSON.stringify(form)} }, 900)</script>`,
    ],
  ])("is no picture either %s", async (_, body) => {
    expect(await signIn(body)).toBe("page_login");
  });

  test("is not a dashboard that has a password field somewhere", async () => {
    const { verdict } = await picture(`${chart}<div class="settings">${form}</div>`);
    expect(verdict).toEqual({ kind: "ready" });
  });

  test("is not a page whose password field is out of sight", async () => {
    const { verdict } = await picture(`<p>text</p><div hidden>${form}</div>`);
    expect(verdict).toEqual({ kind: "ready" });
  });
});
